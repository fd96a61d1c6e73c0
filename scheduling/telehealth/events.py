"""What is on record of video: who connects which account, and what becomes of meetings."""

from dataclasses import dataclass
from uuid import UUID

from bloom.kernel.events import Event

CREDENTIAL = "scheduling.meetingcredential"
MEETING = "scheduling.meeting"
CALENDAR = "scheduling.calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialConnected(Event):
    """`therapist_id` is whose own it is; None: the practice's."""

    name = "scheduling.video.connected"
    object_kind = CREDENTIAL
    vendor: str
    therapist_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRemoved(Event):
    name = "scheduling.video.removed"
    object_kind = CREDENTIAL
    vendor: str
    therapist_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoChosen(Event):
    """A therapist holds their sessions by video in Bloom from now on, or where an account is connected."""

    name = "scheduling.video.chosen"
    object_kind = CALENDAR
    in_bloom: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfMeeting(Event):
    appointment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingMade(_OfMeeting):
    name = "scheduling.meeting.made"
    object_kind = MEETING
    vendor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingFailed(_OfMeeting):
    """The vendor will not make it, or move it, until somebody changes something."""

    name = "scheduling.meeting.failed"
    object_kind = MEETING
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingCancelled(_OfMeeting):
    name = "scheduling.meeting.cancelled"
    object_kind = MEETING


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOpened(_OfMeeting):
    """Somebody took its address."""

    name = "scheduling.meeting.opened"
    object_kind = MEETING
    as_host: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHappened(_OfMeeting):
    """The vendor told that it started or ended, or that somebody came or left."""

    name = "scheduling.meeting.happened"
    object_kind = MEETING
    happening: str


CONSENT = "scheduling.telehealthconsent"
APPOINTMENT = "scheduling.appointment"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """A patient agreed to video with a practice, to the words of this version."""

    name = "scheduling.consent.given"
    object_kind = CONSENT
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Event):
    name = "scheduling.consent.withdrawn"
    object_kind = CONSENT
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalTold(Event):
    """A patient said where they are for a session, and whom to call."""

    name = "scheduling.arrival.told"
    object_kind = APPOINTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalOpened(Event):
    """The therapist, in the room, was shown where the patient is and whom to call."""

    name = "scheduling.arrival.opened"
    object_kind = APPOINTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomHappened(Event):
    """In Bloom's own room a session began or ended, or one of the two (`party`) came or left."""

    name = "scheduling.room.happened"
    object_kind = APPOINTMENT
    happening: str
    party: str | None
