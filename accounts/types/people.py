"""People, as they are shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from accounts.types.listings import ListingView
from accounts.types.practices import PracticeRef

NAME_LENGTH = 150
# Where the demo's people have their addresses, and nobody else.
DEMO_DOMAIN = "bloom.demo"


class RoleName(StrEnum):
    """What a person is on the platform. Support and admin are only ever granted by an admin."""

    PATIENT = "patient"
    THERAPIST = "therapist"
    SUPPORT = "support"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRef:
    """A person as others name them. `role` is the foremost of their roles."""

    id: UUID
    name: str
    role: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person in the directory: who they are and, for a therapist, where they practise."""

    id: UUID
    name: str
    role: str
    time_zone: str
    headline: str
    practices: tuple[PracticeRef, ...]
    listing: ListingView | None = None


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
class RoleView:
    id: UUID
    user_id: UUID
    role: str
    granted_at: datetime
    revoked_at: datetime | None
