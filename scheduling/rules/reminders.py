"""When somebody is reminded. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from scheduling.types import LEADS

# Whoever is reminded later than this could not act on it.
_LEAST: Final = timedelta(minutes=15)


def leads_pack(leads: Iterable[int]) -> int:
    """Lead times as a number, one bit each."""
    wanted = set(leads)
    return sum(1 << number for number, lead in enumerate(LEADS) if lead in wanted)


def leads_unpack(packed: int) -> tuple[int, ...]:
    return tuple(lead for number, lead in enumerate(LEADS) if packed >> number & 1)


def dues(starts_at: datetime, leads: Collection[int], *, at: datetime) -> dict[int, datetime]:
    """When each reminder is due, by lead; one whose moment has passed when the time was agreed is none."""
    found = {lead: starts_at - timedelta(minutes=lead) for lead in leads}
    return {lead: due_at for lead, due_at in found.items() if due_at > at}


def is_too_late(starts_at: datetime, at: datetime) -> bool:
    """Is it too near to the beginning to be reminded?"""
    return at > starts_at - _LEAST
