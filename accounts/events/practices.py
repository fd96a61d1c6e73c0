"""What can happen to practices and to those who work in them."""

from dataclasses import dataclass

from accounts.types import MembershipRole
from bloom.kernel.events import Event

PRACTICE = "accounts.practice"
MEMBERSHIP = "accounts.membership"


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeCreated(Event):
    name = "accounts.practice.created"
    object_kind = PRACTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeListed(Event):
    """Its therapists stand in the public directory from now on."""

    name = "accounts.practice.listed"
    object_kind = PRACTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeUnlisted(Event):
    name = "accounts.practice.unlisted"
    object_kind = PRACTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipStarted(Event):
    name = "accounts.membership.started"
    object_kind = MEMBERSHIP
    role: MembershipRole


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipEnded(Event):
    name = "accounts.membership.ended"
    object_kind = MEMBERSHIP
    role: MembershipRole
