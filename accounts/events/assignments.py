"""Care begins and ends."""

from dataclasses import dataclass
from uuid import UUID

from bloom.kernel.events import Event

ASSIGNMENT = "accounts.assignment"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentStarted(Event):
    name = "accounts.assignment.started"
    object_kind = ASSIGNMENT
    patient_id: UUID
    therapist_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentEnded(Event):
    name = "accounts.assignment.ended"
    object_kind = ASSIGNMENT
    patient_id: UUID
    therapist_id: UUID
