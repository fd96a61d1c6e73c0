"""Calendars, services and appointments as they are handed out."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from accounts.types import LocationView, PersonRef
from bloom.kernel.money import Money
from scheduling.types.appointments import OPEN, AppointmentState, CancelCause, Deed, FreeCause, Party
from scheduling.types.calendars import ExceptionKind, Mode, Modes, WhoMayBook
from scheduling.types.slots import Block, SlotPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a therapist gives their time away; in minutes, days, and minor units of the
    service's currency for calling off late."""

    slot_minutes: int = 15
    notice_minutes: int = 24 * 60
    horizon_days: int = 60
    daily_limit: int | None = None
    needs_approval: bool = False
    free_cancel_minutes: int = 24 * 60
    late_fee_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionView:
    id: UUID
    kind: ExceptionKind
    starts_on: date
    ends_on: date
    starts_minute: int | None
    ends_minute: int | None
    modes: Modes
    location_id: UUID | None

    @property
    def begins(self) -> time | None:
        """From when on each day; None where it is all day."""
        return _time(self.starts_minute)

    @property
    def ends(self) -> time | None:
        return _time(self.ends_minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewDay:
    """A day and the first times of it that somebody can book, and how many more."""

    on: date
    times: tuple[datetime, ...]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityView:
    """A therapist's week and rules at a practice; version 0: nothing was said so far."""

    therapist_id: UUID
    practice_id: UUID
    time_zone: str
    blocks: tuple[Block, ...]
    rules: Rules
    exceptions: tuple[ExceptionView, ...]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """What a therapist tells of something that they offer. Buffers in minutes."""

    name: str
    duration_minutes: int
    price: Money
    modes: Modes = Modes.BOTH
    buffer_before: int = 0
    buffer_after: int = 0
    cpt_code: str = ""
    place_of_service: str = ""
    who_may_book: WhoMayBook = WhoMayBook.ANYBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    id: UUID
    therapist_id: UUID
    practice_id: UUID
    name: str
    duration_minutes: int
    buffer_before: int
    buffer_after: int
    cpt_code: str
    place_of_service: str
    price: Money
    modes: Modes
    who_may_book: WhoMayBook
    version: int
    retired_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotView:
    """A time at which a service can be booked."""

    therapist_id: UUID
    service_id: UUID
    starts_at: datetime
    ends_at: datetime
    places: tuple[SlotPlace, ...]

    @property
    def modes(self) -> tuple[Mode, ...]:
        return tuple(dict.fromkeys(place.mode for place in self.places))


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSlot:
    """The first free time of a therapist who fits what was asked for."""

    therapist: PersonRef
    service: ServiceView
    slot: SlotView


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A time that is kept for somebody from `held_at` until `expires_at`, on the terms of these versions."""

    id: UUID
    person_id: UUID
    therapist_id: UUID
    practice_id: UUID
    service_id: UUID
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    location_id: UUID | None
    service_version: int
    calendar_version: int
    held_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTerms:
    """What is agreed by whoever books a held time, or moves an appointment to it."""

    free_cancel_until: datetime
    late_fee: Money
    needs_approval: bool
    location: LocationView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentView:
    """An appointment as one of its two people, or the practice's desk, sees it: `party` is None for the
    desk. `deeds` is what the viewer can do with it now; `reason`, `note` and `decline_words` (what the
    therapist who declined the request wrote to the patient) are None for whom they are not meant.
    `alarms`: what the patient wrote may mean danger, for whom it is meant; `alarm_words` is what they wrote
    first, where they have rewritten it since. `agreed_at` is when the
    patient said yes to the time; None where no fee can come of it, and `free_cause` says why, where that is
    known.
    `free_cancel_minutes` is how long before its beginning it stops to be free, for a time that the patient
    agrees to. `cancel_fee` is what calling it off now would cost the viewer; None for nothing.
    `cancelled_by`: whose side called it off; None where nobody did, and where Bloom did.
    `moves_too_late`: the viewer could have moved it while calling it off was free. `can_join`: its room is
    open to the viewer now.
    """

    id: UUID
    practice_id: UUID
    therapist: PersonRef
    patient: PersonRef
    party: Party | None
    service_id: UUID
    service_name: str
    price: Money
    starts_at: datetime
    ends_at: datetime
    state: AppointmentState
    mode: Mode
    location: LocationView | None
    reason: str | None
    note: str | None
    decline_words: str | None
    alarms: bool
    alarm_words: str | None
    sequence: int
    agreed_at: datetime | None
    free_cause: FreeCause | None
    free_cancel_minutes: int
    free_cancel_until: datetime
    late_fee: Money
    cancel_fee: Money | None
    owes_late_fee: bool
    cancelled_at: datetime | None
    cancelled_by: Party | None
    cancel_cause: CancelCause | None
    attending_at: datetime | None
    created_at: datetime
    deeds: frozenset[Deed]
    moves_too_late: bool
    can_join: bool

    def is_running(self, *, at: datetime) -> bool:
        """Both have come, or its time has."""
        is_due = self.state is AppointmentState.CONFIRMED and at >= self.starts_at
        return is_due or self.state is AppointmentState.IN_SESSION

    @property
    def other(self) -> PersonRef:
        """Whom the viewer meets; the patient, where they are neither of the two."""
        return self.therapist if self.party is Party.PATIENT else self.patient

    @property
    def missed_fee(self) -> Money | None:
        """What its patient owes if they do not come; None for nothing."""
        return self.late_fee if self.agreed_at is not None and self.late_fee.amount else None

    @property
    def is_moved(self) -> bool:
        """Was the time that the patient agreed to another than the one that they booked?"""
        return self.agreed_at is not None and self.agreed_at > self.created_at

    @property
    def was_never_free(self) -> bool:
        """Did calling it off cost what was agreed from the moment in which the patient said yes?"""
        return self.agreed_at is not None and self.free_cancel_until <= self.agreed_at

    @property
    def lacks_address(self) -> bool:
        """Is it still to be held in person, at a place whose address nobody can read here?"""
        return (
            self.state in OPEN
            and self.mode is Mode.IN_PERSON
            and (self.location is None or not self.location.address)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What a hold became; `is_new` the first time it is told. `unkept` is what was written for it and is not
    with it, since it was booked before with other words; `alarms`: that may mean danger.
    """

    appointment: AppointmentView
    is_new: bool
    unkept: str = ""
    alarms: bool = False


def _time(minute: int | None) -> time | None:
    return None if minute is None else time(minute // 60 % 24, minute % 60)
