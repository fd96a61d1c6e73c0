"""When somebody reads messages: weekly hours by the clock on the practice's wall, and days apart. Pure.

Hours are what the clock shows: shorter on the day on which it is set forward, longer where it is set back.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from messaging.rules import moments
from messaging.types import SPANS_MOST, OfficeHours, Span, Spans

DAY_MINUTES = 24 * 60
# Whoever closes for longer says so in the notice.
_LOOKED_AHEAD = 400


class SpansFault(StrEnum):
    """Why these cannot be the hours of a day."""

    BACKWARDS = "backwards"
    OVERLAPPING = "overlapping"
    TOO_MANY = "too_many"


def spans_fault(spans: Sequence[Span]) -> SpansFault | None:
    """What is wrong with the hours of one day, or nothing."""
    if any(not 0 <= span.start < span.end <= DAY_MINUTES for span in spans):
        return SpansFault.BACKWARDS
    ordered = sorted(spans)
    if any(later.start < earlier.end for earlier, later in pairwise(ordered)):
        return SpansFault.OVERLAPPING
    return SpansFault.TOO_MANY if len(spans) > SPANS_MOST else None


def spans_of(hours: OfficeHours, day: date) -> Spans:
    """The hours of one day."""
    return hours.dates.get(day, hours.week[day.weekday()])


def is_open(hours: OfficeHours, at: datetime) -> bool:
    """Does somebody read at this moment?"""
    shown = at.astimezone(ZoneInfo(hours.time_zone))
    minute = shown.hour * 60 + shown.minute
    return any(span.start <= minute < span.end for span in spans_of(hours, shown.date()))


def opens_next(hours: OfficeHours, at: datetime) -> datetime | None:
    """The first moment from `at` on at which somebody reads; None when there is none within a year."""
    if is_open(hours, at):
        return at
    zone = ZoneInfo(hours.time_zone)
    today = at.astimezone(zone).date()
    for number in range(_LOOKED_AHEAD):
        day = today + timedelta(days=number)
        spans = spans_of(hours, day)
        if not spans:
            continue
        # Hours begin when the clock shows so, or when it is set to where they have begun already.
        candidates = [each for span in spans for each in moments.moments_of(zone, day, span.start)]
        candidates += moments.shifts_of(zone, day)
        coming = [
            each
            for each in candidates
            if each >= at and each.astimezone(zone).date() == day and is_open(hours, each)
        ]
        if coming:
            return min(coming)
    return None


def reads_next(hours: OfficeHours | None, *, at: datetime, backs: Iterable[datetime]) -> datetime | None:
    """From when on somebody reads what is written at `at`; None when somebody does now, or where it is not
    known. `backs`: when each of the therapists is back; what has passed, or is now, says that they are here.
    """
    first_back = min(backs, default=at)
    first = max(at, first_back)
    opens = first if hours is None else opens_next(hours, first)
    return None if opens is None or opens <= at else opens


def is_away(starts_on: date, ends_on: date, time_zone: str, at: datetime) -> bool:
    """Does this moment lie in those days, both included?"""
    return starts_on <= at.astimezone(ZoneInfo(time_zone)).date() <= ends_on


def back_at(ends_on: date, time_zone: str) -> datetime:
    """When whoever is away until that day is back: the next day begins."""
    return moments.day_begins(ZoneInfo(time_zone), ends_on + timedelta(days=1))
