"""When a vendor is asked again. Pure; `chance` is from 0 to 1, so that what failed together spreads out."""

from datetime import timedelta
from typing import Final

_WAITS: Final = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 5 * 60, 15 * 60, 30 * 60, 60 * 60))
_RESTS: Final = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 2 * 60, 10 * 60))
_ASKS: Final = tuple(timedelta(minutes=minutes) for minutes in (15, 60, 4 * 60, 12 * 60))
_JITTER: Final = 0.2


def wait_after(tries: int, chance: float) -> timedelta:
    """How long until one meeting is tried again after so many tries; it is never given up while needed."""
    return _WAITS[min(max(tries, 1), len(_WAITS)) - 1] * (1 - _JITTER / 2 + _JITTER * chance)


def rest_after(fails: int, asked: float | None) -> timedelta:
    """How long an account is left alone after so many calls in a row without an answer, and at least for as
    many seconds as the vendor asked for.
    """
    rest = _RESTS[min(max(fails, 1), len(_RESTS)) - 1]
    return max(rest, timedelta(seconds=asked)) if asked else rest


def wait_after_asking(tries: int) -> timedelta:
    """How long until a vendor is asked again who was in a meeting of which it did not know everything."""
    return _ASKS[min(max(tries, 1), len(_ASKS)) - 1]
