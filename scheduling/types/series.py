"""Appointments that come again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from accounts.types import PersonRef
from bloom.kernel.money import Money

# Appointments of a series are made so far ahead, and no series has more than so many.
SERIES_AHEAD_DAYS: Final = 182
SERIES_COUNT_MOST: Final = 104
RULE_LENGTH: Final = 200


class Frequency(StrEnum):
    """How often something comes again; monthly is by the weekday, as in every second Tuesday."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Scope(StrEnum):
    """Which appointments of a series a change is about, beyond the one in hand; what was, stays."""

    FOLLOWING = "following"
    ALL = "all"


class OccurrenceFault(StrEnum):
    """What stands against a time of a series."""

    TAKEN = "taken"
    PATIENT_BUSY = "patient_busy"
    CLOSED = "closed"
    PAST = "past"
    # For the practice's desk.
    DAY_FULL = "day_full"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRule:
    """Every `interval` weeks or months; so many in all, until a day, or neither: until it is ended."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | None = None


class Take(StrEnum):
    """What becomes of a time against which something stands."""

    # Not then: left out of a series that is made, left where it is by a move.
    SKIP = "skip"
    # Outside the hours, all the same.
    KEEP = "keep"
    # At another time of that day.
    AT = "at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What somebody wants to become of one time of a series; `starts_at` with Take.AT alone."""

    take: Take
    starts_at: datetime | None = None


Choices = Mapping[date, Choice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One time of a series by its rule (`on` is its day there), what stands against it, and the nearest free
    time of that day.
    """

    on: date
    starts_at: datetime
    ends_at: datetime
    fault: OccurrenceFault | None = None
    nearest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """The times that would be made now; more follow later where `goes_on`. Outside the hours all the same is
    a choice where it `may_keep`.
    """

    occurrences: tuple[Occurrence, ...]
    goes_on: bool
    may_keep: bool = True

    @property
    def conflicts(self) -> tuple[Occurrence, ...]:
        return tuple(each for each in self.occurrences if each.fault is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """A series as one of its two people, or the practice's desk, sees it. `coming` are its appointments that
    are to be held, soonest first; further ones are made where it `goes_on`.
    """

    id: UUID
    practice_id: UUID
    therapist: PersonRef
    patient: PersonRef
    rule: SeriesRule
    time_zone: str
    starts_on: date
    ends_on: date | None
    is_over: bool
    goes_on: bool
    coming: tuple["SeriesTime", ...]
    skipped: tuple[date, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEnding:
    """What somebody is about to end of a series: how many appointments, how many of them are too late to be
    free for them, and what they would owe for those, one sum a currency.
    """

    count: int
    late: int
    fees: tuple[Money, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTime:
    """An appointment of a series; `is_apart` where it is not when the rule says."""

    appointment_id: UUID
    starts_at: datetime
    is_apart: bool
