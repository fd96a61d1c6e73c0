"""When somebody is busy, of what a calendar elsewhere says: times alone, merged. Pure but for the time that
it may take, which its caller bounds: this runs in a process of its own, once (`scheduling.outside_child`).

Whoever wrote a calendar may be anybody. What comes more than once an hour, is counted by the minute, or was
never meant to end is left aside rather than worked out; so are zones by rules that no clock follows.
"""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component

from scheduling.rules.openings import Span, merged
from scheduling.types import OUTSIDE_ENTRIES_MOST, OUTSIDE_STRETCHES_MOST

_TOO_OFTEN: Final = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_PARTS: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")
_TIMES_A_DAY: Final = 24
_EARLIEST: Final = 1970
_LATEST: Final = 2190
_ZONES_MOST: Final = 50
_ZONE_LINES_MOST: Final = 500
_FOLD: Final = re.compile(rb"\r?\n[ \t]")
_ENTRY: Final = re.compile(rb"^BEGIN:VEVENT", re.IGNORECASE | re.MULTILINE)
_NAME: Final = re.compile(rb"[A-Za-z-]+")
# What says when somebody is busy. The rest, which is most of a calendar, is not even parsed.
_NEEDED: Final = frozenset(
    b"BEGIN END VERSION PRODID UID DTSTART DTEND DURATION RRULE RDATE EXDATE EXRULE RECURRENCE-ID SEQUENCE "
    b"TRANSP STATUS TZID TZOFFSETFROM TZOFFSETTO TZNAME".split()
)
# Where an entry that comes again keeps the length that it says: the library has only ends.
_LENGTH: Final = "X-BLOOM-LENGTH"
# A clock changes on a day of a month, once a year.
_ZONE_PARTS: Final = frozenset({b"FREQ", b"BYMONTH", b"BYDAY", b"BYMONTHDAY", b"UNTIL", b"WKST"})


class Unreadable(ValueError):
    """This is no calendar."""


class TooMuch(ValueError):
    """It would take too long, or too much room."""


class TooLong(BaseException):
    """What its caller raises within an entry that takes too long. No library catches it."""


def busy_read(
    raw: bytes,
    *,
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    own: str = "",
    counted: Collection[str] = (),
    bound: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> list[Span]:
    """When its owner is busy from `start` until `end`: merged, in order, cut to that range. Days and times
    without a zone are by the clock of `zone`. What is marked as free, or called off, is not busy; nor is what
    Bloom put there itself, whose UIDs end with `own`, but for those `counted`. Each entry is worked out
    within `bound`. Raises Unreadable and TooMuch.
    """
    needed = _needed(raw)
    entries_check(needed)
    spans: list[Span] = []
    kept = {each.lower() for each in counted}
    for uid, group in _groups(needed):
        if own and uid.lower().endswith(own.lower()) and uid.lower() not in kept:
            continue
        if len(spans) > 10 * OUTSIDE_STRETCHES_MOST:
            raise TooMuch
        try:
            with bound():
                found_times = list(_times(group, zone, start, end))
        except TooLong:
            continue
        for starts_at, ends_at in found_times:
            first, last = max(starts_at, start), min(ends_at, end)
            if first < last:
                spans.append((first, last))
    found = merged(spans)
    if len(found) > OUTSIDE_STRETCHES_MOST:
        raise TooMuch
    return found


def calendar_check(raw: bytes) -> None:
    """What is seen at once of a file, before anything is worked out. Raises TooMuch, and ValueError for what
    does not begin as a calendar.
    """
    if not raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].upper() == b"BEGIN:VCALENDAR":
        raise ValueError("no calendar")
    entries_check(raw)


def entries_check(raw: bytes) -> None:
    """Count the entries before anything is parsed. Raises TooMuch."""
    if sum(1 for _each in _ENTRY.finditer(raw)) > OUTSIDE_ENTRIES_MOST:
        raise TooMuch


def _groups(needed: bytes) -> Iterator[tuple[str, list[Component]]]:
    """The entries of a calendar, by UID: those that belong together, as one comes again and is changed."""
    try:
        calendars = Calendar.from_ical(needed, multiple=True)
        entries = [entry for calendar in calendars for entry in calendar.walk("VEVENT")]
    except (MemoryError, RecursionError):
        raise TooMuch from None
    except Exception:
        # The library raises what it likes for what is no calendar.
        raise Unreadable from None
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise Unreadable
    by_uid: dict[str, list[Component]] = {}
    for number, entry in enumerate(entries):
        by_uid.setdefault(str(entry.get("UID", number)), []).append(entry)
    yield from by_uid.items()


def _needed(raw: bytes) -> bytes:
    """The lines that say when; of the zones, those that a clock could follow."""
    kept: list[bytes] = []
    zones = 0
    # Where the zone begins that is being read, if one is.
    began: int | None = None
    for line in _FOLD.sub(b"", raw).splitlines():
        name = _NAME.match(line.lstrip(b"\xef\xbb\xbf"))
        if name is None or name[0].upper() not in _NEEDED:
            continue
        kept.append(line)
        whole = line.strip().upper()
        if whole == b"BEGIN:VTIMEZONE" and began is None:
            began = len(kept) - 1
        elif whole == b"END:VTIMEZONE" and began is not None:
            zones += 1
            if zones > _ZONES_MOST or not _is_clock(kept[began:]):
                del kept[began:]
            began = None
    return b"\r\n".join(kept) + b"\r\n"


def _is_clock(lines: list[bytes]) -> bool:
    """Whether a zone is small and its rules come once a year."""
    if len(lines) > _ZONE_LINES_MOST:
        return False
    for line in lines:
        name, _colon, said = line.upper().partition(b":")
        if name.partition(b";")[0] != b"RRULE":
            continue
        pairs = (each.partition(b"=") for each in said.split(b";"))
        parts = {part.strip(): value.strip() for part, _equals, value in pairs}
        interval = parts.pop(b"INTERVAL", b"1")
        if parts.get(b"FREQ") != b"YEARLY" or interval != b"1" or not set(parts) <= _ZONE_PARTS:
            return False
    return True


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
                if "DURATION" in entry:
                    entry[_LENGTH] = entry["DURATION"]
                calendar.add_component(entry)
            day = timedelta(days=1)
            found = recurring_ical_events.of(calendar).between(start - day, end + day)
        for entry in found:
            if _is_busy(entry):
                yield _moment(_said(entry, "DTSTART"), zone), _end(entry, zone)
    except Exception:
        return


def _said(entry: Component, name: str) -> Any:
    """The day, moment or length that an entry says; a calendar may say anything."""
    said: Any = entry[name]
    return said.dt


def _end(entry: Component, zone: ZoneInfo) -> datetime:
    """When an entry ends: as it says, after as long as it says, or with its day."""
    begins = _said(entry, "DTSTART")
    for name in (_LENGTH, "DURATION"):
        if name in entry:
            return _after(begins, _said(entry, name), zone)
    if "DTEND" in entry:
        return _moment(_said(entry, "DTEND"), zone)
    return _moment(begins if isinstance(begins, datetime) else begins + timedelta(days=1), zone)


def _after(begins: Any, length: timedelta, zone: ZoneInfo) -> datetime:
    """RFC 5545, 3.3.6: days are counted on the wall, whatever is less as time that passes."""
    days = timedelta(days=length.days)
    return _moment(begins + days, zone) + (length - days)


def _is_endless(entry: Component) -> bool:
    begins: Any = entry.get("DTSTART")
    if begins is not None and not _EARLIEST <= begins.dt.year <= _LATEST:
        return True
    rules: Any = entry.get("RRULE", [])
    each_rule = rules if isinstance(rules, list) else [rules]
    if len(each_rule) > 1:
        return True
    for rule in each_rule:
        if any(int(each) < 1 for each in rule.get("INTERVAL", [])):
            return True
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
