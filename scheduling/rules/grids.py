"""Where things stand on the paper of a calendar. Pure.

A day's paper shows the clock on the wall. Where the clock is set forward, the hour that it skips stays empty;
where it is set back, the hour that it shows twice stands there twice, on all days beside it too, so that rows
stay rows; on those other days its second coming is no time at all.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduling.rules import clock
from scheduling.rules.openings import Span
from scheduling.types import (
    DAY_MINUTES,
    Axis,
    CalendarDay,
    CalendarItem,
    CalendarSheet,
    CalendarSpan,
    HourMark,
    Part,
    Placed,
    PlacedItem,
    PlacedStretch,
    StretchKind,
)

AGENDA_DAYS: Final = 28
# What is shown of a day in any case: from eight to six.
_FROM, _UNTIL = 8 * 60, 18 * 60
_MINUTE: Final = timedelta(minutes=1)
LANES_MOST: Final = 6


def days_of(span: CalendarSpan, on: date) -> list[date]:
    """The days that are looked at around a day. Weeks begin on Monday; a month shows the whole of its first
    and last week; an agenda is four weeks from the day on.
    """
    if span is CalendarSpan.DAY:
        return [on]
    if span is CalendarSpan.AGENDA:
        return [on + timedelta(days=number) for number in range(AGENDA_DAYS)]
    if span is CalendarSpan.WEEK:
        first = on - timedelta(days=on.weekday())
        return [first + timedelta(days=number) for number in range(7)]
    first, last = on.replace(day=1), _month_after(on) - timedelta(days=1)
    first -= timedelta(days=first.weekday())
    last += timedelta(days=6 - last.weekday())
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def turned(span: CalendarSpan, on: date, steps: int) -> date:
    """The day around which one looks after so many pages, forward or back."""
    if span is CalendarSpan.MONTH:
        months = on.year * 12 + on.month - 1 + steps
        return date(months // 12, months % 12 + 1, 1)
    days = {CalendarSpan.DAY: 1, CalendarSpan.WEEK: 7, CalendarSpan.AGENDA: AGENDA_DAYS}[span]
    return on + timedelta(days=days * steps)


def axis_of(zone: ZoneInfo, days: Sequence[date], spans: Iterable[Span]) -> Axis:
    """The minutes that a paper of these days shows: from eight to six, and whatever these stretches need, in
    whole hours.
    """
    first, last = _FROM, _UNTIL
    for starts_at, ends_at in spans:
        for day in days:
            begins, ends = clock.day_bounds(zone, day)
            if starts_at < ends and ends_at > begins:
                first = min(first, _wall(zone, day, max(starts_at, begins)) // 60 * 60)
                last = max(last, -(-_wall(zone, day, min(ends_at, ends)) // 60) * 60)
    again = next((found for day in days if (found := set_back(zone, day)) is not None), None)
    if again is not None and not (first < again[1] and again[0] < last):
        again = None
    if again is not None:
        # The hour that comes twice is shown whole, or the rows under it would not be rows.
        first = min(first, again[0])
        last = max(last, again[1]) + again[1] - again[0]
    return Axis(first=first, last=last, again=again)


def set_back(zone: ZoneInfo, day: date) -> tuple[int, int] | None:
    """The minutes of a day that the clock shows twice."""
    turn = _turn(zone, day)
    if turn is None or turn[1] >= turn[0]:
        return None
    return turn[1], turn[0]


def skipped(zone: ZoneInfo, day: date) -> tuple[int, int] | None:
    """The minutes of a day that the clock does not show."""
    turn = _turn(zone, day)
    return turn if turn is not None and turn[1] > turn[0] else None


def place(zone: ZoneInfo, day: date, axis: Axis, span: Span) -> Placed | None:
    """Where a stretch stands on a day's paper; None where nothing of it does."""
    begins, ends = clock.day_bounds(zone, day)
    starts_at, ends_at = max(span[0], begins), min(span[1], ends)
    if starts_at >= ends_at:
        return None
    top = max(_on_paper(zone, day, axis, starts_at), 0)
    bottom = min(_on_paper(zone, day, axis, ends_at, is_end=True), axis.length)
    return Placed(top=top, length=bottom - top) if bottom > top else None


def lanes(placed: Sequence[Placed]) -> list[Placed]:
    """The same, in their order, beside each other where they overlap; in no more than six lanes."""
    order = sorted(range(len(placed)), key=lambda number: (placed[number].top, -placed[number].length))
    found: dict[int, tuple[int, int]] = {}
    group: list[int] = []
    ends: list[int] = []
    for number in order:
        each = placed[number]
        if ends and each.top >= max(ends):
            _group_close(group, ends, found)
            group, ends = [], []
        lane = next((lane for lane, end in enumerate(ends) if end <= each.top), len(ends))
        if lane == len(ends):
            ends.append(0)
        ends[lane] = max(ends[lane], each.top + each.length)
        found[number] = (lane, 0)
        group.append(number)
    _group_close(group, ends, found)
    return [
        Placed(
            top=each.top,
            length=each.length,
            lane=min(found[number][0], LANES_MOST - 1),
            lanes=min(found[number][1], LANES_MOST),
        )
        for number, each in enumerate(placed)
    ]


def parts(zone: ZoneInfo, day: date, axis: Axis) -> list[Part]:
    """The stretches of a day's paper on which time runs evenly."""
    cuts = [(axis.first, axis.last if axis.again is None else axis.last - (axis.again[1] - axis.again[0]))]
    turn = _turn(zone, day)
    gap = skipped(zone, day)
    if gap is not None:
        cuts = [(cuts[0][0], min(gap[0], cuts[0][1])), (max(gap[1], cuts[0][0]), cuts[0][1])]
    if axis.again is not None:
        length = axis.again[1] - axis.again[0]
        if turn is not None and turn[1] < turn[0]:
            whole = axis.length
            return [Part(top=0, length=whole, starts_at=clock.moment(zone, day, axis.first))]
        cuts = [(cuts[0][0], axis.again[1]), (axis.again[1], cuts[0][1])]
        return [
            Part(
                top=begins - axis.first + (length if begins >= axis.again[1] else 0),
                length=ends - begins,
                starts_at=clock.moment(zone, day, begins),
            )
            for begins, ends in cuts
            if begins < ends
        ]
    return [
        Part(top=begins - axis.first, length=ends - begins, starts_at=clock.moment(zone, day, begins))
        for begins, ends in cuts
        if begins < ends
    ]


def marks(axis: Axis) -> list[HourMark]:
    """The full hours at the side of a paper."""
    found = []
    for hour in range(axis.first // 60, 25):
        minute = hour * 60
        shift = 0
        if axis.again is not None:
            if axis.again[0] <= minute < axis.again[1]:
                again = minute + axis.again[1] - axis.again[0] - axis.first
                found.append(HourMark(top=again, hour=hour % 24, is_again=True))
            elif minute >= axis.again[1]:
                shift = axis.again[1] - axis.again[0]
        top = minute + shift - axis.first
        if 0 <= top < axis.length:
            found.append(HourMark(top=top, hour=hour % 24, is_again=False))
    return sorted(found, key=lambda mark: mark.top)


def sheet_days(
    zone: ZoneInfo, days: Sequence[date], axis: Axis, sheet: CalendarSheet, *, at: datetime
) -> list[CalendarDay]:
    """Each day with what stands in it, placed."""
    today = clock.day_of(zone, at)
    return [_day(zone, day, axis, sheet, today, at=at) for day in days]


def _day(
    zone: ZoneInfo, day: date, axis: Axis, sheet: CalendarSheet, today: date, *, at: datetime
) -> CalendarDay:
    begins, ends = clock.day_bounds(zone, day)
    here = [each for each in sheet.items if each.starts_at < ends and each.ends_at > begins]
    placed: list[tuple[CalendarItem, Placed]] = []
    for item in here:
        # What lies beyond the paper is still of the day: a list of it has all.
        where = place(zone, day, axis, (item.starts_at, item.ends_at))
        placed.append((item, where or Placed(top=0, length=5)))
    beside = lanes([where for _, where in placed])
    stretches = [
        PlacedStretch(kind=kind, starts_at=span[0], ends_at=span[1], at=where)
        for kind, spans in (
            (StretchKind.OPEN, sheet.open),
            (StretchKind.OFF, sheet.off),
            (StretchKind.BUSY, sheet.busy),
        )
        for span in spans
        if (where := place(zone, day, axis, span)) is not None
    ]
    gap = _skipped_placed(zone, day, axis)
    if gap is not None:
        stretches.append(gap)
    return CalendarDay(
        on=day,
        is_today=day == today,
        is_off=any(starts_at <= begins and ends_at >= ends for starts_at, ends_at in sheet.off),
        items=tuple(PlacedItem(item=item, at=where) for (item, _), where in zip(placed, beside, strict=True)),
        stretches=tuple(stretches),
        parts=tuple(parts(zone, day, axis)),
        now=place(zone, day, axis, (at, at + _MINUTE)) if day == today else None,
    )


def _skipped_placed(zone: ZoneInfo, day: date, axis: Axis) -> PlacedStretch | None:
    """The empty place of what this day's clock does not show: an hour that is skipped, or the second coming
    of one that another day has twice.
    """
    turn = _turn(zone, day)
    gap = skipped(zone, day)
    if gap is None and axis.again is not None and turn is None:
        top, bottom = axis.again[1] - axis.first, 2 * axis.again[1] - axis.again[0] - axis.first
    elif gap is not None:
        top, bottom = gap[0] - axis.first, gap[1] - axis.first
    else:
        return None
    top, bottom = max(top, 0), min(bottom, axis.length)
    if bottom <= top:
        return None
    moment = clock.moment(zone, day, 0)
    return PlacedStretch(
        kind=StretchKind.SKIPPED,
        starts_at=moment,
        ends_at=moment,
        at=Placed(top=top, length=bottom - top),
    )


def _group_close(group: Sequence[int], ends: Sequence[int], found: dict[int, tuple[int, int]]) -> None:
    for number in group:
        found[number] = (found[number][0], len(ends))


def _on_paper(zone: ZoneInfo, day: date, axis: Axis, at: datetime, *, is_end: bool = False) -> int:
    minute = _wall(zone, day, at)
    if axis.again is not None:
        length = axis.again[1] - axis.again[0]
        second = at.astimezone(zone).fold == 1 and axis.again[0] <= minute < axis.again[1]
        # On other days what ends with the hour ends above its second coming.
        past = minute > axis.again[1] or (
            minute == axis.again[1] and not (is_end and _turn(zone, day) is None)
        )
        if second or past:
            minute += length
    return minute - axis.first


def _wall(zone: ZoneInfo, day: date, at: datetime) -> int:
    """Minutes after midnight of a day that the clock shows; of the next midnight, all of the day's."""
    shown = at.astimezone(zone)
    return (shown.date() - day).days * DAY_MINUTES + shown.hour * 60 + shown.minute


def _turn(zone: ZoneInfo, day: date) -> tuple[int, int] | None:
    """The minute that the clock is about to show when it is set, and the one that it shows instead."""
    begins, ends = clock.day_bounds(zone, day)
    before = begins.astimezone(zone).utcoffset()
    after = (ends - _MINUTE).astimezone(zone).utcoffset()
    if before == after or before is None or after is None:
        return None
    low, high = 0, int((ends - begins) / _MINUTE)
    while low + 1 < high:
        middle = (low + high) // 2
        if (begins + middle * _MINUTE).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    set_at = high
    return set_at, set_at + int((after - before) / _MINUTE)


def _month_after(on: date) -> date:
    return turned(CalendarSpan.MONTH, on, 1)
