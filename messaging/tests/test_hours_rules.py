"""Hours by the clock on a wall, through the nights on which it is set forward and back."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.rules import hours as rules
from messaging.rules import moments
from messaging.rules.hours import SpansFault
from messaging.types import OfficeHours, Span

CHICAGO = "America/Chicago"
NINE_TO_FIVE = (Span(540, 1020),)
WORKDAYS = (NINE_TO_FIVE,) * 5 + ((), ())
# Forward and back at night, at midnight, by half an hour, never, and a day that was left out.
ZONES = (
    CHICAGO,
    "Europe/Berlin",
    "America/Havana",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "America/Phoenix",
    "Pacific/Apia",
    "Asia/Kathmandu",
)


def week(*, zone=CHICAGO, days=WORKDAYS, **dates):
    return OfficeHours(time_zone=zone, week=days, dates=dates.get("dates", {}))


def local(zone, *parts, fold=0):
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        # A Thursday: before, at, within and after; half-open.
        ((2026, 12, 3, 8, 59), (2026, 12, 3, 9, 0)),
        ((2026, 12, 3, 9, 0), (2026, 12, 3, 9, 0)),
        ((2026, 12, 3, 16, 59), (2026, 12, 3, 16, 59)),
        ((2026, 12, 3, 17, 0), (2026, 12, 4, 9, 0)),
        # Over a weekend on which the clock is set forward.
        ((2026, 3, 6, 17, 0), (2026, 3, 9, 9, 0)),
    ],
)
def test_when_somebody_reads_next(at, opens):
    assert rules.opens_next(week(), local(CHICAGO, *at)) == local(CHICAGO, *opens)


def test_a_day_apart_replaces_its_weekday():
    christmas = {date(2026, 12, 25): (), date(2026, 12, 26): (Span(600, 660),)}
    hours = week(dates=christmas)
    assert rules.opens_next(hours, local(CHICAGO, 2026, 12, 24, 18)) == local(CHICAGO, 2026, 12, 26, 10)
    assert not rules.is_open(hours, local(CHICAGO, 2026, 12, 25, 12))


def test_where_the_clock_jumps_over_the_beginning_hours_begin_with_the_jump():
    hours = week(days=((Span(150, 300),),) * 7)
    opens = rules.opens_next(hours, local(CHICAGO, 2026, 3, 8, 1, 0))
    assert opens == local(CHICAGO, 2026, 3, 8, 3, 0)


def test_where_the_clock_is_set_back_hours_come_twice():
    hours = week(days=((Span(30, 90),),) * 7)
    first, again = local(CHICAGO, 2026, 11, 1, 1, 40), local(CHICAGO, 2026, 11, 1, 1, 0, fold=1)
    assert not rules.is_open(hours, first)
    assert rules.opens_next(hours, first) == again.astimezone(UTC)


def test_without_hours_nobody_is_promised():
    assert rules.opens_next(week(days=((),) * 7), local(CHICAGO, 2026, 12, 3, 9)) is None
    assert rules.reads_next(None, at=local(CHICAGO, 2026, 12, 3, 9), backs=()) is None


def test_whoever_is_away_reads_when_they_are_back_and_the_practice_is_open():
    at, back = local(CHICAGO, 2026, 12, 3, 10), local(CHICAGO, 2026, 12, 5, 0)
    assert rules.reads_next(week(), at=at, backs=[back]) == local(CHICAGO, 2026, 12, 7, 9)
    assert rules.reads_next(None, at=at, backs=[back]) == back
    # One of a team is here.
    assert rules.reads_next(week(), at=at, backs=[]) is None


@pytest.mark.parametrize(
    ("spans", "fault"),
    [
        ((), None),
        ((Span(0, 1440),), None),
        ((Span(540, 720), Span(720, 1020)), None),
        ((Span(600, 600),), SpansFault.BACKWARDS),
        ((Span(600, 1441),), SpansFault.BACKWARDS),
        ((Span(540, 721), Span(720, 1020)), SpansFault.OVERLAPPING),
        ((Span(0, 1), Span(2, 3), Span(4, 5), Span(6, 7)), SpansFault.TOO_MANY),
    ],
)
def test_what_the_hours_of_a_day_can_be(spans, fault):
    assert rules.spans_fault(spans) is fault


# Any week in any zone, around the nights of the change -----------------------------------------------------


@st.composite
def spans(draw):
    edges = sorted(draw(st.sets(st.integers(0, 1440), min_size=0, max_size=4)))
    return tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))


def around_shifts(zone):
    """Moments of the days on which this zone's clock is set, and of others."""
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    shifts = {at for day in days[::2] for at in moments.shifts_of(ZoneInfo(zone), day)}
    return sorted({*shifts, datetime(2026, 6, 3, 4, 5, tzinfo=UTC), datetime(2011, 12, 30, 9, tzinfo=UTC)})


NEAR = {zone: around_shifts(zone) for zone in ZONES}


@given(zone=st.sampled_from(ZONES), data=st.data())
def test_the_next_hour_is_the_first_one(zone, data):
    near = data.draw(st.sampled_from(NEAR[zone]))
    at = near + timedelta(minutes=data.draw(st.integers(-2000, 2000)))
    hours = OfficeHours(time_zone=zone, week=tuple(data.draw(spans()) for _ in range(7)))
    found = rules.opens_next(hours, at)
    minutes = (at + timedelta(minutes=number) for number in range(3 * 1440))
    first = next((each for each in minutes if rules.is_open(hours, each)), None)
    if first is not None:
        assert found == first
    elif found is not None:
        assert found > at + timedelta(days=3) - timedelta(minutes=1)
        assert rules.is_open(hours, found)


@given(zone=st.sampled_from(ZONES), data=st.data())
def test_a_time_of_a_day_comes_never_once_or_twice(zone, data):
    near = data.draw(st.sampled_from(NEAR[zone]))
    shown = (near + timedelta(minutes=data.draw(st.integers(-200, 200)))).astimezone(ZoneInfo(zone))
    day, minute = shown.date(), shown.hour * 60 + shown.minute
    found = moments.moments_of(ZoneInfo(zone), day, minute)
    assert shown.astimezone(UTC).replace(second=0) in found
    assert len(found) <= 2
    assert moments.moment_of(ZoneInfo(zone), day, time(shown.hour, shown.minute)) == min(found)


@given(zone=st.sampled_from(ZONES), data=st.data())
def test_a_day_begins_with_its_first_moment(zone, data):
    near = data.draw(st.sampled_from(NEAR[zone]))
    day = near.astimezone(ZoneInfo(zone)).date() + timedelta(days=data.draw(st.integers(-1, 1)))
    begins = moments.day_begins(ZoneInfo(zone), day)
    assert begins.astimezone(ZoneInfo(zone)).date() >= day
    assert (begins - timedelta(minutes=1)).astimezone(ZoneInfo(zone)).date() < day


def test_a_time_that_does_not_exist_is_refused():
    with pytest.raises(moments.NoSuchTime):
        moments.moment_of(ZoneInfo(CHICAGO), date(2026, 3, 8), time(2, 30))
