"""Doors of Bloom's own video: what comes before a session, the room itself, and a patient's consents."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bloom.kernel import clock, problems
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from scheduling import selectors as scheduling_selectors
from scheduling.telehealth import selectors, services
from scheduling.telehealth.errors import RoomClosed
from scheduling.telehealth.forms_room import ArrivalForm, ConsentForm
from scheduling.telehealth.types_rooms import CONSENT_VERSION, RoomView
from scheduling.types import AppointmentView, Party

# Who is on their way to a vendor's meeting says the same things first.
TO_MEETING = "?to=meeting"


@never_cache
@require_safe
def appointment_join(request: Any, appointment_id: UUID) -> HttpResponse:
    """One way into a session, wherever it is held: the vendor's link where there is one, else the room."""
    _room(request, appointment_id)
    meeting = selectors.meeting_of(request.actor, appointment_id)
    is_there = meeting is not None and meeting.can_join
    return redirect("appointment_video" if is_there else "appointment_room", appointment_id)


@never_cache
@require_safe
def appointment_room(request: Any, appointment_id: UUID) -> HttpResponse:
    """The room; before it, whatever is still to be said, and before that, when it opens."""
    appointment, room = _room(request, appointment_id)
    if room is None or not room.is_open:
        return _page(request, "closed", appointment, room)
    if not room.has_consent:
        form = ConsentForm(initial={"version": CONSENT_VERSION})
        return _page(request, "consent", appointment, room, form=form)
    if not room.has_arrival and room.party is Party.PATIENT:
        return _arrival_page(request, appointment, room)
    if _to(request):
        # From here they follow the link themselves: a form may not lead to another site.
        messages.success(request, _("Thank you. You can join the session now."))
        return redirect("appointment", appointment_id)
    meeting = selectors.meeting_of(request.actor, appointment_id)
    return _page(request, "room", appointment, room, meeting=meeting, **_arrival(request, appointment_id))


@never_cache
@require_safe
def room_where(request: Any, appointment_id: UUID) -> HttpResponse:
    """The part of the therapist's room that says where the patient is, as it is now."""
    appointment, room = _room(request, appointment_id)
    if appointment.party is not Party.THERAPIST:
        raise NotAllowed(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)
    return _page(request, "parts/where", appointment, room, **_arrival(request, appointment_id))


@require_POST
def room_consent(request: Any, appointment_id: UUID) -> HttpResponse:
    """The patient's yes to video."""
    appointment, room = _room(request, appointment_id)
    form = ConsentForm(request.POST)
    if form.is_valid():
        try:
            services.consent_give(
                request.actor, appointment_id, version=form.cleaned_data["version"], at=clock.now()
            )
        except Invalid as error:
            problems.form_apply(form, error)
            # What is shown now is today's.
            form.data = {**form.data, "version": CONSENT_VERSION}
        else:
            return _on(request, appointment_id)
    return _page(request, "consent", appointment, room, form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def room_arrival(request: Any, appointment_id: UUID) -> HttpResponse:
    """Where the patient is this time, and whom to call; said before, and changed later."""
    appointment, room = _room(request, appointment_id)
    if request.method != "POST":
        if room is None or room.party is not Party.PATIENT or not room.is_open:
            return _on(request, appointment_id)
        return _arrival_page(request, appointment, room)
    form = ArrivalForm(request.POST)
    if form.is_valid():
        try:
            services.arrival_tell(request.actor, appointment_id, form.facts(), at=clock.now())
        except Invalid as error:
            problems.form_apply(form, error)
        except RoomClosed:
            # Its page says since when, or when it opens.
            return _on(request, appointment_id)
        else:
            return _on(request, appointment_id)
    return _page(request, "arrival", appointment, room, form=form)


@never_cache
@require_safe
def video_consents(request: Any) -> HttpResponse:
    """All that one has agreed to, and the way to take it back."""
    request.actor.require_user()
    given = selectors.consent_list(request.actor)
    return render(request, "scheduling/room/consents.html", {"consents": given})


@require_POST
def video_consent_withdraw(request: Any, consent_id: UUID) -> HttpResponse:
    """Take one back."""
    request.actor.require_user()
    services.consent_withdraw(request.actor, consent_id, at=clock.now())
    messages.success(request, _("Taken back. No session by video begins until you agree again."))
    return redirect("video_consents")


def _room(request: Any, appointment_id: UUID) -> tuple[AppointmentView, RoomView | None]:
    """The appointment and its room, for its two people. Raises NotFound."""
    request.actor.require_user()
    at = clock.now()
    appointment = scheduling_selectors.appointment_get(request.actor, appointment_id, at=at)
    if appointment.party is None:
        # The desk sees the appointment, and comes to no session.
        raise NotFound(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)
    return appointment, selectors.room_of(request.actor, appointment_id, at=at)


def _arrival(request: Any, appointment_id: UUID) -> dict[str, Any]:
    at = clock.now()
    arrival = services.arrival_open(request.actor, appointment_id, at=at)
    told_at = clock.to_wire(arrival.told_at) if arrival else ""
    return {"arrival": arrival, "arrival_at": told_at, "looked_at": at}


def _arrival_page(request: Any, appointment: AppointmentView, room: RoomView) -> HttpResponse:
    known = selectors.arrival_last(request.actor)
    form = ArrivalForm(initial=ArrivalForm.said(known) if known else {})
    is_earlier = known is not None and not room.has_arrival
    return _page(request, "arrival", appointment, room, form=form, is_earlier=is_earlier)


def _on(request: Any, appointment_id: UUID) -> HttpResponse:
    return redirect(reverse("appointment_room", args=[appointment_id]) + _to(request))


def _to(request: Any) -> str:
    return TO_MEETING if request.GET.get("to") == "meeting" else ""


def _page(
    request: Any, name: str, appointment: AppointmentView, room: RoomView | None, **more: Any
) -> HttpResponse:
    context = {
        "appointment": appointment,
        "room": room,
        "is_host": appointment.party is Party.THERAPIST,
        "to": _to(request),
    }
    return render(request, f"scheduling/room/{name}.html", {**context, **more})
