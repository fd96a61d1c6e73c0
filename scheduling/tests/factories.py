"""Calendars, services and appointments for tests."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via
from scheduling.models import Appointment, Calendar, Claim, Service, WeeklyBlock
from scheduling.types import QUANTUM_MINUTES, AppointmentState, Mode, Modes

AT = people.AT
ZONE = "America/Chicago"
# A Monday; 10:00 in Chicago.
START = datetime(2026, 11, 9, 16, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """A therapist with a calendar and one service, and a patient in their care."""

    therapist: AbstractBaseUser
    patient: AbstractBaseUser
    practice_id: UUID
    calendar: Calendar
    service: Service
    as_therapist: Actor
    as_patient: Actor


def calendar(therapist: AbstractBaseUser, *, practice_id: UUID | None = None, **facts: Any) -> Calendar:
    values = {"time_zone": ZONE, "notice_minutes": 0, "created_at": AT, "changed_at": AT, **facts}
    return Calendar.objects.create(
        therapist=therapist, practice_id=practice_id or people.practice_of(therapist), **values
    )


def service(calendar: Calendar, **facts: Any) -> Service:
    values = {
        "name": f"Session {uuid.uuid4().hex[:6]}",
        "duration_minutes": 50,
        "price_minor": 15_000,
        "modes": Modes.BOTH.value,
        "created_at": AT,
        "changed_at": AT,
        **facts,
    }
    return Service.objects.create(
        calendar=calendar, therapist_id=calendar.therapist_id, practice_id=calendar.practice_id, **values
    )


def desk(
    therapist: AbstractBaseUser | None = None, patient: AbstractBaseUser | None = None, **facts: Any
) -> Desk:
    """Monday to Friday from nine to five, in Chicago, unless `facts` of the calendar say otherwise."""
    therapist = therapist or people.therapist()
    patient = patient or people.patient()
    care = people.assignment(patient, therapist)
    made = calendar(therapist, practice_id=care.practice_id, **facts)
    for weekday in range(5):
        block(made, weekday)
    return Desk(
        therapist,
        patient,
        care.practice_id,
        made,
        service(made),
        as_therapist=people.actor(therapist, via=Via.API, practice_id=care.practice_id),
        as_patient=people.actor(patient, via=Via.API),
    )


def block(calendar: Calendar, weekday: int, start: int = 540, end: int = 1020, **facts: Any) -> WeeklyBlock:
    return WeeklyBlock.objects.create(
        calendar=calendar,
        practice_id=calendar.practice_id,
        weekday=weekday,
        starts_minute=start,
        ends_minute=end,
        **facts,
    )


def appointment(
    desk: Desk,
    starts_at: datetime = START,
    *,
    patient: AbstractBaseUser | None = None,
    is_claimed: bool = True,
    **facts: Any,
) -> Appointment:
    """A row as booking leaves it, with its claims; for tests of what reads it."""
    service = facts.pop("service", desk.service)
    minutes = service.duration_minutes
    values = {
        "state": AppointmentState.CONFIRMED.value,
        "mode": Mode.TELEHEALTH.value,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "agreed_at": AT,
        "free_cancel_minutes": 24 * 60,
        "free_cancel_until": starts_at - timedelta(days=1),
        **facts,
    }
    row = Appointment.objects.create(
        practice_id=desk.practice_id,
        calendar=desk.calendar,
        therapist_id=desk.calendar.therapist_id,
        patient=patient or desk.patient,
        service=service,
        service_name=service.name,
        duration_minutes=minutes,
        buffer_before=service.buffer_before,
        buffer_after=service.buffer_after,
        price_minor=service.price_minor,
        currency=service.currency,
        starts_at=starts_at,
        hold_id=uuid.uuid4(),
        booked_by=patient or desk.patient,
        created_at=AT,
        changed_at=AT,
        **values,
    )
    if is_claimed:
        first = int(starts_at.timestamp()) // (QUANTUM_MINUTES * 60)
        Claim.objects.bulk_create(
            Claim(
                practice_id=desk.practice_id,
                therapist_id=row.therapist_id,
                quantum=first + number,
                appointment=row,
            )
            for number in range(minutes // QUANTUM_MINUTES)
        )
    return row


def weekday_ahead() -> datetime:
    """An afternoon (UTC) of a day from Monday to Friday, nine days from now or a little later."""
    starts_at = clock.now().replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(days=9)
    while starts_at.weekday() > 4:
        starts_at += timedelta(days=1)
    return starts_at
