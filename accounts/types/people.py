"""People, as they are shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from accounts.types.listings import ListingView
from accounts.types.practices import PracticeRef

NAME_LENGTH = 150
# RFC 5321, section 4.5.3.1.3, less its brackets.
EMAIL_LENGTH = 254
PRONOUNS_LENGTH = 40
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
    """A person as others name them: by the name they prefer. `role` is the foremost of their roles."""

    id: UUID
    name: str
    role: str
    time_zone: str
    pronouns: str = ""
    photo_id: UUID | None = None


class PersonTie(StrEnum):
    """What somebody is to whoever looks for them, the nearest first."""

    IN_CARE = "in_care"
    GIVES_CARE = "gives_care"
    COLLEAGUE = "colleague"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFound:
    """Somebody whom a name led to."""

    person: PersonRef
    tie: PersonTie


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person whom one may find, by the name they prefer; for a therapist, where they practise."""

    id: UUID
    name: str
    role: str
    time_zone: str
    headline: str
    practices: tuple[PracticeRef, ...]
    listing: ListingView | None = None
    pronouns: str = ""
    photo_id: UUID | None = None
    # For platform staff alone, who have to tell people of one name apart.
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """A person as they see themselves. `name` is their legal name, `shown_name` the one that others read;
    `gives_care`, whether they care for patients at the practice that they act for.
    """

    id: UUID
    email: str
    name: str
    preferred_name: str
    pronouns: str
    photo_id: UUID | None
    time_zone: str
    locale: str
    roles: tuple[str, ...]
    practices: tuple[PracticeRef, ...]
    practice_id: UUID | None
    gives_care: bool
    notices_unread: int
    shows_presence: bool = True

    @property
    def shown_name(self) -> str:
        return self.preferred_name or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleView:
    id: UUID
    user_id: UUID
    role: str
    granted_at: datetime
    revoked_at: datetime | None
