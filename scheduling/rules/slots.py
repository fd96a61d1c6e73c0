"""The times that can be booked, and why another cannot. Pure; docs/scheduling.md says the same in words.

Between two sessions lies the longer of what the earlier needs after it and the later before it. Buffers may
reach beyond the hours of work.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduling.rules import clock, openings
from scheduling.rules.openings import Span
from scheduling.types import (
    HORIZON_DAYS_MOST,
    QUANTUM_MINUTES,
    Hours,
    Mode,
    Offer,
    Slot,
    SlotFault,
    SlotPlace,
    Taken,
    Terms,
)

_INSTANT = timedelta(microseconds=1)
_CHUNK = timedelta(days=2)


def slots(
    hours: Hours,
    terms: Terms,
    offer: Offer,
    taken: Sequence[Taken],
    *,
    at: datetime,
    start: datetime,
    end: datetime,
) -> Iterator[Slot]:
    """The times from `start` until before `end` at which `offer` can be booked at the moment `at`, in order.

    `taken` must hold all that is taken from the day of the first to the day of the last of them.
    """
    zone = ZoneInfo(hours.time_zone)
    earliest, latest = reach(terms, zone, at)
    start, end = max(start, earliest), min(end, latest)
    length = timedelta(minutes=offer.duration)
    closed = _closed(offer, taken)
    begun = [starts_at for starts_at, _ in closed]
    full = _full_days(terms, zone, taken)
    # A little at a time, then more: most who look take the first that they find.
    chunk = _CHUNK
    while start < end:
        until = min(start + chunk, end)
        starts = _starts(hours, terms, offer, start, until)
        for starts_at in sorted(starts):
            number = bisect_right(begun, starts_at) - 1
            if number >= 0 and starts_at < closed[number][1]:
                continue
            if full and clock.day_of(zone, starts_at) in full:
                continue
            yield Slot(starts_at, starts_at + length, tuple(sorted(starts[starts_at], key=_place_order)))
        start, chunk = until, chunk * 2


def booking_check(
    hours: Hours,
    terms: Terms,
    offer: Offer,
    taken: Sequence[Taken],
    *,
    at: datetime,
    starts_at: datetime,
    place: SlotPlace,
) -> SlotFault | None:
    """Why `offer` cannot be booked at this time in this way; None where it can. The same times as `slots`."""
    if place.mode not in openings.modes_of(offer.modes):
        return SlotFault.MODE
    zone = ZoneInfo(hours.time_zone)
    earliest, latest = reach(terms, zone, at)
    if starts_at < earliest:
        return SlotFault.TOO_SOON
    if starts_at >= latest:
        return SlotFault.TOO_FAR
    offered = _starts(hours, terms, offer, starts_at, starts_at + _INSTANT).get(starts_at, ())
    if not offered:
        return SlotFault.CLOSED
    if place not in offered:
        return SlotFault.MODE
    if is_taken(offer, taken, starts_at):
        return SlotFault.TAKEN
    if day_is_full(terms, zone, taken, starts_at):
        return SlotFault.DAY_FULL
    return None


def place_find(
    hours: Hours,
    terms: Terms,
    offer: Offer,
    taken: Sequence[Taken],
    *,
    at: datetime,
    starts_at: datetime,
    mode: Mode | None = None,
) -> SlotPlace | SlotFault:
    """How and where `offer` can be booked at this time, in this way of meeting or in the first that there is;
    or why it cannot.
    """
    offered = _starts(hours, terms, offer, starts_at, starts_at + _INSTANT).get(starts_at, ())
    places = sorted((place for place in offered if mode in (None, place.mode)), key=_place_order)
    place = places[-1] if places else SlotPlace(mode or openings.modes_of(offer.modes)[0])
    fault = booking_check(hours, terms, offer, taken, at=at, starts_at=starts_at, place=place)
    return place if fault is None else fault


def desk_terms(terms: Terms) -> Terms:
    """What binds the practice's desk of a colleague's terms: the hours and how many sessions a day has.
    Notice and steps are for patients.
    """
    return replace(terms, slot_minutes=QUANTUM_MINUTES, notice_minutes=0, horizon_days=HORIZON_DAYS_MOST)


def day_is_full(terms: Terms, zone: ZoneInfo, taken: Sequence[Taken], starts_at: datetime) -> bool:
    """Does the day of this time have as many sessions as the daily limit lets?"""
    return clock.day_of(zone, starts_at) in _full_days(terms, zone, taken)


def is_taken(offer: Offer, taken: Sequence[Taken], starts_at: datetime) -> bool:
    """Does something stand against a session then, whatever the hours are?"""
    return any(first <= starts_at < last for first, last in _closed(offer, taken))


def reach(terms: Terms, zone: ZoneInfo, at: datetime) -> tuple[datetime, datetime]:
    """From when until before when can be booked at the moment `at`: after the notice, and to the end of the
    last day of the horizon.
    """
    last = clock.day_of(zone, at) + timedelta(days=terms.horizon_days)
    return at + timedelta(minutes=terms.notice_minutes), clock.moment(zone, last + timedelta(days=1), 0)


def gap_minutes(offer_needs: int, other_needs: int) -> int:
    """How many minutes lie at least between two sessions."""
    return max(offer_needs, other_needs)


def _starts(
    hours: Hours, terms: Terms, offer: Offer, start: datetime, end: datetime
) -> dict[datetime, set[SlotPlace]]:
    """Every step of the calendar, counted from where each stretch of hours begins, at which the session fits
    into what is open, and where it does.
    """
    step, length = timedelta(minutes=terms.slot_minutes), timedelta(minutes=offer.duration)
    first, last = openings.days_around(hours, start, end)
    wanted = openings.modes_of(offer.modes)
    pieces = [each for each in openings.pieces(hours, first, last) if each.mode in wanted]
    free = openings.joined(pieces, openings.off(hours, first, last + timedelta(days=1)))
    by_place = {
        key: (SlotPlace(*key), spans, [starts_at for starts_at, _ in spans]) for key, spans in free.items()
    }
    found: dict[datetime, set[SlotPlace]] = {}
    for piece in pieces:
        if piece.ends_at <= start or piece.starts_at >= end:
            continue
        place, spans, begun = by_place[piece.mode, piece.location_id]
        steps = -((piece.starts_at - max(piece.starts_at, start)) // step)
        at, until = piece.starts_at + steps * step, min(piece.ends_at, end)
        while at < until:
            number = bisect_right(begun, at) - 1
            if number >= 0 and at + length <= spans[number][1]:
                found.setdefault(at, set()).add(place)
            at += step
    return found


def _closed(offer: Offer, taken: Iterable[Taken]) -> list[Span]:
    """In which stretches no session of this length may begin, merged and in order."""
    found = []
    # Most sessions of a therapist's have the same air around them.
    around: dict[tuple[int, int], tuple[timedelta, timedelta]] = {}
    for each in taken:
        air = around.get((each.before, each.after))
        if air is None:
            before = timedelta(minutes=gap_minutes(offer.after, each.before) + offer.duration)
            air = before - _INSTANT, timedelta(minutes=gap_minutes(offer.before, each.after))
            around[each.before, each.after] = air
        # A session may begin just when the one before it, and the air between them, is over; and be over,
        # with that air, just when the next begins.
        found.append((each.starts_at - air[0], each.ends_at + air[1]))
    return openings.merged(found)


def _full_days(terms: Terms, zone: ZoneInfo, taken: Iterable[Taken]) -> frozenset[date]:
    if terms.daily_limit is None:
        return frozenset()
    limit = terms.daily_limit
    sessions = Counter(clock.day_of(zone, each.starts_at) for each in taken if each.is_session)
    return frozenset(day for day, count in sessions.items() if count >= limit)


def _place_order(place: SlotPlace) -> tuple[str, str]:
    return place.mode.value, str(place.location_id or "")
