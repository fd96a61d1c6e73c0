"""Who is in whose care."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.types.people import PersonRef


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentView:
    """A patient in a therapist's care, at one practice. `ended_at` is None while it lasts.

    The reasons are None when there is none, when they are not the viewer's to know, or when the patient's key
    was destroyed.
    """

    id: UUID
    patient: PersonRef
    therapist: PersonRef
    practice_id: UUID
    started_at: datetime
    reason: str | None
    ended_at: datetime | None
    end_reason: str | None

    @property
    def is_active(self) -> bool:
        return self.ended_at is None
