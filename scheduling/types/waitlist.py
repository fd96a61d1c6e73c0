"""Somebody waits for a time, and is offered one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from accounts.types import LocationView, PersonRef, TermKind
from bloom.kernel.money import Money
from scheduling.types.calendars import Mode

# So many one waits for at a time; so many offers in a row may go unanswered before one is asked again.
WAITING_MOST = 5
UNANSWERED_MOST = 2
# So many times are kept for one person at once; one of each therapist.
OFFERS_MOST = 2
# Who lets so many go within so long, by declining or by saying nothing, is offered nothing until it is past.
PASSED_MOST = 4
PASSED_WITHIN = timedelta(days=1)
# By what one waits for whoever fits.
WAITLIST_TERMS = (TermKind.SPECIALTY, TermKind.INSURANCE, TermKind.LANGUAGE, TermKind.STATE)
WAITLIST_TERMS_MOST = 6
WAITLIST_AHEAD_DAYS = 366


class DayPart(StrEnum):
    """Part of a day, by the clock of who waits."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class EntryState(StrEnum):
    """Where a place in the line stands: waiting, with an open offer, resting until its person comes back, or
    over: by an appointment, by leaving, or because it cannot be any more.
    """

    WAITING = "waiting"
    OFFERED = "offered"
    RESTING = "resting"
    BOOKED = "booked"
    LEFT = "left"
    ENDED = "ended"


IN_LINE = frozenset({EntryState.WAITING, EntryState.OFFERED, EntryState.RESTING})


class OfferState(StrEnum):
    """What became of an offer; withdrawn: its time, or its person, could not have it any more."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """When somebody could come, by the clock of their own time zone. `parts` are (weekday, part), Monday is
    0; none: any. `first_on` and `last_on` are included.
    """

    time_zone: str
    parts: frozenset[tuple[int, DayPart]] = frozenset()
    first_on: date | None = None
    last_on: date | None = None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """A time that is kept for somebody until `expires_at`, with what they would say yes to; `terms` names
    these as they are now.
    """

    id: UUID
    entry_id: UUID
    patient_id: UUID
    therapist: PersonRef
    service_id: UUID
    service_name: str
    price: Money
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    location: LocationView | None
    expires_at: datetime
    state: OfferState
    free_cancel_until: datetime
    late_fee: Money
    needs_approval: bool
    terms: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWay:
    """A way of meeting in which what is offered can be taken, and where that is."""

    mode: Mode
    location: LocationView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """Somebody's place in a line. `ahead` is how many who wait for the same came before them; None for whom
    it is over. `terms` are for its person alone. `is_paused`: it cannot be offered to them for now.
    """

    id: UUID
    patient: PersonRef
    therapist: PersonRef | None
    service_id: UUID | None
    service_name: str
    terms: Mapping[TermKind, tuple[str, ...]] = field(default_factory=dict)
    wishes: Wishes
    state: EntryState
    joined_at: datetime
    ahead: int | None
    offer: OfferView | None
    is_paused: bool = False
