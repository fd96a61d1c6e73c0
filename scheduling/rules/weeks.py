"""What a week of hours may look like. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

from scheduling.types import (
    BLOCKS_MOST,
    DAY_MINUTES,
    HORIZON_DAYS_MOST,
    NOTICE_MINUTES_MOST,
    QUANTUM_MINUTES,
    Block,
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


def week_fault(blocks: Sequence[Block]) -> WeekFault | None:
    """What is wrong with the hours of a week, or nothing. The night from Sunday reaches into Monday."""
    if len(blocks) > BLOCKS_MOST:
        return WeekFault.TOO_MANY
    for block in blocks:
        if not (0 <= block.weekday <= 6 and 0 <= block.start < DAY_MINUTES):
            return WeekFault.BACKWARDS
        if not block.start < block.end <= block.start + DAY_MINUTES:
            return WeekFault.BACKWARDS
        if block.start % QUANTUM_MINUTES or block.end % QUANTUM_MINUTES:
            return WeekFault.UNEVEN
    return WeekFault.OVERLAPPING if _overlap(blocks) else None


def _overlap(blocks: Iterable[Block]) -> bool:
    spans = sorted(
        (block.weekday * DAY_MINUTES + block.start, block.weekday * DAY_MINUTES + block.end)
        for block in blocks
    )
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        return True
    return len(spans) > 1 and spans[0][0] + _WEEK_MINUTES < spans[-1][1]


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
