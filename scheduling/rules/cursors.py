"""Where a page of a list by time ended. Pure."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRITTEN = re.compile(r"([0-9]{1,17})-([0-9a-f]{32})", re.ASCII)


def write(at: datetime, row_id: UUID) -> str:
    """The last row of a page, as one word."""
    return f"{(at - _EPOCH) // timedelta(microseconds=1)}-{row_id.hex}"


def read(cursor: str) -> tuple[datetime, UUID]:
    """What `write` wrote. Raises ValueError for anything else."""
    found = _WRITTEN.fullmatch(cursor)
    if found is None:
        raise ValueError("not a cursor of ours")
    return _EPOCH + timedelta(microseconds=int(found[1])), UUID(found[2])
