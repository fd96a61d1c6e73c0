"""Times at which somebody can be booked, and what they follow from. All moments are UTC, all stretches
half-open, all minutes of a day by the clock on the wall.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from scheduling.types.calendars import ExceptionKind, Mode, Modes


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """Hours of every week: minutes after midnight of a weekday (0 is Monday); `end` may lie on the next."""

    weekday: int
    start: int
    end: int
    modes: Modes = Modes.BOTH
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayApart:
    """Days, `first` and `last` included, off or with extra hours. Off without minutes is all of each day."""

    kind: ExceptionKind
    first: date
    last: date
    start: int | None = None
    end: int | None = None
    modes: Modes = Modes.BOTH
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a therapist works, by the clock of a time zone."""

    time_zone: str
    blocks: tuple[Block, ...] = ()
    days_apart: tuple[DayApart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a calendar gives its time away, as scheduling.models.Calendar says."""

    slot_minutes: int
    notice_minutes: int
    horizon_days: int
    daily_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How long a service takes, how much air it needs around it, and how it is given. In minutes."""

    duration: int
    before: int = 0
    after: int = 0
    modes: Modes = Modes.BOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A stretch that is somebody's already, and the minutes around it that stay free of sessions. Sessions
    count for the daily limit, other business does not.
    """

    starts_at: datetime
    ends_at: datetime
    before: int = 0
    after: int = 0
    is_session: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """A stretch in which somebody works, in one way of meeting, at one place."""

    starts_at: datetime
    ends_at: datetime
    mode: Mode
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SlotPlace:
    """A way of meeting at a slot, and where."""

    mode: Mode
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked, and the ways of meeting that it has."""

    starts_at: datetime
    ends_at: datetime
    places: tuple[SlotPlace, ...]

    @property
    def modes(self) -> tuple[Mode, ...]:
        return tuple(place.mode for place in self.places)


class SlotFault(StrEnum):
    """Why a time cannot be booked."""

    MODE = "mode"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    CLOSED = "closed"
    TAKEN = "taken"
    DAY_FULL = "day_full"
