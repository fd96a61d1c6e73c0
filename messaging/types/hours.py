"""When a practice reads its messages, and who is away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

AWAY_TEXT_LENGTH = 500
DATES_MOST = 60
SPANS_MOST = 3


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Part of a day, in minutes after midnight by the clock on the wall; 1440 is the midnight after it."""

    start: int
    end: int


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHours:
    """`week` begins on Monday; `dates` are days on which other hours hold, or none."""

    time_zone: str
    week: tuple[Spans, ...]
    dates: Mapping[date, Spans] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeHoursView:
    """What a practice has set; `version` counts its changes, 0 is nothing yet. Where it has said nothing of
    its own, `hours` is None and `text` "".
    """

    practice_id: UUID
    hours: OfficeHours | None
    text: str
    version: int
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayView:
    """From when to when a therapist is away, both days included, by the clock of `time_zone`. `is_now`: it
    has begun, and is not over.
    """

    starts_on: date
    ends_on: date
    time_zone: str
    text: str
    is_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayTherapist:
    """A therapist of a conversation who is away now; `back_at` is the beginning of the day after."""

    id: UUID
    name: str
    back_at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayNotice:
    """When messages of a conversation are read. `text` is the practice's or Bloom's own, and the line about
    danger always stands beside it. `is_open` is None where no hours are known, or the
    viewer writes no more; `reads_next_at` is given while nobody reads, where it is known when somebody does.
    """

    text: str
    danger: str
    is_open: bool | None
    reads_next_at: datetime | None
    therapists: tuple[AwayTherapist, ...]
