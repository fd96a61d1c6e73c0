"""From a held time to an appointment."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from accounts import selectors as accounts_selectors
from bloom.kernel import alarms, limits, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotFound
from observability import services as observability_services
from scheduling import holds, present, selectors
from scheduling.errors import AppointmentOverlaps, HoldGone, SlotNotOffered, SlotTaken, TermsChanged
from scheduling.events import AppointmentAlarmed
from scheduling.models import Appointment, Calendar, Service
from scheduling.rules import places as place_rules
from scheduling.rules import slots as rules
from scheduling.services import outcomes, words
from scheduling.services.holding import ahead_check, hold_place, service_bookable
from scheduling.services.keeping import KEPT, booked_keep
from scheduling.services.locking import therapist_lock
from scheduling.types import (
    OCCUPYING,
    REASON_LENGTH,
    AppointmentState,
    Booking,
    Hold,
    Mode,
    SlotFault,
    SlotPlace,
)


def appointment_book(actor: Actor, hold_id: UUID, *, reason: str = "", at: datetime) -> Booking:
    """Turn what the actor holds into an appointment, once, however often it is asked: confirmed, or requested
    where the therapist approves of times. `reason` is for the therapist; who asks again with another is told
    that it was not kept.

    The database decides whether the time is free, whatever the hold says. Raises HoldGone, SlotTaken and
    SlotNotOffered (with what is free instead), TermsChanged, AppointmentsFull, NotAccepting,
    ServiceNotForYou, AppointmentOverlaps, RateLimited, NotFound, Invalid, and what a gate raises.
    """
    person_id = actor.require_user()
    reason = words.text_clean(reason, "reason", REASON_LENGTH)
    booked = _book(actor, person_id, hold_id, reason, at=at)
    if booked.is_new or not reason or reason == booked.appointment.reason:
        return booked
    return replace(booked, unkept=reason, alarms=alarms.text_alarms(reason))


def _book(actor: Actor, person_id: UUID, hold_id: UUID, reason: str, *, at: datetime) -> Booking:
    booked = booking_find(actor, hold_id, at=at)
    if booked is not None:
        return booked
    hold = holds.hold_get(hold_id)
    if hold is None or hold.person_id != person_id:
        # It was booked by another request between the two looks.
        booked = booking_find(actor, hold_id, at=at)
        if booked is None:
            raise HoldGone
        return booked
    change_count(person_id)
    alarming = bool(reason) and alarms.text_alarms(reason)
    try:
        booked = hold_book(actor, hold, reason, alarming=alarming, at=at)
    except (SlotTaken, SlotNotOffered) as refusal:
        holds.hold_drop(hold)
        service = service_bookable(actor, hold.service_id)
        words.alternatives_add(actor, refusal, service, hold.starts_at, at=at)
        raise
    holds.hold_drop(hold)
    return booked


def appointment_book_anew(
    actor: Actor,
    hold_id: UUID,
    *,
    therapist_id: UUID,
    service_id: UUID,
    starts_at: datetime,
    mode: Mode | None,
    shown: str,
    reason: str = "",
    at: datetime,
) -> Booking:
    """Hold a time once more whose hold is over, under an id that follows from the first (`hold_anew_id`), and
    book it, once, however often it is asked. `shown`: the terms that were read (`selectors.terms_shown`).

    Raises as `hold_place` and `appointment_book` do; TermsChanged, with the time held, where the terms are
    others by now; HoldGone where it is offered to the actor no more.
    """
    anew = selectors.hold_anew_id(hold_id, actor.require_user())
    if booking_find(actor, anew, at=at) is None:
        try:
            hold = hold_place(
                actor,
                therapist_id=therapist_id,
                service_id=service_id,
                starts_at=starts_at,
                mode=mode,
                hold_id=anew,
                at=at,
            )
        except NotFound:
            raise HoldGone from None
        except SlotTaken:
            # By the same page, pressed twice.
            if booking_find(actor, anew, at=at) is None:
                raise
        else:
            if selectors.terms_shown(hold) != shown:
                raise TermsChanged
    return appointment_book(actor, anew, reason=reason, at=at)


def booking_find(actor: Actor, hold_id: UUID, *, at: datetime) -> Booking | None:
    """What became of a hold of the actor's."""
    became = selectors.appointment_of_hold(actor, hold_id, at=at)
    return None if became is None else Booking(appointment=became, is_new=False)


@transactional(constraints=KEPT)
def hold_book(actor: Actor, hold: Hold, reason: str, *, alarming: bool, at: datetime) -> Booking:
    """An appointment of what is kept for the actor, whoever keeps it. Raises as `appointment_book` does."""
    therapist_lock(hold.therapist_id)
    booked = booking_find(actor, hold.id, at=at)
    if booked is not None:
        return booked
    service = service_bookable(actor, hold.service_id)
    calendar = Calendar.objects.unscoped(reason="the calendar of a service that the actor sees").get(
        pk=service.calendar_id
    )
    if (service.version, calendar.version) != (hold.service_version, hold.calendar_version):
        raise TermsChanged
    ahead_check(hold.person_id, hold.therapist_id, at=at)
    starts_at = hold.starts_at
    ends_at = starts_at + timedelta(minutes=service.duration_minutes)
    book = selectors.books_load([calendar], starts_at, ends_at, at=at)[calendar.id]
    place = SlotPlace(hold.mode, hold.location_id)
    # Notice was given when the time was chosen; what passed since is not held against who reads slowly.
    fault = rules.booking_check(
        book.hours,
        book.terms,
        present.offer_of(service),
        book.taken,
        at=min(at, hold.held_at),
        starts_at=starts_at,
        place=place,
    )
    if fault is None and starts_at <= at:
        fault = SlotFault.TOO_SOON
    if fault is not None:
        raise words.slot_refusal(fault)
    overlap_check(hold.person_id, starts_at, ends_at)
    row = _row(actor, calendar, service, hold, reason, at=at)
    row.reason_alarms = alarming
    booked_keep(actor, row, at=at)
    if alarming:
        alarmed = AppointmentAlarmed(**outcomes.facts_of(row))
        observability_services.event_record(actor, alarmed, at=at)
    return Booking(appointment=selectors.appointment_views(actor, [row], at=at)[0], is_new=True)


def overlap_check(
    patient_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    *,
    leaving_out: UUID | None = None,
    seen_by_practice: UUID | None = None,
) -> None:
    """Raise AppointmentOverlaps where the patient has another appointment then; a practice that asks
    (`seen_by_practice`) learns of its own alone. Two that they book at the same moment with two therapists
    are not seen: nobody is harmed by those but themselves.
    """
    rows = Appointment.objects.unscoped(reason="a yes or no about the patient's own time").filter(
        patient_id=patient_id,
        state__in=[state.value for state in OCCUPYING],
        starts_at__lt=ends_at,
        ends_at__gt=starts_at,
    )
    if leaving_out is not None:
        rows = rows.exclude(pk=leaving_out)
    if seen_by_practice is not None:
        rows = rows.filter(practice_id=seen_by_practice)
    if rows.exists():
        raise AppointmentOverlaps(
            gettext("This patient has another appointment at your practice then.")
            if seen_by_practice is not None
            else None
        )


def place_named(actor: Actor, practice_id: UUID, place: SlotPlace) -> SlotPlace:
    """Where they meet in person whose hours named no place: where their practice sees people, as long as that
    is one place alone. It stands with the appointment, whatever the practice opens later.
    """
    if place.mode is not Mode.IN_PERSON or place.location_id is not None:
        return place
    only = accounts_selectors.location_only(actor, [practice_id]).get(practice_id)
    return place if only is None else SlotPlace(place.mode, only.id)


def place_of_service(actor: Actor, service: Service, place: SlotPlace) -> str:
    """What a claim calls the place of a session. One query where it is at one of the practice's."""
    shown = accounts_selectors.locations_shown(actor, [place.location_id] if place.location_id else [])
    of_place = next((each.place_of_service for each in shown.values()), "")
    return place_rules.code_of(service.place_of_service, mode=place.mode, of_place=of_place)


def change_count(person_id: UUID) -> None:
    """Count a booking, a move or a cancellation of somebody's. Raises RateLimited."""
    limits.limit_check(f"appointments:{person_id}", settings.APPOINTMENT_CHANGES_PER_HOUR, 3600)


def look_count(actor: Actor) -> None:
    """Count a look for free times, which is dear, and of which nobody needs many. Raises RateLimited."""
    limits.limit_check(f"slots:{actor.require_user()}", settings.SLOT_LOOKS_PER_MINUTE, 60)


def _row(
    actor: Actor, calendar: Calendar, service: Service, hold: Hold, reason: str, *, at: datetime
) -> Appointment:
    place = place_named(actor, service.practice_id, SlotPlace(hold.mode, hold.location_id))
    row = Appointment(
        id=uuid.uuid4(),
        practice_id=service.practice_id,
        calendar_id=calendar.id,
        therapist_id=service.therapist_id,
        patient_id=hold.person_id,
        service_id=service.id,
        service_name=service.name,
        cpt_code=service.cpt_code,
        place_of_service=place_of_service(actor, service, place),
        duration_minutes=service.duration_minutes,
        buffer_before=service.buffer_before,
        buffer_after=service.buffer_after,
        price_minor=service.price_minor,
        currency=service.currency,
        starts_at=hold.starts_at,
        ends_at=hold.starts_at + timedelta(minutes=service.duration_minutes),
        state=(AppointmentState.REQUESTED if calendar.needs_approval else AppointmentState.CONFIRMED).value,
        mode=hold.mode.value,
        location_id=place.location_id,
        agreed_at=at,
        free_cancel_minutes=calendar.free_cancel_minutes,
        free_cancel_until=hold.starts_at - timedelta(minutes=calendar.free_cancel_minutes),
        late_fee_minor=calendar.late_fee_minor,
        hold_id=hold.id,
        booked_by_id=actor.require_user(),
        created_at=at,
        changed_at=at,
    )
    if reason:
        row.reason = vault.seal(row.patient_id, reason, present.reason_place(row.id))
    return row
