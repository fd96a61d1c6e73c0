"""What can happen to people."""

from dataclasses import dataclass

from accounts.types import RoleName
from bloom.kernel.events import Event

USER = "accounts.user"
ROLE = "accounts.role"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSignedUp(Event):
    """`role` is None for somebody whom a practice asked to work there in a role that needs none here."""

    name = "accounts.user.signed_up"
    object_kind = USER
    role: RoleName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged(Event):
    """`fields` are the names of what changed, not the values."""

    name = "accounts.profile.changed"
    object_kind = USER
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStepsPutAway(Event):
    name = "accounts.first_steps.put_away"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(Event):
    name = "accounts.email.verified"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    name = "accounts.password.changed"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset(Event):
    name = "accounts.password.reset"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted(Event):
    name = "accounts.role.granted"
    object_kind = ROLE
    role: RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRevoked(Event):
    name = "accounts.role.revoked"
    object_kind = ROLE
    role: RoleName
