"""Appointments as calendar programs outside of Bloom know them: when and where, never why or with whom."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a calendar. `uid` stays for good and `sequence` counts its changes, so that programs know
    what is newer. `title`, `place` and `url` may be seen by others.
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    title: str
    place: str
    url: str
    is_certain: bool
    is_called_off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Who asks somebody to put an entry into their calendar, and whom: addresses."""

    organizer: str
    attendee: str
