"""Quanta: the five minutes of which time is made where it is claimed. Pure."""

from datetime import UTC, datetime, timedelta

from scheduling.types import QUANTUM_MINUTES

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LENGTH = timedelta(minutes=QUANTUM_MINUTES)


def quantum_of(at: datetime) -> int:
    """How many whole quanta have passed since 1970 began."""
    return (at - _EPOCH) // _LENGTH


def bounds_of(quantum: int) -> tuple[datetime, datetime]:
    """When a quantum begins, and the next one."""
    return _EPOCH + quantum * _LENGTH, _EPOCH + (quantum + 1) * _LENGTH


def quanta_of(starts_at: datetime, ends_at: datetime) -> range:
    """Every quantum that a stretch touches; of one that ends as it begins, none."""
    if starts_at >= ends_at:
        return range(0)
    return range(quantum_of(starts_at), -((_EPOCH - ends_at) // _LENGTH))


def is_whole(at: datetime) -> bool:
    """Does a quantum begin at this moment?"""
    return (at - _EPOCH) % _LENGTH == timedelta(0)


def quarter_after(at: datetime) -> datetime:
    """The first quarter of an hour that is not before."""
    quarter = timedelta(minutes=15)
    return _EPOCH + -(-(at - _EPOCH) // quarter) * quarter
