"""Waiting for a time: joining a line, where one stands, and what one is offered."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors as accounts_selectors
from accounts.types import RoleName, TermKind
from bloom.kernel import clock, problems, searches
from bloom.kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from scheduling import selectors, services
from scheduling.forms_waitlist import PART_WORDS, WaitForm, terms_read
from scheduling.types import WAITLIST_TERMS, EntryView, Mode, OfferState, ServiceView

_TERMS = tuple(kind.value for kind in WAITLIST_TERMS)


@never_cache
@require_safe
def waitlist(request: Any) -> HttpResponse:
    """Where one waits, what one is offered, and the way out."""
    request.actor.require_user()
    entries = selectors.waitlist_own(request.actor)
    return render(request, "scheduling/waitlist.html", {"entries": entries, "parts": PART_WORDS})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def waitlist_join(request: Any) -> HttpResponse:
    """When one could come: for a service (`?service=`), or for whoever fits the search in the address."""
    actor = request.actor
    actor.require_user()
    if not actor.has_role(RoleName.PATIENT):
        raise NotAllowed
    is_sent = request.method == "POST"
    service = _service_asked(request, (request.POST if is_sent else request.GET).get("service", ""))
    search = searches.search_read(request, _TERMS)
    terms = {} if service else terms_read(search.said)
    if not (is_sent or search.is_settled):
        kept = {"service": str(service.id)} if service else {}
        return redirect(searches.search_address(actor, request.path, _said(terms), **kept))
    form = WaitForm(request.POST if is_sent else None)
    status = 200
    if is_sent:
        status = 400
        if form.is_valid():
            try:
                services.waitlist_join(
                    actor,
                    wishes=form.wishes(_zone(actor)),
                    service_id=service.id if service else None,
                    terms=terms,
                    at=clock.now(),
                )
            except DomainError as error:
                if isinstance(error, NotFound | NotAllowed):
                    raise
                status = problems.form_answer(form, error)
            else:
                messages.success(request, _("You are in line. We tell you as soon as a time is free."))
                return redirect("waitlist")
    context = {
        "form": form,
        "service": service,
        "therapist": _person(actor, service.therapist_id) if service else None,
        "terms": {kind.value: codes for kind, codes in terms.items()},
        "query": searches.search_address(actor, "", _said(terms)),
        "zone": _zone(actor),
        "parts": PART_WORDS,
    }
    return render(request, "scheduling/waitlist_join.html", context, status=status)


@require_POST
def waitlist_leave(request: Any, entry_id: UUID) -> HttpResponse:
    """Wait no more."""
    request.actor.require_user()
    services.waitlist_leave(request.actor, entry_id, at=clock.now())
    messages.success(request, _("You are not waiting there any more."))
    return redirect("waitlist")


@require_POST
def waitlist_resume(request: Any, entry_id: UUID) -> HttpResponse:
    """Still waiting, at the place that one had."""
    request.actor.require_user()
    services.waitlist_resume(request.actor, entry_id, at=clock.now())
    messages.success(request, _("Good that you are back. You have kept your place."))
    return redirect("waitlist")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def waitlist_offer(request: Any, offer_id: UUID) -> HttpResponse:
    """A time that is kept for its reader: until when, what it costs, and the yes to it. Reading it changes
    nothing.
    """
    actor, at = request.actor, clock.now()
    actor.require_user()
    refusal: Conflict | Invalid | None = None
    if request.method == "POST":
        try:
            booked = services.offer_accept(
                actor, offer_id, terms=request.POST.get("terms", ""), mode=_mode_read(request.POST), at=at
            )
        except (Conflict, Invalid) as error:
            refusal = error
        else:
            return redirect("appointment", booked.appointment.id)
    view = selectors.waitlist_offer(actor, offer_id)
    if view.patient_id != actor.user_id:
        raise NotAllowed(object_kind="scheduling.waitlistoffer", object_id=offer_id, exists=True)
    became = selectors.appointment_of_hold(actor, offer_id, at=at)
    if became is not None:
        return redirect("appointment", became.id)
    is_open = view.state is OfferState.OPEN and at < view.expires_at
    context = {
        "offer": view,
        "is_open": is_open,
        "ways": selectors.offer_ways(actor, offer_id, at=at) if is_open else [],
        "is_late": at >= view.free_cancel_until,
        "refusal": refusal,
    }
    return render(request, "scheduling/waitlist_offer.html", context, status=409 if refusal else 200)


@require_POST
def offer_decline(request: Any, offer_id: UUID) -> HttpResponse:
    """Another time, please."""
    request.actor.require_user()
    try:
        services.offer_decline(request.actor, offer_id, at=clock.now())
    except Conflict as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, _("It goes to the next person. You keep your place for another time."))
    return redirect("waitlist")


@never_cache
@require_safe
def waitlist_line(request: Any) -> HttpResponse:
    """Who waits for the therapists whose schedules one sees: who and for when, never why."""
    entries = selectors.waitlist_line(request.actor)
    lines: dict[str, list[EntryView]] = {}
    for entry in entries:
        lines.setdefault(entry.therapist.name if entry.therapist else "", []).append(entry)
    context = {"lines": sorted(lines.items()), "parts": PART_WORDS}
    return render(request, "scheduling/waitlist_line.html", context)


def _mode_read(given: Any) -> Mode | None:
    """In which way somebody takes what is offered; None: as it is offered."""
    said = given.get("mode", "")
    return Mode(said) if said in set(Mode) else None


def _service_asked(request: Any, raw: str) -> ServiceView | None:
    """The service that an address names. Raises NotFound for one that is none of the reader's."""
    if not raw:
        return None
    try:
        service_id = UUID(raw)
    except ValueError:
        raise NotFound from None
    return selectors.service_get(request.actor, service_id)


def _said(terms: dict[TermKind, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(kind.value, code) for kind, codes in terms.items() for code in codes]


def _person(actor: Any, person_id: UUID) -> Any:
    return accounts_selectors.person_refs(actor, [person_id])[person_id]


def _zone(actor: Any) -> str:
    person_id = actor.require_user()
    return accounts_selectors.person_refs(actor, [person_id])[person_id].time_zone
