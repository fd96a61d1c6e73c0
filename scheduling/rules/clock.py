"""From the clock on a wall to moments. Pure.

A time that the clock skips (set forward) is taken as late as it would have come without the skip: 02:30 is
03:30. A time that it shows twice (set back) is taken the first time.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def moment(zone: ZoneInfo, day: date, minute: int) -> datetime:
    """When, in UTC, the clock shows so many minutes after midnight of a day; from 1440 on, of the next."""
    shown = datetime.combine(day, time()) + timedelta(minutes=minute)
    # PEP 495: with fold=0 the offset before a change holds: for what is skipped, and for the first of two.
    return shown.replace(tzinfo=zone, fold=0).astimezone(UTC)


def is_near(at: datetime) -> bool:
    """Is this a moment that anybody can mean? Zones and calendars end soon after the years that are not."""
    return _FIRST <= at < _LAST


def day_of(zone: ZoneInfo, at: datetime) -> date:
    """The date that stands on the wall at a moment."""
    return at.astimezone(zone).date()


def day_bounds(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """When a day begins there, and the next one: 23, 24 or 25 hours apart, as the clock is set."""
    return moment(zone, day, 0), moment(zone, day + timedelta(days=1), 0)
