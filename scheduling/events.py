"""What happens to times and appointments. `subject_id` of an appointment's events is its patient."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bloom.kernel.events import Event

CALENDAR = "scheduling.calendar"
SERVICE = "scheduling.service"
APPOINTMENT = "scheduling.appointment"
SERIES = "scheduling.series"


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityChanged(Event):
    """A therapist works at other hours from now on, or gives their time away otherwise."""

    name = "scheduling.calendar.changed"
    object_kind = CALENDAR
    therapist_id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionAdded(Event):
    """Days apart: off, or with extra hours."""

    name = "scheduling.date_exception.added"
    object_kind = "scheduling.date_exception"
    therapist_id: UUID
    kind: str
    starts_on: str
    ends_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRemoved(Event):
    name = "scheduling.date_exception.removed"
    object_kind = "scheduling.date_exception"
    therapist_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAdded(Event):
    name = "scheduling.service.added"
    object_kind = SERVICE
    therapist_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChanged(Event):
    name = "scheduling.service.changed"
    object_kind = SERVICE
    therapist_id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRetired(Event):
    """Nobody books it any more; what was booked stands."""

    name = "scheduling.service.retired"
    object_kind = SERVICE
    therapist_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMade(Event):
    """There is an address at which a calendar program reads somebody's appointments; a renewed one ends the
    one before.
    """

    name = "scheduling.feed.made"
    object_kind = "scheduling.calendarfeed"
    is_renewed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEnded(Event):
    """That address opens nothing any more."""

    name = "scheduling.feed.ended"
    object_kind = "scheduling.calendarfeed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfAppointment(Event):
    """`sequence` numbers the changes of an appointment, as calendar programs count them. `series_id` is said
    where it happened to a whole series, which tells of it once.
    """

    therapist_id: UUID
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentBooked(_OfAppointment):
    """`state` is confirmed, or requested where the therapist approves of times."""

    name = "scheduling.appointment.booked"
    object_kind = APPOINTMENT
    state: str
    starts_at: datetime
    ends_at: datetime
    series_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentMoved(_OfAppointment):
    name = "scheduling.appointment.moved"
    object_kind = APPOINTMENT
    state: str
    starts_at: datetime
    ends_at: datetime
    series_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentConfirmed(_OfAppointment):
    """The therapist said yes to a requested time."""

    name = "scheduling.appointment.confirmed"
    object_kind = APPOINTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentBegan(_OfAppointment):
    """Both came into its room."""

    name = "scheduling.appointment.began"
    object_kind = APPOINTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCancelled(_OfAppointment):
    """It does not take place. `party` called it off: patient, therapist (declined, too), desk, or system
    (nobody answered in time, care has ended, somebody has left); `cause`, as scheduling.types.CancelCause;
    `is_late` after it was free to, `fee_minor` being owed then: by a patient who called it off, or ended care
    or their account themselves. `was` is where it stood.
    """

    name = "scheduling.appointment.cancelled"
    object_kind = APPOINTMENT
    party: str
    was: str
    series_id: UUID | None = None
    cause: str | None = None
    is_late: bool
    fee_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCompleted(_OfAppointment):
    name = "scheduling.appointment.completed"
    object_kind = APPOINTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentNoted(_OfAppointment):
    """Somebody wrote something to it, or took that away; what, stays sealed."""

    name = "scheduling.appointment.noted"
    object_kind = APPOINTMENT
    has_reason: bool
    has_note: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentAlarmed(_OfAppointment):
    """What the patient wrote may mean danger to somebody: they were shown help, and the therapist sees it
    first.
    """

    name = "scheduling.appointment.alarmed"
    object_kind = APPOINTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentMissed(_OfAppointment):
    """The patient did not come; `fee_minor` is owed."""

    name = "scheduling.appointment.missed"
    object_kind = APPOINTMENT
    fee_minor: int


WAITLIST = "scheduling.waitlist_entry"
OFFER = "scheduling.waitlist_offer"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistJoined(Event):
    """Somebody waits for a time: with one therapist, or (None) with whoever fits."""

    name = "scheduling.waitlist.joined"
    object_kind = WAITLIST
    therapist_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistClosed(Event):
    """Somebody waits no more; `state` says why: booked, left, or ended, because it cannot be any more."""

    name = "scheduling.waitlist.closed"
    object_kind = WAITLIST
    therapist_id: UUID | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistRested(Event):
    """Somebody did not answer what they were offered: they keep their place, and are offered nothing until
    they come back (`is_resting` False).
    """

    name = "scheduling.waitlist.rested"
    object_kind = WAITLIST
    therapist_id: UUID | None
    is_resting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistPaused(Event):
    """What somebody waits for can be offered to them no more for now (`is_paused`), or again."""

    name = "scheduling.waitlist.paused"
    object_kind = WAITLIST
    therapist_id: UUID | None
    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMade(Event):
    """A time is kept for one who waits, until `expires_at`."""

    name = "scheduling.waitlist_offer.made"
    object_kind = OFFER
    entry_id: UUID
    therapist_id: UUID
    starts_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferClosed(Event):
    """`state`: accepted, declined, lapsed, or withdrawn."""

    name = "scheduling.waitlist_offer.closed"
    object_kind = OFFER
    entry_id: UUID
    therapist_id: UUID
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSent(_OfAppointment):
    """Its patient is reminded of it, so long before."""

    name = "scheduling.reminder.sent"
    object_kind = APPOINTMENT
    lead_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderAnswered(_OfAppointment):
    """Somebody answered by the link of a reminder, as scheduling.types.ReminderAnswer says. Its actor is who
    was signed in there, or nobody; what follows is on record as its patient's, through the door "link".
    """

    name = "scheduling.reminder.answered"
    object_kind = APPOINTMENT
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindersChosen(Event):
    """Somebody wants to be reminded so many minutes before."""

    name = "scheduling.reminders.chosen"
    object_kind = "accounts.user"
    leads: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentAttending(_OfAppointment):
    """Its patient has said that they will be there."""

    name = "scheduling.appointment.attending"
    object_kind = APPOINTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfSeries(Event):
    """`count` is how many appointments it was about."""

    therapist_id: UUID
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesMade(_OfSeries):
    """An appointment comes again from now on."""

    name = "scheduling.series.made"
    object_kind = SERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesMoved(_OfSeries):
    """From one of its appointments on a series is at other times; it is the one that goes on."""

    name = "scheduling.series.moved"
    object_kind = SERIES
    before_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEnded(_OfSeries):
    """It does not come again; `party` ended it, and its appointments that were to come are called off."""

    name = "scheduling.series.ended"
    object_kind = SERIES
    party: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesExtended(_OfSeries):
    """Time went on, and more of its appointments were made; `left_out` could not be."""

    name = "scheduling.series.extended"
    object_kind = SERIES
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideAdded(Event):
    """Bloom reads from now on when a therapist is busy elsewhere; `is_file` once, from a file."""

    name = "scheduling.outside.added"
    object_kind = "scheduling.outsidecalendar"
    is_file: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideRemoved(Event):
    """What was read of that calendar is gone."""

    name = "scheduling.outside.removed"
    object_kind = "scheduling.outsidecalendar"
