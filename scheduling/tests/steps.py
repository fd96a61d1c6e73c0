"""What tests of booking do again and again."""

from datetime import timedelta

from scheduling import selectors, services
from scheduling.tests.factories import AT, START
from scheduling.types import (
    Block,
    Modes,
    Rules,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def hold(desk, starts_at=START, *, actor=None, service=None, mode=None, at=AT):
    return services.hold_place(
        actor or desk.as_patient,
        therapist_id=desk.therapist.id,
        service_id=(service or desk.service).id,
        starts_at=starts_at,
        mode=mode,
        at=at,
    )


def book(desk, starts_at=START, *, actor=None, reason="", at=AT, **kwargs):
    actor = actor or desk.as_patient
    held = hold(desk, starts_at, actor=actor, at=at, **kwargs)
    return services.appointment_book(actor, held.id, reason=reason, at=at).appointment


def slots(desk, actor=None, *, start=START - 2 * HOUR, days=1, at=AT, service_id=None):
    return selectors.slot_list(
        actor or desk.as_patient,
        desk.therapist.id,
        start=start,
        end=start + days * DAY,
        at=at,
        service_id=service_id,
    )


def times(found):
    return [each.starts_at for each in found]


WEEK = (Block(0, 540, 720), Block(0, 780, 1020), Block(4, 1320, 1560, Modes.TELEHEALTH))


def week_set(actor, blocks=WEEK, *, rules=Rules(), version=0, zone="America/Chicago"):  # noqa: B008
    return services.availability_set(
        actor, time_zone=zone, blocks=blocks, rules=rules, version=version, at=AT
    )
