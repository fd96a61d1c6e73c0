"""Where people work."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class MembershipRole(StrEnum):
    """What a person is in one practice."""

    OWNER = "owner"
    CLINICIAN = "clinician"
    SUPERVISOR = "supervisor"
    BILLER = "biller"
    FRONT_DESK = "front_desk"


class PracticeKind(StrEnum):
    SOLO = "solo"
    GROUP = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeRef:
    id: UUID
    name: str
