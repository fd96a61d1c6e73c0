"""Whom a time fits who waits for one, and until when they may answer. Pure; docs/scheduling.md says it in
words.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduling.rules import clock
from scheduling.types import DayPart, Mode, Slot, SlotPlace, Wishes

# The parts of a day: from one hour until before another. Nobody wishes for the night.
_PARTS: Final = {DayPart.MORNING: (6, 12), DayPart.AFTERNOON: (12, 17), DayPart.EVENING: (17, 22)}
# By the clock of who is asked, nobody has to answer from the second until the first.
_WAKES, _SLEEPS = time(8), time(21)
_LEAST: Final = timedelta(minutes=15)
# Whatever the clock of who is asked says, a time is kept no longer for one who does not answer.
_MOST: Final = timedelta(hours=12)
_LOOKED_EACH: Final = timedelta(minutes=15)
_BEGUN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERED: Final = tuple((weekday, part) for weekday in range(7) for part in DayPart)
PARTS_ALL: Final = 2 ** len(_NUMBERED) - 1


def parts_pack(parts: Iterable[tuple[int, DayPart]]) -> int:
    """Parts of a week as a number, one bit each."""
    wanted = set(parts)
    return sum(1 << number for number, each in enumerate(_NUMBERED) if each in wanted)


def parts_unpack(packed: int) -> frozenset[tuple[int, DayPart]]:
    return frozenset(each for number, each in enumerate(_NUMBERED) if packed >> number & 1)


def part_of(shown: datetime) -> DayPart | None:
    """Which part of its day a moment is in, by the clock that it carries; None at night."""
    return next((part for part, (first, last) in _PARTS.items() if first <= shown.hour < last), None)


def place_fitting(wishes: Wishes, slot: Slot) -> SlotPlace | None:
    """How one who wishes so would meet at this time; None where it does not fit them."""
    shown = slot.starts_at.astimezone(ZoneInfo(wishes.time_zone))
    if wishes.first_on is not None and shown.date() < wishes.first_on:
        return None
    if wishes.last_on is not None and shown.date() > wishes.last_on:
        return None
    part = part_of(shown)
    if wishes.parts and (part is None or (shown.weekday(), part) not in wishes.parts):
        return None
    return _place(slot.places, wishes.mode)


def answer_until(at: datetime, starts_at: datetime, *, time_zone: str, answer: timedelta) -> datetime | None:
    """Until when somebody may answer an offer that is made at `at`; None where that is no time to answer.

    `answer` from now, or half of what is left until the time begins, a quarter of an hour at least. Only
    hours in which they are awake count, and twelve hours are the most in all; the deadline lies a quarter of
    an hour before the beginning at the latest.
    """
    given = max(_LEAST, min(answer, (starts_at - at) / 2))
    until = min(_awake_after(at, given, ZoneInfo(time_zone)), at + _MOST)
    return until if until <= starts_at - _LEAST else None


def has_begun_to_rest(unanswered: int, passed: int, *, unanswered_most: int, passed_most: int) -> bool:
    """Did so many offers in a row go unanswered, or did their person let so many go of late, that they are
    asked whether they still wait?
    """
    return unanswered >= unanswered_most or passed >= passed_most


def looked_again(at: datetime) -> datetime:
    """When who was looked at is looked at again: at the same moments for everybody, so that it happens in the
    order of the line.
    """
    return _BEGUN + (look_number(at) + 1) * _LOOKED_EACH


def look_number(at: datetime) -> int:
    """How many such moments there were."""
    return (at - _BEGUN) // _LOOKED_EACH


def span(wishes: Wishes, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    """The part of a range that lies between the days that somebody named; None where there is none."""
    zone = ZoneInfo(wishes.time_zone)
    if wishes.first_on is not None:
        start = max(start, clock.moment(zone, wishes.first_on, 0))
    if wishes.last_on is not None:
        end = min(end, clock.moment(zone, wishes.last_on + timedelta(days=1), 0))
    return (start, end) if start < end else None


def wishes_fault(wishes: Wishes, *, at: datetime, ahead_days: int) -> str | None:
    """The field of a wish that cannot be, and nothing where all can."""
    today = clock.day_of(ZoneInfo(wishes.time_zone), at)
    for name, day in (("first_on", wishes.first_on), ("last_on", wishes.last_on)):
        if day is not None and abs((day - today).days) > ahead_days:
            return name
    if wishes.last_on is not None and wishes.last_on < max(today, wishes.first_on or today):
        return "last_on"
    return None


def is_over(wishes: Wishes, at: datetime) -> bool:
    """Has the last day on which somebody could come passed?"""
    return wishes.last_on is not None and clock.day_of(ZoneInfo(wishes.time_zone), at) > wishes.last_on


def modes_known(mode: Mode | None, modes: Collection[Mode]) -> bool:
    """Is this way of meeting, or any, among these?"""
    return mode is None or mode in modes


def _place(places: Iterable[SlotPlace], mode: Mode | None) -> SlotPlace | None:
    return next((place for place in places if mode in (None, place.mode)), None)


def _awake_after(at: datetime, given: timedelta, zone: ZoneInfo) -> datetime:
    """The moment by which somebody has been awake for so long, counted from `at`."""
    now = at
    for _day in range(4):
        day = clock.day_of(zone, now)
        wakes = clock.moment(zone, day, _WAKES.hour * 60)
        sleeps = clock.moment(zone, day, _SLEEPS.hour * 60)
        now = max(now, wakes)
        if now < sleeps:
            if now + given <= sleeps:
                return now + given
            given -= sleeps - now
        now = clock.moment(zone, day, 24 * 60)
    return now + given
