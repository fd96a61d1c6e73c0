"""An appointment, and what becomes of it: called off, moved, confirmed, held, missed."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors as accounts_selectors
from accounts.types import RoleName
from bloom.kernel import clock, fees, problems
from bloom.kernel.errors import Conflict, Invalid, NotAllowed
from bloom.kernel.fees import LateFeeUnseen
from scheduling import selectors, services
from scheduling.errors import AppointmentStands
from scheduling.forms import DeclineForm
from scheduling.telehealth import selectors as telehealth_selectors
from scheduling.types import AppointmentView, Deed, Mode, Party, Shelf
from scheduling.views import slot_read, week_of

# How an address names what it shows.
_SHELVES = {"was": Shelf.BEFORE, "off": Shelf.OFF}


@never_cache
@require_safe
def appointments(request: Any) -> HttpResponse:
    """One's own, by whether they come, came, or were called off; and what comes at the practice, which is
    first for its desk.
    """
    actor, at = request.actor, clock.now()
    actor.require_user()
    sees_all = selectors.schedules_seen(actor)
    shelf = next((each for name, each in _SHELVES.items() if request.GET.get(name) == "1"), Shelf.COMING)
    of = request.GET.get("of", "")
    is_unsaid = not of and shelf is Shelf.COMING
    of_practice = sees_all and (of == "practice" or (is_unsaid and not actor.has_role(RoleName.THERAPIST)))
    cursor = request.GET.get("cursor") or None
    if of_practice:
        page = selectors.appointment_practice(actor, at=at, cursor=cursor)
    else:
        page = selectors.appointment_own(actor, shelf, at=at, cursor=cursor)
    context = {
        "page": page,
        "shelf": "practice" if of_practice else shelf.value,
        "sees_all": sees_all,
        "bookable": selectors.therapists_own(actor),
    }
    return render(request, "scheduling/appointments.html", context)


@never_cache
@require_safe
def appointment(request: Any, appointment_id: UUID) -> HttpResponse:
    """One appointment, and what its reader can do with it now."""
    request.actor.require_user()
    view = selectors.appointment_get(request.actor, appointment_id, at=clock.now())
    return _appointment_page(request, view)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_cancel(request: Any, appointment_id: UUID) -> HttpResponse:
    """What calling it off means, and then the end of it."""
    request.actor.require_user()
    at = clock.now()
    try:
        view = _to_change(request, appointment_id, Deed.CANCEL, at)
    except AppointmentStands as refusal:
        return _refused(request, appointment_id, refusal)
    if Deed.CANCEL not in view.deeds and request.method != "POST":
        return _over_page(request, view)
    unseen: LateFeeUnseen | None = None
    if request.method == "POST":
        seen = fees.read(request.POST.get("fees_seen", ""))
        try:
            services.appointment_cancel(request.actor, appointment_id, fees_seen=seen, at=at)
        except LateFeeUnseen as error:
            unseen = error
        except Conflict as refusal:
            return _refused(request, appointment_id, refusal)
        else:
            messages.success(request, _("The appointment is cancelled."))
            return redirect("appointment", appointment_id)
    context = {
        "appointment": view,
        "fees_seen": fees.write([view.cancel_fee] if view.cancel_fee else []),
        "is_late": at >= view.free_cancel_until,
        "refusal": unseen,
    }
    return render(request, "scheduling/appointment_cancel.html", context, status=409 if unseen else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_move(request: Any, appointment_id: UUID) -> HttpResponse:
    """Other times for it, a week at a time; then the yes to the chosen one: what it costs, where it is, and
    what the other side is told.
    """
    request.actor.require_user()
    at = clock.now()
    try:
        view = _to_change(request, appointment_id, Deed.MOVE, at)
    except AppointmentStands as stands:
        return _refused(request, appointment_id, stands)
    if Deed.MOVE not in view.deeds:
        return _over_page(request, view, status=409 if request.method == "POST" else 200)
    refusal = None
    if request.method == "POST":
        wanted = slot_read({**request.POST.dict(), "service": str(view.service_id)})
        if wanted is None:
            messages.error(request, _("Please choose one of the times on this page."))
            return redirect("appointment_move", appointment_id)
        agreed = request.POST.get("agreed") == "yes"
        if not agreed:
            return _move_page(request, view, wanted[1], at=at)
        try:
            services.appointment_move(
                request.actor, appointment_id, starts_at=wanted[1], mode=view.mode, agreed=agreed, at=at
            )
        except Conflict as error:
            refusal = error
        else:
            messages.success(request, _("The appointment has moved."))
            return redirect("appointment", appointment_id)
    context = week_of(
        request.actor,
        partial(selectors.slots_for_move, request.actor, view.id, at=at),
        partial(selectors.slot_next_for_move, request.actor, view.id, at=at),
        view.mode,
        request.GET.get("day", ""),
        lambda **said: f"?{urlencode({key: value for key, value in said.items() if value})}",
        at=at,
    )
    context |= {"appointment": view, "refusal": refusal}
    return render(request, "scheduling/appointment_move.html", context, status=409 if refusal else 200)


@require_POST
def appointment_confirm(request: Any, appointment_id: UUID) -> HttpResponse:
    """Say yes to a requested time."""
    return _deed(request, appointment_id, services.appointment_confirm, _("The appointment is confirmed."))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_decline(request: Any, appointment_id: UUID) -> HttpResponse:
    """What it means to say no to a requested time, with a word to who asked; and then the no."""
    request.actor.require_user()
    at = clock.now()
    form = DeclineForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                services.appointment_decline(
                    request.actor, appointment_id, to_patient=form.cleaned_data["words"], at=at
                )
            except Invalid as error:
                problems.form_apply(form, error)
            except Conflict as refusal:
                return _refused(request, appointment_id, refusal)
            else:
                messages.success(request, _("You declined this time."))
                return redirect("appointment", appointment_id)
    view = selectors.appointment_get(request.actor, appointment_id, at=at)
    if Deed.DECLINE not in view.deeds:
        return _refused(request, appointment_id, AppointmentStands(state=view.state.value))
    context = {"appointment": view, "form": form}
    return render(request, "scheduling/appointment_decline.html", context, status=status)


@require_POST
def appointment_complete(request: Any, appointment_id: UUID) -> HttpResponse:
    """It took place."""
    return _deed(request, appointment_id, services.appointment_complete, _("Noted: the session took place."))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_no_show(request: Any, appointment_id: UUID) -> HttpResponse:
    """What it means to note that the patient did not come, with what they owe by it; and then the note."""
    if request.method == "POST":
        return _deed(request, appointment_id, services.appointment_missed, _("Noted: nobody came."))
    request.actor.require_user()
    view = selectors.appointment_get(request.actor, appointment_id, at=clock.now())
    if Deed.NO_SHOW not in view.deeds:
        return _refused(request, appointment_id, AppointmentStands(state=view.state.value))
    return render(request, "scheduling/appointment_no_show.html", {"appointment": view})


# What they share --------------------------------------------------------------------------------------------


def _to_change(request: Any, appointment_id: UUID, deed: Deed, at: datetime) -> AppointmentView:
    """The appointment, for one of the two who meet, or for the practice's desk. Raises NotFound, NotAllowed,
    and AppointmentStands where it runs: nobody chooses a time, or says yes, for nothing.
    """
    view = selectors.appointment_get(request.actor, appointment_id, at=at)
    if view.party is None and not selectors.booking_allowed(
        request.actor, view.therapist.id, view.practice_id
    ):
        raise NotAllowed(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)
    if deed not in view.deeds and view.is_running(at=at):
        raise AppointmentStands(state=view.state.value)
    return view


def _over_page(request: Any, view: AppointmentView, *, status: int = 200) -> HttpResponse:
    """What became of it, or why it moves no more, and what can be done instead of what was asked for."""
    context = {
        "appointment": view,
        "can_cancel": Deed.CANCEL in view.deeds,
        "may_write": _may_write(request, view),
    }
    return render(request, "scheduling/appointment_over.html", context, status=status)


def _may_write(request: Any, view: AppointmentView) -> bool:
    """Can its patient write to its therapist: are they in their care?"""
    care = (view.therapist.id, view.practice_id)
    return view.party is Party.PATIENT and care in accounts_selectors.care_of(request.actor)


def _move_page(request: Any, view: AppointmentView, starts_at: datetime, *, at: datetime) -> HttpResponse:
    """What somebody says yes to who moves it there."""
    terms = selectors.move_terms(request.actor, view.id, starts_at, at=at)
    context = {
        "appointment": view,
        "starts_at": starts_at,
        "ends_at": starts_at + (view.ends_at - view.starts_at),
        "terms": terms,
        "is_late": at >= terms.free_cancel_until,
        "is_patient": view.party is Party.PATIENT,
        "is_elsewhere": view.mode is Mode.IN_PERSON and view.location != terms.location,
    }
    return render(request, "scheduling/appointment_move_confirm.html", context)


def _deed(request: Any, appointment_id: UUID, deed: Any, said: str) -> HttpResponse:
    request.actor.require_user()
    try:
        deed(request.actor, appointment_id, at=clock.now())
    except Conflict as refusal:
        return _refused(request, appointment_id, refusal)
    messages.success(request, said)
    return redirect("appointment", appointment_id)


def _refused(request: Any, appointment_id: UUID, refusal: Conflict) -> HttpResponse:
    view = selectors.appointment_get(request.actor, appointment_id, at=clock.now())
    return _appointment_page(request, view, refusal=refusal)


def _appointment_page(
    request: Any, view: AppointmentView, *, refusal: Conflict | None = None
) -> HttpResponse:
    context = {
        "appointment": view,
        "can": {deed.value for deed in view.deeds},
        "may_write": view.moves_too_late and _may_write(request, view),
        "asks_where": view.party is Party.PATIENT and view.lacks_address,
        "is_late": clock.now() >= view.free_cancel_until,
        "series": selectors.series_of_appointment(request.actor, view.id, at=clock.now()),
        "may_repeat": selectors.series_may_begin(request.actor, view.id, at=clock.now()),
        "meeting": telehealth_selectors.meeting_of(request.actor, view.id),
        "room": telehealth_selectors.room_of(request.actor, view.id, at=clock.now()),
        "refusal": refusal,
        # Of what runs, who came too late for it is told what they can do instead.
        "has_begun": isinstance(refusal, AppointmentStands) and view.is_running(at=clock.now()),
    }
    return render(request, "scheduling/appointment.html", context, status=409 if refusal else 200)
