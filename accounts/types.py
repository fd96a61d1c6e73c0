"""What accounts hands out: frozen facts about people, practices and credentials."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bloom.kernel.actor import Actor, Via

NAME_LENGTH = 150
# Where the demo's people have their addresses, and nobody else.
DEMO_DOMAIN = "bloom.demo"


class RoleName(StrEnum):
    """What a person is on the platform. Support and admin are only ever granted by an admin."""

    PATIENT = "patient"
    THERAPIST = "therapist"
    SUPPORT = "support"
    ADMIN = "admin"


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
class PersonRef:
    """A person as others name them. `role` is the foremost of their roles."""

    id: UUID
    name: str
    role: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeRef:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person in the directory: who they are and, for a therapist, where they practise."""

    id: UUID
    name: str
    role: str
    time_zone: str
    headline: str
    practices: tuple[PracticeRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """A person as they see themselves."""

    id: UUID
    email: str
    name: str
    time_zone: str
    locale: str
    roles: tuple[str, ...]
    practices: tuple[PracticeRef, ...]
    practice_id: UUID | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleView:
    id: UUID
    user_id: UUID
    role: str
    granted_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued:
    """A new token. `raw` is the only time that it can be read."""

    id: UUID
    raw: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """What a credential lets its bearer do, as it stands now. Exactly one of the two ids is set.

    `last_used_at` is when a token's use was last noted; None for sessions.
    """

    user_id: UUID
    roles: frozenset[str]
    practice_id: UUID | None
    scopes: frozenset[str] | None
    session_id: str | None
    token_id: UUID | None
    factor_at: datetime | None = None
    last_used_at: datetime | None = None

    def actor(
        self, *, via: Via, request_id: UUID | None = None, ip: str | None = None, device: str = ""
    ) -> Actor:
        """The bearer of this credential, coming through `via`."""
        return Actor(
            user_id=self.user_id,
            via=via,
            roles=self.roles,
            practice_id=self.practice_id,
            scopes=self.scopes,
            session_id=self.session_id,
            token_id=self.token_id,
            factor_at=self.factor_at,
            request_id=request_id,
            ip=ip,
            device=device,
        )
