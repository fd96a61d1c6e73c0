"""How often is too often: a bucket that drips, kept in memory, a few nanoseconds a question. Pure."""

from dataclasses import dataclass, field

PACE_SECONDS = 60.0


@dataclass(slots=True)
class Pace:
    """`limit` in a row, refilled evenly over `seconds`. Times come from one monotonic clock."""

    limit: int
    seconds: float = PACE_SECONDS
    _level: float = field(default=0.0, init=False)
    _at: float = field(default=0.0, init=False)

    def take(self, now: float) -> bool:
        """Count one. False, and not counted, when that would be too often."""
        self._level = max(0.0, self._level - (now - self._at) * self.limit / self.seconds)
        self._at = now
        if self._level + 1 > self.limit:
            return False
        self._level += 1
        return True

    def is_rested(self, now: float) -> bool:
        """True when so long nothing was counted that a new one would say the same."""
        return now - self._at >= self.seconds

    def wait(self) -> float:
        """Seconds until the next one fits, as of the last question."""
        return max(0.0, (self._level + 1 - self.limit) * self.seconds / self.limit)
