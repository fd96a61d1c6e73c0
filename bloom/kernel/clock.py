"""The one place that reads the wall clock. Doors call `now()` and pass it on as `at`."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def moments(at: datetime, *, goes_on: timedelta) -> Iterator[datetime]:
    """What time it is at each step of a job that began at `at`, until it has gone on for long enough."""
    begun = time.monotonic()
    gone = timedelta(0)
    while gone < goes_on:
        yield at + gone
        gone = timedelta(seconds=time.monotonic() - begun)


def to_wire(at: datetime) -> str:
    """RFC 3339 in UTC, ending in Z, with microseconds: how every moment leaves Bloom."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_wire(text: str) -> datetime:
    """A moment in UTC from RFC 3339. Raises ValueError for anything else, also without an offset."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("not an RFC 3339 time with an offset")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError("not a time between the years 1 and 9999 in UTC") from None
