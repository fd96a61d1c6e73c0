"""Slots, slowly and obviously, one five minutes after the other: what the rules are compared with."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from scheduling.types import ExceptionKind, Hours, Mode, Modes, Offer, SlotPlace, Taken, Terms

FIVE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


@cache
def wall(zone_name: str, day: date) -> list[tuple[datetime, datetime]]:
    """Each five minutes around a day: the moment, and what the clock shows."""
    zone = ZoneInfo(zone_name)
    begins = datetime.combine(day, time(), UTC) - timedelta(hours=15)
    moments = [begins + number * FIVE for number in range(12 * 78)]
    return [(at, at.astimezone(zone).replace(tzinfo=None)) for at in moments]


def moment(zone_name: str, day: date, minute: int) -> datetime:
    """The first time that the clock shows it; else what it skips is added, and it shows that."""
    shown = datetime.combine(day, time()) + timedelta(minutes=minute)
    seen = wall(zone_name, shown.date())
    for at, clock in seen:
        if clock == shown:
            return at
    skipped = next(
        (later - earlier - FIVE)
        for (_, earlier), (_, later) in itertools.pairwise(seen)
        if earlier < shown < later
    )
    return next(at for at, clock in seen if clock == shown + skipped)


def pieces(hours: Hours, days: list[date], kind: ExceptionKind) -> list[tuple]:
    """(from, until, mode, place) of every stretch of a kind; the week's hours count as extra ones."""
    found = []
    for day in days:
        rows = [
            each for each in hours.blocks if kind is ExceptionKind.EXTRA and each.weekday == day.weekday()
        ]
        rows += [each for each in hours.days_apart if each.kind is kind and each.first <= day <= each.last]
        for row in rows:
            start = moment(hours.time_zone, day, row.start or 0)
            end = moment(hours.time_zone, day, 1440 if row.end is None else row.end)
            found += [
                (start, end, mode, row.location_id if mode is Mode.IN_PERSON else None)
                for mode in Mode
                if row.modes in (Modes.BOTH, Modes(mode.value))
            ]
    return found


class World:
    """One therapist's days, asked five minutes at a time."""

    def __init__(self, hours: Hours, terms: Terms, offer: Offer, taken: list[Taken], at: datetime) -> None:
        self.hours, self.terms, self.offer, self.taken, self.at = hours, terms, offer, taken, at
        self.zone = ZoneInfo(hours.time_zone)

    def slots(self, start: datetime, end: datetime) -> dict[datetime, set[SlotPlace]]:
        first = start.astimezone(self.zone).date() - timedelta(days=3)
        days = [first + timedelta(days=number) for number in range((end - start).days + 8)]
        worked = pieces(self.hours, days, ExceptionKind.EXTRA)
        off = pieces(self.hours, days, ExceptionKind.OFF)
        begins = moment(self.hours.time_zone, first, 0)
        moments = [begins + number * FIVE for number in range(12 * 24 * (len(days) + 1))]
        found: dict[datetime, set[SlotPlace]] = {}
        for mode, place in {(each[2], each[3]) for each in worked}:
            if self.offer.modes not in (Modes.BOTH, Modes(mode.value)):
                continue
            at_work = {
                at
                for at in moments
                for each in worked
                if each[2:] == (mode, place) and each[0] <= at < each[1]
            }
            free = {at for at in at_work if not any(each[0] <= at < each[1] for each in off)}
            for at in moments:
                step = timedelta(minutes=self.terms.slot_minutes)
                counted = [
                    each[0] for each in worked if each[2:] == (mode, place) and each[0] <= at < each[1]
                ]
                if not any((at - began) % step == timedelta(0) for began in counted):
                    continue
                session = [at + number * FIVE for number in range(self.offer.duration // 5)]
                if set(session) <= free and start <= at < end and self.allowed(at):
                    found.setdefault(at, set()).add(SlotPlace(mode, place))
        return found

    def allowed(self, starts_at: datetime) -> bool:
        ends_at = starts_at + timedelta(minutes=self.offer.duration)
        if starts_at < self.at + timedelta(minutes=self.terms.notice_minutes):
            return False
        day = starts_at.astimezone(self.zone).date()
        if (day - self.at.astimezone(self.zone).date()).days > self.terms.horizon_days:
            return False
        for each in self.taken:
            between_after = max(self.offer.after, each.before) * MINUTE
            between_before = max(self.offer.before, each.after) * MINUTE
            if not (ends_at + between_after <= each.starts_at or each.ends_at + between_before <= starts_at):
                return False
        same_day = [
            each
            for each in self.taken
            if each.is_session and each.starts_at.astimezone(self.zone).date() == day
        ]
        return self.terms.daily_limit is None or len(same_day) < self.terms.daily_limit
