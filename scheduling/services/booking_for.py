"""An appointment that a therapist, or the practice's desk, makes for a patient."""

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext

from accounts import selectors as accounts_selectors
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import IdempotencyConflict, Invalid, NotAllowed, NotFound
from scheduling import holds, present, selectors
from scheduling.errors import PatientNotInCare, SlotNotOffered, SlotTaken
from scheduling.models import Appointment, Calendar, Service
from scheduling.rules import claims
from scheduling.rules import places as place_rules
from scheduling.rules import slots as rules
from scheduling.services import outcomes, words
from scheduling.services.booking import (
    booking_find,
    change_count,
    overlap_check,
    place_named,
    place_of_service,
)
from scheduling.services.keeping import KEPT, booked_keep
from scheduling.services.locking import air_around, freed_drop, taken_around, therapist_lock
from scheduling.types import (
    NOTE_LENGTH,
    AppointmentState,
    Booking,
    FreeCause,
    Mode,
    Modes,
    SlotFault,
    SlotPlace,
)


def appointment_book_for(
    actor: Actor,
    patient_id: UUID,
    service_id: UUID,
    *,
    starts_at: datetime,
    mode: Mode | None = None,
    note: str = "",
    key: UUID,
    at: datetime,
) -> Booking:
    """Book a patient who is in its therapist's care, confirmed at once; the same `key` books once, and is
    refused for anything else. A therapist books their own patients at any time in which nobody else is; the
    practice's desk, for a colleague, within the hours that the colleague works, and at no time that somebody
    holds. The patient did not choose the time: they call it off, or miss it, for nothing. `note` is the
    therapist's own.

    Raises NotFound, NotAllowed, PatientNotInCare, SlotTaken and SlotNotOffered (with what is free instead),
    AppointmentOverlaps, IdempotencyConflict, RateLimited, Invalid, and what a gate raises.
    """
    if not claims.is_whole(starts_at):
        raise Invalid(errors={"starts_at": [gettext("A session begins on five minutes.")]})
    note = words.text_clean(note, "note", NOTE_LENGTH)
    service = _service_bookable_for(actor, service_id)
    if note and actor.user_id != service.therapist_id:
        raise NotAllowed(object_kind=service._meta.label_lower, object_id=service.id, exists=True)
    # Each books under keys of their own: nobody can take the id that another's hold or offer has.
    key = uuid.uuid5(actor.require_user(), str(key))
    booked = _booked_by(actor, key, patient_id, service_id, starts_at, mode, at=at)
    if booked is not None:
        return booked
    change_count(actor.require_user())
    try:
        _held_check(actor, service, starts_at, at=at)
        return _book(actor, patient_id, service, starts_at, mode, note, key, at=at)
    except (SlotTaken, SlotNotOffered) as refusal:
        at_desk = actor.user_id != service.therapist_id
        words.alternatives_add(actor, refusal, service, starts_at, at_desk=at_desk, at=at)
        raise


def _service_bookable_for(actor: Actor, service_id: UUID) -> Service:
    """A service that the actor books patients into. Raises NotFound, and NotAllowed where it is not theirs
    to give away.
    """
    service = Service.objects.visible_to(actor).filter(retired_at=None).get_or_refuse(pk=service_id)
    if not selectors.booking_allowed(actor, service.therapist_id, service.practice_id):
        raise NotAllowed(object_kind=service._meta.label_lower, object_id=service.id, exists=True)
    return service


def _booked_by(
    actor: Actor,
    key: UUID,
    patient_id: UUID,
    service_id: UUID,
    starts_at: datetime,
    mode: Mode | None,
    *,
    at: datetime,
) -> Booking | None:
    """What was booked with this key already. Raises IdempotencyConflict where that is something else: nobody
    is told that they booked what they did not.
    """
    booked = booking_find(actor, key, at=at)
    if booked is None:
        return None
    there = booked.appointment
    if (there.patient.id, there.service_id, there.starts_at, there.mode) != (
        patient_id,
        service_id,
        starts_at,
        mode or there.mode,
    ):
        raise IdempotencyConflict
    return booked


def _held_check(actor: Actor, service: Service, starts_at: datetime, *, at: datetime) -> None:
    """Raise SlotTaken for a time that somebody holds, unless its therapist takes it back."""
    if actor.user_id == service.therapist_id:
        return
    held = holds.holds_of([service.therapist_id], at=at).get(service.therapist_id, [])
    if rules.is_taken(present.offer_of(service), [each.taken for each in held], starts_at):
        raise SlotTaken


@transactional(constraints=KEPT)
def _book(
    actor: Actor,
    patient_id: UUID,
    service: Service,
    starts_at: datetime,
    mode: Mode | None,
    note: str,
    key: UUID,
    *,
    at: datetime,
) -> Booking:
    therapist_lock(service.therapist_id)
    booked = _booked_by(actor, key, patient_id, service.id, starts_at, mode, at=at)
    if booked is not None:
        return booked
    if not accounts_selectors.assignment_hold(actor, patient_id, service.therapist_id, service.practice_id):
        if not accounts_selectors.person_is_found(actor, patient_id):
            there = bool(accounts_selectors.person_refs(actor, [patient_id]))
            raise NotFound(object_kind="accounts.user", object_id=patient_id, exists=there)
        raise PatientNotInCare
    # What is offered may have changed since it was read.
    service = _service_bookable_for(actor, service.id)
    calendar = Calendar.objects.unscoped(reason="the calendar of a service that the actor sees").get(
        pk=service.calendar_id
    )
    ends_at = starts_at + timedelta(minutes=service.duration_minutes)
    place = place_named(
        actor, service.practice_id, _place(actor, calendar, service, starts_at, ends_at, mode, at=at)
    )
    overlap_check(patient_id, starts_at, ends_at, seen_by_practice=service.practice_id)
    row = _row(actor, calendar, service, patient_id, starts_at, place, note, key, at=at)
    booked_keep(actor, row, at=at)
    return Booking(appointment=outcomes.shown(actor, row, at=at), is_new=True)


def _place(
    actor: Actor,
    calendar: Calendar,
    service: Service,
    starts_at: datetime,
    ends_at: datetime,
    mode: Mode | None,
    *,
    at: datetime,
) -> SlotPlace:
    """How and where it can be then. Raises SlotTaken and SlotNotOffered."""
    offer, modes = present.offer_of(service), Modes(service.modes)
    wanted = mode or (Mode.TELEHEALTH if modes is not Modes.IN_PERSON else Mode.IN_PERSON)
    if not place_rules.is_in(modes, wanted):
        raise words.slot_refusal(SlotFault.MODE)
    words.ahead_check(starts_at, at=at)
    book = selectors.books_load([calendar], starts_at, ends_at, at=at)[calendar.id]
    if actor.user_id == service.therapist_id:
        freed_drop(service.therapist_id, *air_around(starts_at, ends_at, service))
        taken = taken_around(service.therapist_id, starts_at, ends_at, at=at)
        if rules.is_taken(offer, taken, starts_at):
            raise words.taken_own()
        return place_rules.place_within(book.hours, offer, starts_at, mode=wanted, kept=None)
    terms = rules.desk_terms(book.terms)
    found = rules.place_find(book.hours, terms, offer, book.taken, at=at, starts_at=starts_at, mode=wanted)
    if isinstance(found, SlotFault):
        raise words.slot_refusal(found)
    return found


def _row(
    actor: Actor,
    calendar: Calendar,
    service: Service,
    patient_id: UUID,
    starts_at: datetime,
    place: SlotPlace,
    note: str,
    key: UUID,
    *,
    at: datetime,
) -> Appointment:
    row = Appointment(
        id=uuid.uuid4(),
        practice_id=service.practice_id,
        calendar_id=calendar.id,
        therapist_id=service.therapist_id,
        patient_id=patient_id,
        service_id=service.id,
        service_name=service.name,
        cpt_code=service.cpt_code,
        place_of_service=place_of_service(actor, service, place),
        duration_minutes=service.duration_minutes,
        buffer_before=service.buffer_before,
        buffer_after=service.buffer_after,
        price_minor=service.price_minor,
        currency=service.currency,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=service.duration_minutes),
        state=AppointmentState.CONFIRMED.value,
        mode=place.mode.value,
        location_id=place.location_id,
        agreed_at=None,
        free_cause=FreeCause.NOT_CHOSEN.value,
        free_cancel_minutes=calendar.free_cancel_minutes,
        free_cancel_until=starts_at,
        late_fee_minor=calendar.late_fee_minor,
        hold_id=key,
        booked_by_id=actor.require_user(),
        created_at=at,
        changed_at=at,
    )
    if note:
        row.note = vault.seal(row.patient_id, note, present.note_place(row.id))
    return row
