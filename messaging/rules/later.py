"""When a message that goes later may go. Pure."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from messaging.rules import moments

SOONEST = timedelta(minutes=1)
LATEST = timedelta(days=366)
MORNING = time(9)


class Morning(StrEnum):
    """Moments that are offered by name."""

    TOMORROW = "tomorrow"
    MONDAY = "monday"


class TimeFault(StrEnum):
    """Why nothing can go then."""

    PAST = "past"
    FAR = "far"


def time_fault(due_at: datetime, *, at: datetime) -> TimeFault | None:
    """What is wrong with this moment, or nothing."""
    if due_at < at + SOONEST:
        return TimeFault.PAST
    return TimeFault.FAR if due_at > at + LATEST else None


def morning(which: Morning, time_zone: str, *, at: datetime) -> datetime:
    """Nine o'clock of the next day, or of the next Monday, by this clock; where it jumps over nine, ten."""
    zone = ZoneInfo(time_zone)
    day: date = at.astimezone(zone).date() + timedelta(days=1)
    if which is Morning.MONDAY:
        day += timedelta(days=-day.weekday() % 7)
    try:
        return moments.moment_of(zone, day, MORNING)
    except moments.NoSuchTime:
        return moments.moment_of(zone, day, time(MORNING.hour + 1))
