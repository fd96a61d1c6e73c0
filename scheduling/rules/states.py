"""What may happen to an appointment, as data. Pure; docs/scheduling.md has the same table in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from scheduling.types import AppointmentState, Deed, Party

_IN = AppointmentState
_PATIENT, _THERAPIST, _DESK, _SYSTEM = Party.PATIENT, Party.THERAPIST, Party.DESK, Party.SYSTEM


class When(StrEnum):
    """When something may be done, by the time that was agreed."""

    BEFORE_START = "before_start"
    FROM_START = "from_start"
    WEEK_FROM_START = "week_from_start"
    ANY = "any"


# Who came is not denied after this.
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Step:
    """What a deed leads to, whose it is, and when."""

    to: AppointmentState
    parties: frozenset[Party]
    when: When


def _step(to: AppointmentState, when: When, *parties: Party) -> Step:
    return Step(to, frozenset(parties), when)


# A late cancellation is a cancellation of a confirmed appointment: see `cancelled_as`.
STEPS: Final[Mapping[tuple[AppointmentState, Deed], Step]] = MappingProxyType(
    {
        (_IN.REQUESTED, Deed.CONFIRM): _step(_IN.CONFIRMED, When.BEFORE_START, _THERAPIST),
        (_IN.REQUESTED, Deed.DECLINE): _step(_IN.CANCELLED, When.BEFORE_START, _THERAPIST),
        (_IN.REQUESTED, Deed.CANCEL): _step(_IN.CANCELLED, When.BEFORE_START, _PATIENT),
        (_IN.REQUESTED, Deed.MOVE): _step(_IN.REQUESTED, When.BEFORE_START, _PATIENT, _THERAPIST),
        (_IN.REQUESTED, Deed.LAPSE): _step(_IN.CANCELLED, When.FROM_START, _SYSTEM),
        # Care has ended, or one of the two has left.
        (_IN.REQUESTED, Deed.END): _step(_IN.CANCELLED, When.BEFORE_START, _SYSTEM),
        (_IN.CONFIRMED, Deed.END): _step(_IN.CANCELLED, When.BEFORE_START, _SYSTEM),
        # What is only asked for waits for its therapist, whoever sits at the desk.
        (_IN.CONFIRMED, Deed.CANCEL): _step(_IN.CANCELLED, When.BEFORE_START, _PATIENT, _THERAPIST, _DESK),
        (_IN.CONFIRMED, Deed.MOVE): _step(_IN.CONFIRMED, When.BEFORE_START, _PATIENT, _THERAPIST, _DESK),
        # The two may meet before the hour strikes.
        (_IN.CONFIRMED, Deed.BEGIN): _step(_IN.IN_SESSION, When.ANY, _SYSTEM),
        (_IN.CONFIRMED, Deed.COMPLETE): _step(_IN.COMPLETED, When.FROM_START, _THERAPIST, _SYSTEM),
        (_IN.CONFIRMED, Deed.NO_SHOW): _step(_IN.NO_SHOW, When.FROM_START, _THERAPIST),
        (_IN.IN_SESSION, Deed.COMPLETE): _step(_IN.COMPLETED, When.ANY, _THERAPIST, _SYSTEM),
        (_IN.IN_SESSION, Deed.NO_SHOW): _step(_IN.NO_SHOW, When.FROM_START, _THERAPIST),
        # Either was noted by mistake, or by the sweep. One of the two costs the patient something.
        (_IN.COMPLETED, Deed.NO_SHOW): _step(_IN.NO_SHOW, When.WEEK_FROM_START, _THERAPIST),
        (_IN.NO_SHOW, Deed.COMPLETE): _step(_IN.COMPLETED, When.FROM_START, _THERAPIST),
    }
)


def step(
    state: AppointmentState, deed: Deed, party: Party, *, starts_at: datetime, at: datetime
) -> Step | None:
    """What follows when somebody does this now; None where they cannot."""
    found = STEPS.get((state, deed))
    if found is None or party not in found.parties:
        return None
    if found.when is When.BEFORE_START and at >= starts_at:
        return None
    if found.when in (When.FROM_START, When.WEEK_FROM_START) and at < starts_at:
        return None
    if found.when is When.WEEK_FROM_START and at >= starts_at + _WEEK:
        return None
    return found


def deeds(state: AppointmentState, party: Party, *, starts_at: datetime, at: datetime) -> tuple[Deed, ...]:
    """All that somebody can do with an appointment now."""
    return tuple(deed for deed in Deed if step(state, deed, party, starts_at=starts_at, at=at) is not None)


def is_for(deed: Deed, party: Party) -> bool:
    """Is this ever theirs to do?"""
    return any(of is deed and party in each.parties for (_state, of), each in STEPS.items())


def cancelled_as(
    state: AppointmentState, party: Party, *, free_until: datetime, at: datetime
) -> AppointmentState:
    """What a cancellation is: late, when the patient calls off what was confirmed after it was free to."""
    is_late = state is _IN.CONFIRMED and party is _PATIENT and at >= free_until
    return _IN.LATE_CANCELLED if is_late else _IN.CANCELLED


def cancel_fee(
    state: AppointmentState, party: Party | None, *, free_until: datetime, fee_minor: int, at: datetime
) -> int:
    """What calling it off would cost whoever does it, in minor units."""
    if party is None:
        return 0
    is_late = cancelled_as(state, party, free_until=free_until, at=at) is _IN.LATE_CANCELLED
    return fee_minor if is_late else 0


def moves_too_late(
    state: AppointmentState, party: Party | None, *, free_until: datetime, at: datetime
) -> bool:
    """Is it too late for a patient to move what was confirmed? Who could move it away at the last minute
    could call it off for nothing.
    """
    return state is _IN.CONFIRMED and party is _PATIENT and at >= free_until


def moved_to(state: AppointmentState, party: Party, *, needs_approval: bool) -> AppointmentState:
    """Where an appointment stands after a move: a patient asks again where the therapist approves of times;
    what the therapist or the desk moves is confirmed.
    """
    if party is not _PATIENT:
        return _IN.CONFIRMED
    return _IN.REQUESTED if needs_approval else state


def yes_has_lapsed(agreed_at: datetime | None, *, free_until: datetime, at: datetime) -> bool:
    """Did the patient, who asked for a time while calling it off was free, wait for its confirmation until it
    would no longer be? They are not bound by a silence that was not theirs.
    """
    return agreed_at is not None and agreed_at < free_until <= at
