"""When somebody works: weekly hours and extra hours, without what is off. Pure.

Stretches that touch or overlap are one, where they are for the same way of meeting at the same place.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from scheduling.rules import clock
from scheduling.types import DAY_MINUTES, Block, DayApart, ExceptionKind, Hours, Mode, Modes, Opening

Span = tuple[datetime, datetime]


def modes_of(modes: Modes) -> tuple[Mode, ...]:
    """The ways of meeting that these words stand for."""
    return tuple(Mode) if modes is Modes.BOTH else (Mode(modes.value),)


def pieces(hours: Hours, first: date, last: date) -> list[Opening]:
    """Each stretch of weekly and extra hours that begins on these days, both included, by way of meeting and
    place. They may overlap, and days off are still in them.
    """
    zone = ZoneInfo(hours.time_zone)
    found = []
    for day, piece in _pieces(hours, first, last):
        assert piece.start is not None
        assert piece.end is not None
        starts_at, ends_at = clock.moment(zone, day, piece.start), clock.moment(zone, day, piece.end)
        # A stretch may fall wholly into the hour that is skipped.
        if starts_at < ends_at:
            found += [
                Opening(starts_at, ends_at, mode, piece.location_id if mode is Mode.IN_PERSON else None)
                for mode in modes_of(piece.modes)
            ]
    return found


def joined(found: Iterable[Opening], gaps: Sequence[Span]) -> dict[tuple[Mode, UUID | None], list[Span]]:
    """The same by way of meeting and place, those that touch or overlap as one, without what is off."""
    spans: dict[tuple[Mode, UUID | None], list[Span]] = {}
    for each in found:
        spans.setdefault((each.mode, each.location_id), []).append((each.starts_at, each.ends_at))
    return {
        place: [left for span in merged(parts) for left in without(span, gaps)]
        for place, parts in spans.items()
    }


def off(hours: Hours, first: date, last: date) -> list[Span]:
    """What is off on these days, both included, merged and in order."""
    zone = ZoneInfo(hours.time_zone)
    spans = []
    for apart in hours.days_apart:
        if apart.kind is not ExceptionKind.OFF:
            continue
        for day in _days(max(first, apart.first), min(last, apart.last)):
            start = 0 if apart.start is None else apart.start
            end = DAY_MINUTES if apart.end is None else apart.end
            spans.append((clock.moment(zone, day, start), clock.moment(zone, day, end)))
    return merged((starts_at, ends_at) for starts_at, ends_at in spans if starts_at < ends_at)


def openings(hours: Hours, start: datetime, end: datetime) -> list[Opening]:
    """When somebody works within a range, in order; days off are taken out, and the range cuts."""
    first, last = days_around(hours, start, end)
    found = [
        Opening(max(starts_at, start), min(ends_at, end), mode, location_id)
        for (mode, location_id), spans in joined(pieces(hours, first, last), off(hours, first, last)).items()
        for starts_at, ends_at in spans
        if starts_at < end and ends_at > start
    ]
    return sorted(found, key=_order)


def days_around(hours: Hours, start: datetime, end: datetime) -> tuple[date, date]:
    """The days whose hours can reach into a range, or go on beyond it: a night's hours pass midnight, by a
    day at most and what the clock is set by; a session that begins in the range ends a day later at last.
    """
    zone = ZoneInfo(hours.time_zone)
    return clock.day_of(zone, start) - timedelta(days=2), clock.day_of(zone, end) + timedelta(days=1)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same stretches, in order, with those that touch or overlap as one."""
    found: list[Span] = []
    for starts_at, ends_at in sorted(spans):
        if found and starts_at <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends_at))
        else:
            found.append((starts_at, ends_at))
    return found


def without(span: Span, gaps: Sequence[Span]) -> list[Span]:
    """What is left of a stretch; `gaps` are merged and in order."""
    left: list[Span] = []
    starts_at, ends_at = span
    for gap_starts, gap_ends in gaps:
        if gap_ends <= starts_at:
            continue
        if gap_starts >= ends_at:
            break
        if gap_starts > starts_at:
            left.append((starts_at, gap_starts))
        starts_at = max(starts_at, gap_ends)
    if starts_at < ends_at:
        left.append((starts_at, ends_at))
    return left


def _pieces(hours: Hours, first: date, last: date) -> Iterator[tuple[date, Block | DayApart]]:
    by_weekday: dict[int, list[Block]] = {}
    for block in hours.blocks:
        by_weekday.setdefault(block.weekday, []).append(block)
    for day in _days(first, last):
        for block in by_weekday.get(day.weekday(), ()):
            yield day, block
    for apart in hours.days_apart:
        if apart.kind is ExceptionKind.EXTRA:
            for day in _days(max(first, apart.first), min(last, apart.last)):
                yield day, apart


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _order(opening: Opening) -> tuple[datetime, datetime, str, str]:
    return opening.starts_at, opening.ends_at, opening.mode.value, str(opening.location_id or "")
