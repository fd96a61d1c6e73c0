"""A circuit breaker: a vendor that fails is left alone for a while. Pure state; the moment is passed in.

Closed, every question is asked. After `failures` in a row it opens, and nothing is asked for `pause` seconds,
twice as long after each further failure, up to `longest`. Then one question at a time tries whether the
vendor is well again: its success closes, its failure opens anew. A try that never came back (its caller is
gone) is followed by another after a pause.
"""

import threading
from enum import StrEnum
from typing import Final

FAILURES: Final = 5
PAUSE_SECONDS: Final = 15.0
LONGEST_PAUSE_SECONDS: Final = 300.0


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    TRYING = "trying"


class Breaker:
    """For threads of one process; each process learns for itself (docs/decisions)."""

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        pause: float = PAUSE_SECONDS,
        longest: float = LONGEST_PAUSE_SECONDS,
    ) -> None:
        self._allowed, self._shortest, self._longest = failures, pause, longest
        self._lock = threading.Lock()
        self._failures = 0
        self._pause = pause
        self._until: float | None = None
        self._trying = False

    @property
    def state(self) -> BreakerState:
        with self._lock:
            if self._until is None:
                return BreakerState.CLOSED
            return BreakerState.TRYING if self._trying else BreakerState.OPEN

    def may_ask(self, now: float) -> bool:
        """Whether to ask now; while it is open, a yes is the one try."""
        with self._lock:
            if self._until is None:
                return True
            if now < self._until:
                return False
            self._trying, self._until = True, now + self._pause
            return True

    def would_ask(self, now: float) -> bool:
        """Whether `may_ask` would say yes; asks nothing."""
        with self._lock:
            return self._until is None or now >= self._until

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._pause = 0, self._shortest
            self._until, self._trying = None, False

    def failed(self, now: float, *, retry_after: float | None = None) -> None:
        """No answer, or none that makes sense. Who says when to come back is taken at their word at once."""
        with self._lock:
            self._failures += 1
            if self._until is not None and not self._trying:
                # Asked before it opened: nothing new.
                return
            if self._trying:
                self._pause = min(self._pause * 2, self._longest)
            elif self._failures < self._allowed and retry_after is None:
                return
            self._trying = False
            self._until = now + max(self._pause, min(retry_after or 0.0, self._longest))
