"""What a week of hours may look like. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from scheduling.types import (
    BLOCKS_MOST,
    DAY_MINUTES,
    HORIZON_DAYS_MOST,
    NOTICE_MINUTES_MOST,
    QUANTUM_MINUTES,
    Block,
    DayApart,
    Rules,
)

_WEEK_MINUTES = 7 * DAY_MINUTES
FEE_MOST = 100_000_00


class WeekFault(StrEnum):
    """Why these cannot be the hours of a week."""

    BACKWARDS = "backwards"
    UNEVEN = "uneven"
    OVERLAPPING = "overlapping"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong, and with which of the hours, by their place among all; None for all of them together.
    `part` is where one mends it.
    """

    fault: WeekFault
    place: int | None = None
    part: str = ""


def week_misfits(blocks: Sequence[Block]) -> tuple[Misfit, ...]:
    """What is wrong with the hours of a week, or nothing. The night from Sunday reaches into Monday."""
    if len(blocks) > BLOCKS_MOST:
        return (Misfit(WeekFault.TOO_MANY),)
    return (*_shapeless(blocks),) or (*_overlapping(blocks),)


def _shapeless(blocks: Sequence[Block]) -> Iterator[Misfit]:
    for place, block in enumerate(blocks):
        if not (0 <= block.weekday <= 6 and 0 <= block.start < DAY_MINUTES):
            yield Misfit(WeekFault.BACKWARDS, place, "from")
        elif not block.start < block.end <= block.start + DAY_MINUTES:
            yield Misfit(WeekFault.BACKWARDS, place, "until")
        elif block.start % QUANTUM_MINUTES:
            yield Misfit(WeekFault.UNEVEN, place, "from")
        elif block.end % QUANTUM_MINUTES:
            yield Misfit(WeekFault.UNEVEN, place, "until")


def _overlapping(blocks: Sequence[Block]) -> Iterator[Misfit]:
    """Each that begins before the one ahead of it is over."""
    spans = sorted(
        (block.weekday * DAY_MINUTES + block.start, block.weekday * DAY_MINUTES + block.end, place)
        for place, block in enumerate(blocks)
    )
    if len(spans) > 1 and spans[0][0] + _WEEK_MINUTES < spans[-1][1]:
        yield Misfit(WeekFault.OVERLAPPING, spans[0][2], "from")
    for earlier, later in pairwise(spans):
        if later[0] < earlier[1]:
            yield Misfit(WeekFault.OVERLAPPING, later[2], "from")


def is_off(extra: DayApart, off: DayApart) -> bool:
    """Whether any of these extra hours fall into that time off, which wins."""
    off_from, off_until = off.start or 0, DAY_MINUTES if off.end is None else off.end
    from_, until = extra.start or 0, extra.end or DAY_MINUTES
    # Neither lasts longer than a day: they meet on the same day, or across one midnight.
    for days in (-1, 0, 1):
        away = timedelta(days=days)
        meet = from_ < days * DAY_MINUTES + off_until and days * DAY_MINUTES + off_from < until
        if meet and max(extra.first, off.first - away) <= min(extra.last, off.last - away):
            return True
    return False


def rules_faults(rules: Rules) -> frozenset[str]:
    """The fields of a calendar's rules that cannot be so."""
    checks = {
        "slot_minutes": 5 <= rules.slot_minutes <= 240 and rules.slot_minutes % QUANTUM_MINUTES == 0,
        "notice_minutes": 0 <= rules.notice_minutes <= NOTICE_MINUTES_MOST,
        "horizon_days": 1 <= rules.horizon_days <= HORIZON_DAYS_MOST,
        "daily_limit": rules.daily_limit is None or 1 <= rules.daily_limit <= 50,
        "free_cancel_minutes": 0 <= rules.free_cancel_minutes <= NOTICE_MINUTES_MOST,
        "late_fee_minor": 0 <= rules.late_fee_minor <= FEE_MOST,
    }
    return frozenset(name for name, holds in checks.items() if not holds)
