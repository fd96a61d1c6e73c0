"""When somebody is busy, of what a calendar elsewhere says: times alone, merged. Pure but for the time that
it may take, which its caller counts.

Whoever wrote a calendar may be anybody. What comes more than once an hour, is counted by the minute, or was
never meant to end is left aside rather than worked out; and between two entries it is asked whether to go on.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component

from scheduling.rules.openings import Span, merged
from scheduling.types import OUTSIDE_STRETCHES_MOST

_TOO_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_PARTS: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")
_TIMES_A_DAY: Final = 24
_EARLIEST: Final = 1970
_LATEST: Final = 2190
_ENTRIES_MOST: Final = 20_000


class Unreadable(ValueError):
    """This is no calendar."""


class TooMuch(ValueError):
    """It would take too long, or too much room."""


def busy_read(
    raw: bytes, *, zone: ZoneInfo, start: datetime, end: datetime, goes_on: Callable[[], bool]
) -> list[Span]:
    """When its owner is busy from `start` until `end`: merged, in order, cut to that range. Days and times
    without a zone are by the clock of `zone`. What is marked as free, or called off, is not busy. Raises
    Unreadable and TooMuch.
    """
    spans: list[Span] = []
    for number, group in enumerate(_groups(raw)):
        if number >= _ENTRIES_MOST or len(spans) > 10 * OUTSIDE_STRETCHES_MOST or not goes_on():
            raise TooMuch
        for starts_at, ends_at in _times(group, zone, start, end):
            first, last = max(starts_at, start), min(ends_at, end)
            if first < last:
                spans.append((first, last))
    found = merged(spans)
    if len(found) > OUTSIDE_STRETCHES_MOST:
        raise TooMuch
    return found


def _groups(raw: bytes) -> Iterator[list[Component]]:
    """The entries of a calendar; those that belong together, as one comes again and is changed, together."""
    try:
        calendars = Calendar.from_ical(raw, multiple=True)
        entries = [entry for calendar in calendars for entry in calendar.walk("VEVENT")]
    except Exception:
        # The library raises what it likes for what is no calendar.
        raise Unreadable from None
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise Unreadable
    by_uid: dict[str, list[Component]] = {}
    for number, entry in enumerate(entries):
        by_uid.setdefault(str(entry.get("UID", number)), []).append(entry)
    yield from by_uid.values()


def _times(group: list[Component], zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Span]:
    """When one entry is, each time that it comes. One that cannot be read is left aside: the others count."""
    try:
        if any(_is_endless(entry) for entry in group):
            return
        if len(group) == 1 and not any(name in group[0] for name in ("RRULE", "RDATE")):
            found = group
        else:
            calendar = Calendar()
            for entry in group:
                calendar.add_component(entry)
            day = timedelta(days=1)
            found = recurring_ical_events.of(calendar).between(start - day, end + day)
        for entry in found:
            if _is_busy(entry):
                yield _moment(_said(entry, "DTSTART"), zone), _moment(_end(entry), zone)
    except Exception:
        return


def _said(entry: Component, name: str) -> Any:
    """The day, moment or length that an entry says; a calendar may say anything."""
    said: Any = entry[name]
    return said.dt


def _end(entry: Component) -> Any:
    """When an entry ends: as it says, after as long as it says, or with its day."""
    if "DTEND" in entry:
        return _said(entry, "DTEND")
    begins = _said(entry, "DTSTART")
    if "DURATION" in entry:
        return begins + _said(entry, "DURATION")
    return begins if isinstance(begins, datetime) else begins + timedelta(days=1)


def _is_endless(entry: Component) -> bool:
    begins: Any = entry.get("DTSTART")
    if begins is not None and not _EARLIEST <= begins.dt.year <= _LATEST:
        return True
    rules: Any = entry.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if {str(each).upper() for each in rule.get("FREQ", [])} & _TOO_OFTEN:
            return True
        times = 1
        for part in _PARTS:
            times *= max(1, len(rule.get(part, [])))
        if times > _TIMES_A_DAY:
            return True
    return False


def _is_busy(entry: Component) -> bool:
    said = {name: str(entry.get(name, "")).upper() for name in ("TRANSP", "STATUS")}
    return said["TRANSP"] != "TRANSPARENT" and said["STATUS"] != "CANCELLED"


def _moment(said: Any, zone: ZoneInfo) -> datetime:
    """A day begins at midnight; a time without a zone is one of the owner's clock."""
    if isinstance(said, datetime):
        moment = said if said.tzinfo is not None else said.replace(tzinfo=zone)
    elif isinstance(said, date):
        moment = datetime.combine(said, time(), tzinfo=zone)
    else:
        raise TypeError("no moment")
    return moment.astimezone(UTC)
