"""What webhooks say before it is known whether they may say it. Pure: bytes and moments in, types out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

LARGEST_BODY: Final = 64 * 1024
# So far a clock may be off, and so long a signed body holds.
TOLERANCE_SECONDS: Final = 300
_EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)
_LATEST: Final = _EARLIEST + timedelta(days=365 * 100)


class Unbelieved(Exception):
    """It does not come from whom it says, or is too old. `reason` is a code for the record, never shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreadable(Exception):
    """It comes from the vendor, and makes no sense."""


def json_read(body: bytes) -> Any:
    """A body as JSON. Raises Unreadable."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable from None


def object_read(raw: Any) -> dict[str, Any]:
    """An object of it. Raises Unreadable for anything else."""
    if not isinstance(raw, dict):
        raise Unreadable
    return raw


def of_this_time(moment: datetime) -> datetime:
    """A moment at which something can have happened. Raises Unreadable for another."""
    if not _EARLIEST <= moment < _LATEST:
        raise Unreadable
    return moment
