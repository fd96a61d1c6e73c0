"""What a calendar shows: days, what stands in them, and where on the paper. Minutes are by the clock on the
wall, counted from where the paper begins.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from accounts.types import PersonRef
from scheduling.types.appointments import CALLED_OFF, AppointmentState, Party
from scheduling.types.calendars import Mode


class CalendarSpan(StrEnum):
    """How much of a calendar is looked at."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    AGENDA = "agenda"


class StretchKind(StrEnum):
    """What a stretch of a day is that is no appointment. SKIPPED: the clock does not show it."""

    OPEN = "open"
    OFF = "off"
    BUSY = "busy"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarItem:
    """An appointment as a calendar shows it, without what people wrote. `can_move`: the viewer is its
    therapist, and it can still be had at another time.
    """

    id: UUID
    therapist: PersonRef
    patient: PersonRef
    party: Party | None
    service_name: str
    starts_at: datetime
    ends_at: datetime
    state: AppointmentState
    mode: Mode
    alarms: bool
    can_move: bool

    @property
    def other(self) -> PersonRef:
        """Whom the viewer meets; the patient, where they are neither of the two."""
        return self.therapist if self.party is Party.PATIENT else self.patient


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSheet:
    """All that a calendar knows of a range: whose it is (None: the viewer's own, as a patient), what stands
    in it, when they work, are off, and are busy elsewhere. `may_book`: the viewer books for patients there.
    """

    therapist: PersonRef | None
    is_own: bool
    may_book: bool
    slot_minutes: int
    items: tuple[CalendarItem, ...]
    open: tuple[tuple[datetime, datetime], ...]
    off: tuple[tuple[datetime, datetime], ...]
    busy: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The minutes of the day that a paper shows, `first` to before `last`. `again`: the stretch of wall time
    that comes twice on one of its days; what lies after its first coming is that much further down.
    """

    first: int
    last: int
    again: tuple[int, int] | None = None

    @property
    def length(self) -> int:
        return self.last - self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where something stands on a day's paper: minutes from its top, how long, and in which of how many
    lanes beside each other.
    """

    top: int
    length: int
    lane: int = 0
    lanes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedItem:
    item: CalendarItem
    at: Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedStretch:
    kind: StretchKind
    starts_at: datetime
    ends_at: datetime
    at: Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a day's paper on which time runs evenly: from the minute `top` on, which is `starts_at`,
    for so many minutes. What lies between two parts is not on this day's clock.
    """

    top: int
    length: int
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A day of the viewer's calendar. `is_off`: all of its hours are off."""

    on: date
    is_today: bool
    is_off: bool
    items: tuple[PlacedItem, ...]
    stretches: tuple[PlacedStretch, ...]
    parts: tuple[Part, ...]
    now: Placed | None

    @property
    def live_first(self) -> tuple[PlacedItem, ...]:
        """What takes place before what was called off, each in order: where there is room for few alone."""
        return tuple(sorted(self.items, key=lambda each: each.item.state in CALLED_OFF))


@dataclass(frozen=True, slots=True, kw_only=True)
class HourMark:
    """A full hour at the side of the paper; `is_again` the second time that the clock shows it."""

    top: int
    hour: int
    is_again: bool
