"""The one place that reads the wall clock. Doors call `now()` and pass it on as `at`."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
