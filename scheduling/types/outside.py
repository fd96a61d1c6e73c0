"""Calendars of therapists elsewhere, of which Bloom reads when they are busy."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

OUTSIDE_MOST: Final = 5
OUTSIDE_NAME_LENGTH: Final = 80
# What is kept of a calendar: from now so far ahead, and no more than so many stretches.
OUTSIDE_AHEAD: Final = timedelta(days=400)
OUTSIDE_STRETCHES_MOST: Final = 5_000
# More entries than these are not read at all.
OUTSIDE_ENTRIES_MOST: Final = 10_000
# How large one may be that is read, and one that is sent by a form.
OUTSIDE_BYTES_MOST: Final = 8 * 1024 * 1024
OUTSIDE_FILE_BYTES_MOST: Final = 1_500_000


class OutsideFault(StrEnum):
    """Why a calendar could not be read."""

    ADDRESS = "address"
    NAME = "name"
    UNREACHABLE = "unreachable"
    LATE = "late"
    TLS = "tls"
    MISSING = "missing"
    REFUSED = "refused"
    TOO_LARGE = "too_large"
    GARBLED = "garbled"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideView:
    """A calendar of one's own elsewhere. `host` is where it is read, without the rest of its address, which
    may be a secret; nothing for one that came as a file. `stretches` are those that are kept of it. It
    `is_awaited` while it was not read yet.
    """

    id: UUID
    name: str
    host: str
    is_file: bool
    read_at: datetime | None
    fault: OutsideFault | None
    stretches: int

    @property
    def is_awaited(self) -> bool:
        return self.read_at is None and self.fault is None
