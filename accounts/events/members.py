"""What can happen to invitations, and to what a practice says of itself."""

from dataclasses import dataclass

from accounts.events.practices import MEMBERSHIP, PRACTICE
from accounts.types import MembershipRole
from bloom.kernel.events import Event

INVITATION = "accounts.invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationSent(Event):
    """A link went to an address; `is_again` when an earlier one was replaced."""

    name = "accounts.invitation.sent"
    object_kind = INVITATION
    role: MembershipRole
    is_again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationWithdrawn(Event):
    name = "accounts.invitation.withdrawn"
    object_kind = INVITATION


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAccepted(Event):
    name = "accounts.invitation.accepted"
    object_kind = INVITATION
    role: MembershipRole


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationDeclined(Event):
    name = "accounts.invitation.declined"
    object_kind = INVITATION


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipChanged(Event):
    name = "accounts.membership.changed"
    object_kind = MEMBERSHIP
    role: MembershipRole
    role_before: MembershipRole


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeChosen(Event):
    """A session works in this practice from now on."""

    name = "accounts.practice.chosen"
    object_kind = PRACTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeChanged(Event):
    """`fields` are the names of what changed, not the values."""

    name = "accounts.practice.changed"
    object_kind = PRACTICE
    fields: tuple[str, ...]
