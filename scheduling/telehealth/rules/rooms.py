"""When the room of an appointment is open. Pure."""

from datetime import datetime, timedelta
from typing import Final

from scheduling.types import AppointmentState, Mode

OPENS_BEFORE: Final = timedelta(minutes=15)
CLOSES_AFTER: Final = timedelta(minutes=60)
# A page loaded anew, a network that was gone for a moment.
RESUMES: Final = timedelta(seconds=30)
# Of one person, in one appointment; what follows is not kept.
MOVES_MOST: Final = 200
# A session by video of which nobody said that it ended is over then.
ENDS_AFTER: Final = CLOSES_AFTER + timedelta(minutes=5)
# A session that goes on past its end may be noted as one that took place.
_MEETS: Final = frozenset(
    {AppointmentState.CONFIRMED, AppointmentState.IN_SESSION, AppointmentState.COMPLETED}
)


def has_room(state: AppointmentState, mode: Mode) -> bool:
    """Whether the two of this appointment meet by video at all."""
    return mode is Mode.TELEHEALTH and state in _MEETS


def opens_at(starts_at: datetime) -> datetime:
    return starts_at - OPENS_BEFORE


def closes_at(ends_at: datetime) -> datetime:
    return ends_at + CLOSES_AFTER


def is_open(starts_at: datetime, ends_at: datetime, *, at: datetime) -> bool:
    """From a quarter of an hour before until an hour after."""
    return opens_at(starts_at) <= at < closes_at(ends_at)
