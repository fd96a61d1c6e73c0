"""Slots and the clock: by example, and against a slow model that looks at every five minutes."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.rules import clock, openings, slots
from scheduling.rules.weeks import is_off
from scheduling.tests import slow
from scheduling.types import (
    Block,
    DayApart,
    ExceptionKind,
    Hours,
    Mode,
    Modes,
    Offer,
    SlotFault,
    SlotPlace,
    Taken,
    Terms,
)

HERE, THERE = UUID(int=1), UUID(int=2)
TERMS = Terms(slot_minutes=30, notice_minutes=0, horizon_days=60)
HOUR = Offer(duration=60)
DAY = timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def found(hours, *, terms=TERMS, offer=HOUR, taken=(), at=None, start, days=1) -> list[datetime]:
    end = start + days * DAY
    rows = slots.slots(hours, terms, offer, list(taken), at=at or start, start=start, end=end)
    return [each.starts_at for each in rows]


# The clock on the wall --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "minute", "expected"),
    [
        ("America/Chicago", date(2026, 6, 1), 540, utc(2026, 6, 1, 14)),
        ("America/Chicago", date(2026, 12, 1), 540, utc(2026, 12, 1, 15)),
        # 8 March 2026: 02:00 becomes 03:00. Half past two is half past three.
        ("America/Chicago", date(2026, 3, 8), 150, utc(2026, 3, 8, 8, 30)),
        ("America/Chicago", date(2026, 3, 8), 210, utc(2026, 3, 8, 8, 30)),
        # 1 November 2026: 02:00 becomes 01:00. Half past one is the first of two.
        ("America/Chicago", date(2026, 11, 1), 90, utc(2026, 11, 1, 6, 30)),
        ("Europe/Berlin", date(2026, 3, 29), 150, utc(2026, 3, 29, 1, 30)),
        ("Europe/Berlin", date(2026, 10, 25), 150, utc(2026, 10, 25, 0, 30)),
        # Half an hour only, and in the other half of the year.
        ("Australia/Lord_Howe", date(2026, 10, 4), 135, utc(2026, 10, 3, 15, 45)),
        # The clock is set forward at midnight: the day begins at one.
        ("Africa/Cairo", date(2026, 4, 24), 0, utc(2026, 4, 23, 22)),
        ("Asia/Kathmandu", date(2026, 1, 1), 0, utc(2025, 12, 31, 18, 15)),
        # A leap day, the end of a month and of a year.
        ("America/Chicago", date(2028, 2, 28), 1440 + 540, utc(2028, 2, 29, 15)),
        ("America/Chicago", date(2026, 12, 31), 1440 + 60, utc(2027, 1, 1, 7)),
    ],
)
def test_moments(zone, day, minute, expected):
    assert clock.moment(ZoneInfo(zone), day, minute) == expected
    assert slow.moment(zone, day, minute) == expected


def test_a_day_is_as_long_as_the_clock_makes_it():
    zone = ZoneInfo("America/Chicago")
    lengths = {
        day: end - start
        for day in (date(2026, 3, 8), date(2026, 11, 1), date(2026, 7, 1))
        for start, end in [clock.day_bounds(zone, day)]
    }
    assert [length / timedelta(hours=1) for length in lengths.values()] == [23, 25, 24]


# Hours ------------------------------------------------------------------------------------------------------


def test_a_session_fits_into_the_hours_and_begins_on_a_step():
    hours = Hours(time_zone="UTC", blocks=(Block(0, 540, 660),))
    assert found(hours, start=utc(2026, 11, 9)) == [
        utc(2026, 11, 9, 9),
        utc(2026, 11, 9, 9, 30),
        utc(2026, 11, 9, 10),
    ]


def test_a_night_passes_midnight_and_the_end_of_the_month():
    # 30 November 2026 is a Monday.
    hours = Hours(time_zone="UTC", blocks=(Block(0, 22 * 60, 26 * 60),))
    times = found(hours, start=utc(2026, 11, 30), days=2)
    assert times[0] == utc(2026, 11, 30, 22)
    assert times[-1] == utc(2026, 12, 1, 1)
    assert found(hours, start=utc(2026, 12, 1)) == [
        utc(2026, 12, 1),
        utc(2026, 12, 1, 0, 30),
        utc(2026, 12, 1, 1),
    ]


def test_hours_within_the_skipped_hour_are_none_too_many():
    """02:30 is 03:30 there, which is after 03:15: the stretch is none."""
    hours = Hours(time_zone="America/Chicago", blocks=(Block(6, 150, 195), Block(6, 60, 150)))
    offer = Offer(duration=30)
    times = found(hours, offer=offer, start=utc(2026, 3, 8))
    # From one to half past two is an hour and a half, and ends at half past three.
    assert times == [utc(2026, 3, 8, 7), utc(2026, 3, 8, 7, 30), utc(2026, 3, 8, 8)]


def test_the_hour_that_comes_twice_is_worked_twice_by_who_works_through_it():
    hours = Hours(time_zone="America/Chicago", blocks=(Block(6, 60, 120),))
    times = found(hours, start=utc(2026, 11, 1))
    assert times == [utc(2026, 11, 1, 6), utc(2026, 11, 1, 6, 30), utc(2026, 11, 1, 7)]


def test_a_holiday_takes_all_of_its_day_the_end_of_a_night_too():
    hours = Hours(
        time_zone="UTC",
        blocks=(Block(0, 22 * 60, 26 * 60),),
        days_apart=(DayApart(kind=ExceptionKind.OFF, first=date(2026, 12, 1), last=date(2026, 12, 1)),),
    )
    times = found(hours, start=utc(2026, 11, 30), days=3)
    assert times == [utc(2026, 11, 30, 22), utc(2026, 11, 30, 22, 30), utc(2026, 11, 30, 23)]


def test_extra_hours_join_those_of_the_week():
    hours = Hours(
        time_zone="UTC",
        blocks=(Block(0, 540, 600),),
        days_apart=(
            DayApart(
                kind=ExceptionKind.EXTRA, first=date(2026, 11, 9), last=date(2026, 11, 9), start=600, end=630
            ),
        ),
    )
    assert found(hours, start=utc(2026, 11, 9)) == [utc(2026, 11, 9, 9), utc(2026, 11, 9, 9, 30)]


def test_the_steps_of_a_calendar_that_never_closes_do_not_hang_on_what_is_asked():
    hours = Hours(time_zone="UTC", blocks=tuple(Block(weekday, 0, 1440) for weekday in range(7)))
    terms = Terms(slot_minutes=25, notice_minutes=0, horizon_days=60)
    week = found(hours, terms=terms, at=utc(2026, 11, 2), start=utc(2026, 11, 2), days=12)
    late = found(hours, terms=terms, at=utc(2026, 11, 2), start=utc(2026, 11, 9, 7), days=1)
    assert late
    assert set(late) <= set(week)


def test_one_cannot_be_in_two_places_in_one_session():
    hours = Hours(
        time_zone="UTC",
        blocks=(Block(0, 540, 600, Modes.IN_PERSON, HERE), Block(0, 600, 660, Modes.IN_PERSON, THERE)),
    )
    rows = list(
        slots.slots(
            hours, TERMS, HOUR, [], at=utc(2026, 11, 9), start=utc(2026, 11, 9), end=utc(2026, 11, 10)
        )
    )
    assert [(each.starts_at.hour, each.starts_at.minute, each.places) for each in rows] == [
        (9, 0, (SlotPlace(Mode.IN_PERSON, HERE),)),
        (10, 0, (SlotPlace(Mode.IN_PERSON, THERE),)),
    ]


def test_between_two_sessions_lies_the_longer_of_their_buffers():
    hours = Hours(time_zone="UTC", blocks=(Block(0, 480, 960),))
    taken = [Taken(starts_at=utc(2026, 11, 9, 11), ends_at=utc(2026, 11, 9, 12), before=0, after=60)]
    times = found(hours, offer=Offer(duration=60, before=30, after=30), taken=taken, start=utc(2026, 11, 9))
    assert utc(2026, 11, 9, 9, 30) in times
    assert utc(2026, 11, 9, 10) not in times
    assert utc(2026, 11, 9, 12, 30) not in times
    assert utc(2026, 11, 9, 13) in times


@pytest.mark.parametrize(
    ("starts_at", "mode", "fault"),
    [
        (utc(2026, 11, 9, 10), Mode.TELEHEALTH, None),
        (utc(2026, 11, 9, 10), Mode.IN_PERSON, SlotFault.MODE),
        (utc(2026, 11, 9, 10, 5), Mode.TELEHEALTH, SlotFault.CLOSED),
        (utc(2026, 11, 9, 16, 30), Mode.TELEHEALTH, SlotFault.CLOSED),
        (utc(2026, 11, 8, 10), Mode.TELEHEALTH, SlotFault.CLOSED),
        (utc(2026, 11, 2, 10), Mode.TELEHEALTH, SlotFault.TOO_SOON),
        (utc(2027, 11, 8, 10), Mode.TELEHEALTH, SlotFault.TOO_FAR),
        (utc(2026, 11, 9, 11), Mode.TELEHEALTH, SlotFault.TAKEN),
        (utc(2026, 11, 16, 11), Mode.TELEHEALTH, SlotFault.DAY_FULL),
    ],
)
def test_why_not(starts_at, mode, fault):
    hours = Hours(time_zone="UTC", blocks=(Block(0, 540, 1020, Modes.TELEHEALTH),))
    terms = Terms(slot_minutes=30, notice_minutes=60, horizon_days=30, daily_limit=2)
    taken = [
        Taken(starts_at=utc(2026, 11, day, hour), ends_at=utc(2026, 11, day, hour + 1))
        for day, hour in [(9, 11), (16, 9), (16, 14)]
    ]
    said = slots.booking_check(
        hours, terms, HOUR, taken, at=utc(2026, 11, 5), starts_at=starts_at, place=SlotPlace(mode)
    )
    assert said is fault


# Against the slow model -------------------------------------------------------------------------------------

# A zone, and a day around which its clock is set; the last have none, or an odd one.
AROUND = [
    ("America/Chicago", date(2026, 3, 8)),
    ("America/Chicago", date(2026, 11, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Asia/Kathmandu", date(2026, 12, 31)),
    ("Pacific/Apia", date(2028, 2, 29)),
]
minutes = st.integers(0, 287).map(lambda number: number * 5)
lengths = st.integers(1, 180).map(lambda number: number * 5)


@st.composite
def weeks(draw):
    zone, day = draw(st.sampled_from(AROUND))
    places = st.sampled_from([None, HERE, THERE])

    def block():
        start = draw(minutes)
        return Block(
            draw(st.integers(0, 6)),
            start,
            start + draw(lengths),
            draw(st.sampled_from(Modes)),
            draw(places),
        )

    def apart():
        kind = draw(st.sampled_from(ExceptionKind))
        first = day + draw(st.integers(-3, 3)) * DAY
        whole = kind is ExceptionKind.OFF and draw(st.booleans())
        start = None if whole else draw(minutes)
        return DayApart(
            kind=kind,
            first=first,
            last=first + draw(st.integers(0, 2)) * DAY,
            start=start,
            end=None if start is None else start + draw(lengths),
            modes=draw(st.sampled_from(Modes)),
            location_id=draw(places),
        )

    hours = Hours(
        time_zone=zone,
        blocks=tuple(block() for _ in range(draw(st.integers(0, 8)))),
        days_apart=tuple(apart() for _ in range(draw(st.integers(0, 3)))),
    )
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    terms = Terms(
        slot_minutes=draw(st.sampled_from([5, 10, 15, 20, 30, 45, 60])),
        notice_minutes=draw(st.sampled_from([0, 60, 24 * 60])),
        horizon_days=draw(st.integers(1, 4)),
        daily_limit=draw(st.sampled_from([None, None, 1, 2])),
    )
    buffers = st.sampled_from([0, 0, 5, 10, 30])
    offer = Offer(
        duration=draw(st.sampled_from([5, 25, 45, 50, 60, 90])),
        before=draw(buffers),
        after=draw(buffers),
        modes=draw(st.sampled_from(Modes)),
    )
    taken = []
    for _ in range(draw(st.integers(0, 5))):
        starts_at = noon + draw(st.integers(-36 * 12, 36 * 12)) * slow.FIVE
        taken.append(
            Taken(
                starts_at=starts_at,
                ends_at=starts_at + draw(st.integers(1, 24)) * slow.FIVE,
                before=draw(buffers),
                after=draw(buffers),
                is_session=draw(st.booleans()),
            )
        )
    at = noon - draw(st.integers(0, 40)) * timedelta(hours=1)
    return hours, terms, offer, taken, at, noon


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(weeks())
def test_slots_are_those_of_the_slow_model(world):
    hours, terms, offer, taken, at, noon = world
    start, end = noon - DAY, noon + DAY
    rows = list(slots.slots(hours, terms, offer, taken, at=at, start=start, end=end))
    expected = slow.World(hours, terms, offer, taken, at).slots(start, end)
    assert {each.starts_at: set(each.places) for each in rows} == expected
    assert [each.starts_at for each in rows] == sorted(each.starts_at for each in rows)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(weeks(), st.lists(st.integers(0, 575), min_size=1, max_size=20), st.sampled_from(Mode))
def test_what_can_be_booked_is_what_is_shown(world, numbers, mode):
    """A time is refused exactly when it is not among the slots, whatever a request names."""
    hours, terms, offer, taken, at, noon = world
    start, end = noon - DAY, noon + DAY
    shown = {
        (each.starts_at, place)
        for each in slots.slots(hours, terms, offer, taken, at=at, start=start, end=end)
        for place in each.places
    }
    asked = {(start + number * slow.FIVE, SlotPlace(mode, None)) for number in numbers} | shown
    for starts_at, place in asked:
        fault = slots.booking_check(hours, terms, offer, taken, at=at, starts_at=starts_at, place=place)
        assert (fault is None) is ((starts_at, place) in shown), (starts_at, place, fault)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(weeks(), st.integers(1, 47))
def test_a_range_is_the_sum_of_its_parts(world, cut):
    """What a page shows of a week does not hang on how it was asked for."""
    hours, terms, offer, taken, at, noon = world
    start, end = noon - DAY, noon + DAY
    middle = start + cut * timedelta(hours=1)

    def part(first, last):
        return list(slots.slots(hours, terms, offer, taken, at=at, start=first, end=last))

    assert part(start, end) == part(start, middle) + part(middle, end)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=8), st.integers(0, 50))
def test_what_is_left_and_what_is_taken_out_are_the_whole(gaps, start):
    spans = openings.merged(
        (utc(2026, 1, 1) + a * slow.FIVE, utc(2026, 1, 1) + (a + b) * slow.FIVE) for a, b in gaps
    )
    whole = (utc(2026, 1, 1) + start * slow.FIVE, utc(2026, 1, 1) + (start + 20) * slow.FIVE)
    left = openings.without(whole, spans)
    for number in range(20):
        at = whole[0] + number * slow.FIVE
        assert any(a <= at < b for a, b in left) is not any(a <= at < b for a, b in spans)


# Extra hours and time off -----------------------------------------------------------------------------------


@st.composite
def days_apart(draw, kind):
    first = draw(st.integers(0, 4))
    whole = kind is ExceptionKind.OFF and draw(st.booleans())
    start = draw(st.integers(0, 23)) * 60
    return DayApart(
        kind=kind,
        first=date(2026, 11, 9) + first * DAY,
        last=date(2026, 11, 9) + (first + draw(st.integers(0, 3))) * DAY,
        start=None if whole else start,
        end=None if whole else start + draw(st.integers(1, 24)) * 60,
    )


def hours_of(apart: DayApart) -> set[datetime]:
    """Each hour that it covers, by the clock on the wall."""
    begins, ends = apart.start or 0, apart.end or 1440
    return {
        datetime.combine(apart.first, time.min) + day * DAY + timedelta(minutes=minute)
        for day in range((apart.last - apart.first).days + 1)
        for minute in range(begins, ends, 60)
    }


@given(days_apart(ExceptionKind.EXTRA), days_apart(ExceptionKind.OFF))
def test_extra_hours_meet_time_off_where_they_share_an_hour(extra, off):
    assert is_off(extra, off) == bool(hours_of(extra) & hours_of(off))
