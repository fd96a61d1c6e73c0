"""Who works in a practice, and who was asked to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from accounts.types.practices import MembershipRole, PracticeKind, PracticeMay

INVITATION_DAYS = 7
INVITATIONS_PER_HOUR = 30


class InvitationOutcome(StrEnum):
    """How an invitation ended; one whose time is over has none."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class InvitationState(StrEnum):
    """What an invitation is to the person who opened its link."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeView:
    """A practice as somebody who works there sees it; `may` is what they may do in it."""

    id: UUID
    name: str
    kind: PracticeKind
    is_listed: bool
    roles: tuple[MembershipRole, ...]
    may: frozenset[PracticeMay]
    is_current: bool
    members: int
    logo_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """Somebody who works in a practice. `is_self`: it is who asks."""

    id: UUID
    name: str
    roles: tuple[MembershipRole, ...]
    pronouns: str
    photo_id: UUID | None
    is_therapist: bool
    since: datetime
    is_self: bool

    @property
    def is_owner(self) -> bool:
        return MembershipRole.OWNER in self.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """An invitation that waits for an answer, as those who send them see it. `member`: the name of who works
    there already, and is asked to be an owner; of anybody else the practice knows the address alone.
    """

    id: UUID
    email: str
    member: str
    role: MembershipRole
    invited_by: str
    created_at: datetime
    due_at: datetime
    is_lapsed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationOpened:
    """An invitation as whoever holds its link sees it. `is_for_them`: their verified address is the one that
    was invited; `is_member`: and they work there. `needs_therapist`: the role is one that only a therapist
    can have, and they are none.
    """

    id: UUID
    practice_id: UUID
    practice: str
    logo_id: UUID | None
    email: str
    role: MembershipRole
    invited_by: str
    due_at: datetime
    state: InvitationState
    is_for_them: bool
    is_member: bool
    needs_therapist: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationSent:
    """A new link. `secret` is the only time that it can be read. `role_before`: what the invitation that it
    replaces was for. `is_member`: somebody who works there is asked to be an owner.
    """

    id: UUID
    practice_id: UUID
    practice: str
    email: str
    role: MembershipRole
    invited_by: str
    secret: str
    due_at: datetime
    role_before: MembershipRole | None = None
    is_member: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberNotice:
    """Whom to tell what has happened to a membership; `others` are who manage the practice."""

    practice_id: UUID
    practice: str
    person_id: UUID
    person: str
    role: MembershipRole
    others: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticePatient:
    """A patient of a practice, as those see them who see names alone."""

    id: UUID
    name: str
    is_in_care: bool
