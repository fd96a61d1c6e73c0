"""What can happen to people."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from accounts.types import RoleName
from bloom.kernel.events import Event

# The record names a person in every event: this one, where an attempt was at nobody's account.
NOBODY: Final = UUID(int=0)
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
class EmailCodeFailed(Event):
    """A wrong code was typed after a sign-up; `object_id` is the nil UUID where the address had an account
    already, so that there was no code.
    """

    name = "accounts.email_code.failed"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChangeFailed(Event):
    """Somebody who is signed in gave a wrong current password with a new one."""

    name = "accounts.password_change.failed"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetAsked(Event):
    """A mail with which a new password is chosen was asked for; `object_id` is the person whose address was
    given, or the nil UUID when there is none.
    """

    name = "accounts.password_reset.asked"
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
