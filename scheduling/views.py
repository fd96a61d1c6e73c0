"""From a therapist's open times to an appointment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors as accounts_selectors
from bloom.kernel import clock, problems
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Conflict, Invalid
from scheduling import selectors, services
from scheduling.errors import HoldGone, TermsChanged
from scheduling.forms import BookingForm
from scheduling.rules import clock as wall
from scheduling.types import Booking, Mode, Modes, ServiceView, SlotView

_DAYS = 7


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the reader's own calendar, and the times that it has."""

    on: date
    slots: tuple[SlotView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A way on from here: what it is called, where it leads, and whether one is there."""

    label: str
    href: str
    is_current: bool


@never_cache
@require_safe
def book(request: Any, person_id: UUID) -> HttpResponse:
    """A therapist's services, and the times of one of them, a week at a time, in the reader's own zone."""
    request.actor.require_user()
    return _book_page(request, person_id, request.GET)


@require_POST
def hold_place(request: Any, person_id: UUID) -> HttpResponse:
    """Keep a time. Whoever comes too late sees the same page, with what is free instead."""
    request.actor.require_user()
    wanted = slot_read(request.POST)
    if wanted is None:
        messages.error(request, _("Please choose one of the times on this page."))
        return redirect("book", person_id)
    service_id, starts_at, mode = wanted
    try:
        hold = services.hold_place(
            request.actor,
            therapist_id=person_id,
            service_id=service_id,
            starts_at=starts_at,
            mode=mode,
            at=clock.now(),
        )
    except Conflict as refusal:
        asked = {"service": str(service_id), "mode": mode.value if mode else "", "day": ""}
        return _book_page(request, person_id, asked, refusal=refusal, wanted=starts_at)
    # With whom it is stands beside it: of a hold that has run out nothing else is known.
    return redirect(f"{reverse('hold', args=[hold.id])}?{urlencode({'with': str(person_id)})}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: Any, hold_id: UUID) -> HttpResponse:
    """What is held for how long, what it costs, and the yes to it."""
    request.actor.require_user()
    at = clock.now()
    form = BookingForm(request.POST if request.method == "POST" else None)
    refusal: Conflict | None = None
    if request.method == "POST" and form.is_valid():
        try:
            booked = _booked(request, hold_id, form.cleaned_data["reason"], at=at)
        except Invalid as error:
            problems.form_apply(form, error)
        except Conflict as error:
            refusal = error
        else:
            if booked.unkept:
                return render(request, "scheduling/hold_booked.html", {"booked": booked}, status=409)
            return redirect("appointment", booked.appointment.id)
    anew = selectors.hold_anew_id(hold_id, request.actor.user_id)
    held = selectors.hold_get(request.actor, hold_id) or selectors.hold_get(request.actor, anew)
    if isinstance(refusal, TermsChanged) and held is not None:
        try:
            held = services.hold_renew(request.actor, held, at=at)
        except Conflict as error:
            held, refusal = None, error
    if held is None and refusal is not None:
        return _gone_page(request, refusal, form["reason"].value())
    if held is None:
        for each in (hold_id, anew):
            became = selectors.appointment_of_hold(request.actor, each, at=at)
            if became is not None:
                return redirect("appointment", became.id)
        return _gone_page(request, HoldGone(), form["reason"].value() if form.is_bound else "")
    service, terms = selectors.hold_terms(request.actor, held)
    context = {
        "form": form,
        "hold": held,
        "service": service,
        "terms": terms,
        "shown": selectors.terms_shown(held),
        "is_late": at >= terms.free_cancel_until,
        "therapist": _person(request.actor, held.therapist_id),
        "refusal": refusal,
    }
    return render(request, "scheduling/hold.html", context, status=409 if refusal else 200)


@require_POST
def hold_release(request: Any, hold_id: UUID) -> HttpResponse:
    """Let a time go, and choose another."""
    request.actor.require_user()
    held = selectors.hold_get(request.actor, hold_id)
    services.hold_release(request.actor, hold_id)
    if held is None:
        return redirect("therapists")
    return redirect(f"{reverse('book', args=[held.therapist_id])}?service={held.service_id}")


# What they share --------------------------------------------------------------------------------------------


def _booked(request: Any, hold_id: UUID, reason: str, *, at: datetime) -> Booking:
    """The held time, booked. Where the hold is over it is held anew, as the page says what was held, and then
    booked: to be free is enough.
    """
    try:
        return services.appointment_book(request.actor, hold_id, reason=reason, at=at)
    except HoldGone:
        wanted, therapist_id = slot_read(request.POST), _uuid_read(request.GET.get("with", ""))
        if wanted is None or therapist_id is None:
            raise
        service_id, starts_at, mode = wanted
        return services.appointment_book_anew(
            request.actor,
            hold_id,
            therapist_id=therapist_id,
            service_id=service_id,
            starts_at=starts_at,
            mode=mode,
            shown=request.POST.get("shown", ""),
            reason=reason,
            at=at,
        )


def _gone_page(request: Any, refusal: Conflict, reason: str | None) -> HttpResponse:
    """The time is not to be had any more; what was typed is still there to be taken along."""
    context = {
        "refusal": refusal,
        "reason": reason or "",
        "therapist_id": _uuid_read(request.GET.get("with", "")),
    }
    return render(request, "scheduling/hold_gone.html", context, status=409)


def _book_page(
    request: Any,
    person_id: UUID,
    asked: Any,
    *,
    refusal: Conflict | None = None,
    wanted: datetime | None = None,
) -> HttpResponse:
    actor, at = request.actor, clock.now()
    therapist = _person(actor, person_id)
    offered = selectors.service_list(actor, person_id)
    service = next((each for each in offered if str(each.id) == asked.get("service")), None)
    if service is None and len(offered) == 1:
        service = offered[0]
    context: dict[str, Any] = {
        "therapist": therapist,
        "offered": offered,
        "service": service,
        "takes_new": bool(accounts_selectors.accepting_of(actor, [person_id])),
    }
    if service is not None:
        mode = _mode_of(service, asked.get("mode", ""))
        day = asked.get("day", "")
        if wanted is not None:
            day = wall.day_of(ZoneInfo(_zone(actor)), wanted).isoformat()

        def address(**said: Any) -> str:
            full = {"service": service.id, "mode": mode.value, **said}
            return f"{reverse('book', args=[person_id])}?{urlencode(full)}"

        look = partial(selectors.slot_list, actor, person_id, service_id=service.id, at=at)
        look_next = partial(selectors.slot_next, actor, person_id, service.id, mode=mode, at=at)
        context |= week_of(actor, look, look_next, mode, day, address, at=at)
        context["waits"] = selectors.waits_for(actor, person_id)
        context |= {"mode": mode, "modes": _mode_picks(service, mode, address)}
    context["refusal"] = refusal
    return render(request, "scheduling/book.html", context, status=409 if refusal else 200)


def week_of(
    actor: Actor,
    look: Callable[..., list[SlotView]],
    look_next: Callable[..., SlotView | None],
    mode: Mode,
    day: str,
    address: Any,
    *,
    at: datetime,
) -> dict[str, Any]:
    """Seven days of the reader's calendar with the times in one way of meeting, and the ways to the weeks
    around. `look` gives the times from `start` to `end`, `look_next` the first in this way from `start` on.
    """
    services.look_count(actor)
    zone = ZoneInfo(_zone(actor))
    today = wall.day_of(zone, at)
    first = max(_day_read(day) or today, today)
    start, end = wall.moment(zone, first, 0), wall.moment(zone, first + timedelta(days=_DAYS), 0)
    fitting = [slot for slot in look(start=start, end=end) if mode in slot.modes]
    by_day = {
        on: tuple(slots) for on, slots in groupby(fitting, key=lambda slot: wall.day_of(zone, slot.starts_at))
    }
    days = [first + timedelta(days=number) for number in range(_DAYS)]
    next_free = None
    if not fitting:
        coming = look_next(start=end)
        next_free = coming and wall.day_of(zone, coming.starts_at)
    earlier = max(first - timedelta(days=_DAYS), today)
    return {
        "days": [Day(on, by_day.get(on, ())) for on in days],
        "first": days[0],
        "last": days[-1],
        "zone": zone.key,
        "has_slots": bool(fitting),
        "next_free": next_free,
        "next_free_href": address(day=next_free) if next_free else "",
        "earlier": address(day=earlier) if first > today else "",
        "later": address(day=first + timedelta(days=_DAYS)),
    }


def _mode_of(service: ServiceView, said: str) -> Mode:
    """The way of meeting that was asked for, where the service has it; else the first that it has."""
    offered = list(Mode) if service.modes is Modes.BOTH else [Mode(service.modes.value)]
    return next((mode for mode in offered if mode.value == said), offered[0])


def _mode_picks(service: ServiceView, mode: Mode, address: Any) -> list[Pick]:
    if service.modes is not Modes.BOTH:
        return []
    words = {Mode.TELEHEALTH: _("By video"), Mode.IN_PERSON: _("In person")}
    return [Pick(label=words[each], href=address(mode=each.value), is_current=each is mode) for each in Mode]


def slot_read(given: Any) -> tuple[UUID, datetime, Mode | None] | None:
    """Which time a form names; None where it names none."""
    try:
        mode = Mode(given["mode"]) if given.get("mode") else None
        service_id, starts_at = UUID(given.get("service", "")), clock.from_wire(given.get("starts_at", ""))
    except ValueError:
        return None
    return (service_id, starts_at, mode) if wall.is_near(starts_at) else None


def _uuid_read(raw: str) -> UUID | None:
    try:
        return UUID(raw)
    except ValueError:
        return None


def _day_read(raw: str) -> date | None:
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        return None
    # Calendars end somewhere; addresses are typed by anybody.
    return found if 2000 < found.year < 2199 else None


def _zone(actor: Actor) -> str:
    return accounts_selectors.profile_get(actor).time_zone


def _person(actor: Actor, person_id: UUID) -> Any:
    """A therapist whom the actor finds. Raises NotFound."""
    return accounts_selectors.person_get(actor, person_id)
