"""When something comes again, by RFC 5545 and the clock on the wall. Pure."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from scheduling.rules import clock
from scheduling.types import Frequency, SeriesRule

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UNTIL: Final = "%Y%m%dT%H%M%S"


def rule_write(rule: SeriesRule, first: date) -> str:
    """The rule as a recurrence rule of a series that begins on this day. Of months it is the weekday that
    counts: the second Tuesday, say; a fifth one is the last.
    """
    parts = [f"FREQ={rule.frequency.value.upper()}", f"INTERVAL={rule.interval}"]
    if rule.frequency is Frequency.MONTHLY:
        number = (first.day - 1) // 7 + 1
        parts.append(f"BYDAY={-1 if number > 4 else number}{_DAYS[first.weekday()]}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    elif rule.until is not None:
        parts.append(f"UNTIL={datetime.combine(rule.until, time()).strftime(_UNTIL)}")
    return ";".join(parts)


def rule_read(text: str) -> SeriesRule:
    """The same rule again."""
    parts = dict(part.split("=", 1) for part in text.split(";"))
    until = parts.get("UNTIL")
    return SeriesRule(
        frequency=Frequency(parts["FREQ"].lower()),
        interval=int(parts["INTERVAL"]),
        count=int(parts["COUNT"]) if "COUNT" in parts else None,
        until=date.fromisoformat(until[:8]) if until else None,
    )


def days(text: str, first: date, *, since: date, until: date) -> list[date]:
    """On which days from `since` to `until`, both included, a series that began on `first` comes."""
    if until < since:
        return []
    found = rrulestr(text, dtstart=datetime.combine(first, time()))
    between = found.between(datetime.combine(since, time()), datetime.combine(until, time()), inc=True)
    return [each.date() for each in between]


def last_of(rule: SeriesRule, first: date) -> date:
    """The last day of a rule that says how often it comes, from this day on."""
    found = rrulestr(rule_write(rule, first), dtstart=datetime.combine(first, time()))
    return max(each.date() for each in found)


def goes_on(text: str, first: date, *, after: date) -> bool:
    """Does it come again after this day?"""
    found = rrulestr(text, dtstart=datetime.combine(first, time()))
    return found.after(datetime.combine(after, time())) is not None


def shifted(rule: SeriesRule, *, done: int) -> SeriesRule:
    """What is left of a rule of which so many times belong to what was before."""
    left = None if rule.count is None else rule.count - done
    return SeriesRule(frequency=rule.frequency, interval=rule.interval, count=left, until=rule.until)


def minute_of(zone: ZoneInfo, at: datetime) -> int:
    """So many minutes after midnight stand on the wall at a moment."""
    local = at.astimezone(zone)
    return local.hour * 60 + local.minute


def moments(zone: ZoneInfo, day: date, minute: int, length: timedelta) -> tuple[datetime, datetime]:
    """From when until when it is on a day: the same time on the wall, also after the clock was set."""
    starts_at = clock.moment(zone, day, minute)
    return starts_at, starts_at + length
