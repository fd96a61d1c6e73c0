"""Alerts about words that may mean danger."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from messaging.types.people import PersonName


class AlertKind(StrEnum):
    """What words were written with that are no message. OFFER: with a no to an offer of care; who is alerted
    to it reads no words.
    """

    APPOINTMENT = "appointment"
    REQUEST = "request"
    OFFER = "offer"


class AlertReach(IntEnum):
    """How far an alert that nobody answers has gone: to the therapist, to those who answer for the practice,
    to the platform's staff.
    """

    THERAPIST = 0
    PRACTICE = 1
    STAFF = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisAlertView:
    """A patient wrote something that may mean danger. It stands until the therapist acknowledges it. Of a
    message, or of what was written with something of another room: `about`, which has its id.
    """

    id: UUID
    conversation_id: UUID | None
    message_id: UUID | None
    message_seq: int | None
    about: AlertKind | None
    about_id: UUID | None
    patient: PersonName
    raised_at: datetime
    acknowledged_at: datetime | None
    taken_by: PersonName | None = None
    taken_at: datetime | None = None

    @property
    def is_to_read(self) -> bool:
        """Are its words its reader's to read?"""
        return self.about is not AlertKind.OFFER


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertWords:
    """What a patient wrote that raised an alert, the first words first. Empty where its reader does not see
    any more what it was written with.
    """

    alert: CrisisAlertView
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBeyondView:
    """An alert that its therapist has not answered, for whoever is told in their place. `is_own`: the viewer
    looks after it.
    """

    id: UUID
    patient: PersonName
    therapist: PersonName
    raised_at: datetime
    is_own: bool
