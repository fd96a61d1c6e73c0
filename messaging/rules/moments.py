"""Moments by the clock on a wall: which there are, where one is set forward or back. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


class NoSuchTime(ValueError):
    """The clock is set forward across this time on that day."""


def moments_of(zone: ZoneInfo, day: date, minute: int) -> list[datetime]:
    """The moments, in UTC, at which the clock shows so many minutes after midnight of a day: one; none where
    it is set forward past it, two where it is set back.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=minute)
    found = {shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(at for at in found if at.astimezone(zone).replace(tzinfo=None, fold=0) == shown)


def moment_of(zone: ZoneInfo, day: date, at: time) -> datetime:
    """The first moment, in UTC, at which the clock shows this. Raises NoSuchTime."""
    found = moments_of(zone, day, at.hour * 60 + at.minute)
    if not found:
        raise NoSuchTime
    return found[0]


def day_begins(zone: ZoneInfo, day: date) -> datetime:
    """The first moment of a day, in UTC: midnight, or where the clock jumps to when there is none. Of a day
    that does not happen there, the first one after it.
    """
    found = moments_of(zone, day, 0)
    if found:
        return found[0]
    jumps = [at for at in shifts_of(zone, day) if at.astimezone(zone).date() >= day]
    return min(jumps) if jumps else datetime.combine(day, time(), zone).astimezone(UTC)


def shifts_of(zone: ZoneInfo, day: date) -> list[datetime]:
    """The moments, in UTC, at which the clock is set forward or back, around this day."""
    begins = datetime.combine(day, time(), UTC) - 27 * _HOUR
    hours = [begins + number * _HOUR for number in range(28 + 24 + 28)]
    return [
        _shift_between(zone, before, after)
        for before, after in pairwise(hours)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()
    ]


def _shift_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    old = before.astimezone(zone).utcoffset()
    while after - before > _MINUTE:
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)
        if middle <= before:
            middle = before + _MINUTE
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after
