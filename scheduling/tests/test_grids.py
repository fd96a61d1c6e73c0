"""Where things stand on a calendar's paper: on days of 23 and 25 hours too."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from scheduling.rules import clock, grids
from scheduling.types import Axis, CalendarSpan, Placed

CHICAGO = ZoneInfo("America/Chicago")
FORWARD, BACK = date(2026, 3, 8), date(2026, 11, 1)
WHOLE = Axis(first=0, last=1440)
MINUTE = timedelta(minutes=1)


def at(day, hour, minute=0, *, fold=0, zone=CHICAGO):
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold)
    return local.astimezone(UTC)


def test_the_days_that_are_looked_at():
    on = date(2026, 11, 26)
    assert grids.days_of(CalendarSpan.DAY, on) == [on]
    week = grids.days_of(CalendarSpan.WEEK, on)
    assert (week[0], week[-1], len(week)) == (date(2026, 11, 23), date(2026, 11, 29), 7)
    month = grids.days_of(CalendarSpan.MONTH, on)
    assert (month[0], month[-1]) == (date(2026, 10, 26), date(2026, 12, 6))
    # A leap day, and a month that ends with the year.
    assert date(2028, 2, 29) in grids.days_of(CalendarSpan.MONTH, date(2028, 2, 3))
    assert grids.days_of(CalendarSpan.MONTH, date(2026, 12, 31))[-1] == date(2027, 1, 3)
    assert grids.turned(CalendarSpan.MONTH, date(2026, 1, 31), -1) == date(2025, 12, 1)
    assert grids.turned(CalendarSpan.MONTH, date(2026, 1, 31), 1) == date(2026, 2, 1)
    assert grids.turned(CalendarSpan.WEEK, on, -1) == date(2026, 11, 19)


def test_a_paper_shows_the_working_day_and_what_reaches_beyond():
    day = date(2026, 11, 26)
    assert grids.axis_of(CHICAGO, [day], []) == Axis(first=480, last=1080)
    late = (at(day, 20, 10), at(day, 21, 5))
    assert grids.axis_of(CHICAGO, [day], [late]) == Axis(first=480, last=1320)
    # What begins on the evening before is there from midnight.
    night = (at(day, 0) - timedelta(hours=1), at(day, 1))
    assert grids.axis_of(CHICAGO, [day], [night]).first == 0


def test_an_hour_that_the_clock_skips_stays_empty():
    assert grids.skipped(CHICAGO, FORWARD) == (120, 180)
    assert grids.set_back(CHICAGO, FORWARD) is None
    placed = grids.place(CHICAGO, FORWARD, WHOLE, (at(FORWARD, 1, 30), at(FORWARD, 3, 30)))
    # An hour long, it goes over the empty one.
    assert placed == Placed(top=90, length=120)
    parts = grids.parts(CHICAGO, FORWARD, WHOLE)
    assert [(each.top, each.length) for each in parts] == [(0, 120), (180, 1260)]
    assert parts[1].starts_at == at(FORWARD, 3)


def test_an_hour_that_the_clock_shows_twice_stands_there_twice():
    week = grids.days_of(CalendarSpan.WEEK, BACK)
    first, second = (at(BACK, 1, 15), at(BACK, 1, 45)), (at(BACK, 1, 15, fold=1), at(BACK, 1, 45, fold=1))
    axis = grids.axis_of(CHICAGO, week, [first, second])
    assert (axis.again, axis.length) == ((60, 120), 1080 + 60 - axis.first)
    tops = [grids.place(CHICAGO, BACK, axis, span).top + axis.first for span in (first, second)]
    assert tops == [75, 135]
    # Noon is one row on every day of the week, and its second coming is no time on the others.
    noons = {grids.place(CHICAGO, day, axis, (at(day, 12), at(day, 13))).top for day in week}
    assert len(noons) == 1
    others = grids.parts(CHICAGO, week[0], axis)
    assert others[0].top + others[0].length + axis.first == 120
    assert others[1].top + axis.first == 180
    assert sum(mark.is_again for mark in grids.marks(axis)) == 1
    # Without anything in the night, the day looks like others.
    assert grids.axis_of(CHICAGO, week, []).again is None


def test_what_overlaps_stands_side_by_side_and_what_does_not_has_all_the_room():
    placed = [Placed(top=0, length=60), Placed(top=30, length=60), Placed(top=60, length=30)]
    placed += [Placed(top=120, length=30)]
    assert [(each.lane, each.lanes) for each in grids.lanes(placed)] == [(0, 2), (1, 2), (0, 2), (0, 1)]
    crowd = grids.lanes([Placed(top=0, length=50)] * 9)
    assert {each.lanes for each in crowd} == {grids.LANES_MOST}
    assert max(each.lane for each in crowd) == grids.LANES_MOST - 1


ZONES = ["America/Chicago", "Australia/Lord_Howe", "Africa/Cairo", "America/Sao_Paulo", "Asia/Kolkata"]


@given(
    st.sampled_from(ZONES),
    st.dates(date(2015, 1, 1), date(2030, 12, 31)),
    st.integers(0, 24 * 60 - 1),
    st.integers(5, 300),
)
def test_what_is_placed_can_be_read_back(name, day, offset, length):
    """Whatever the clock does: the paper's minute is the moment that was put there."""
    zone = ZoneInfo(name)
    begins, ends = clock.day_bounds(zone, day)
    starts_at = begins + offset * MINUTE
    span = (starts_at, starts_at + length * MINUTE)
    if starts_at >= ends:
        return
    axis = grids.axis_of(zone, [day], [(begins, ends)])
    placed = grids.place(zone, day, axis, span)
    assert placed is not None
    part = next(
        each for each in grids.parts(zone, day, axis) if each.top <= placed.top < each.top + each.length
    )
    assert part.starts_at + (placed.top - part.top) * MINUTE == starts_at
