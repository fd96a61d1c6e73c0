"""What can happen to people and their credentials (audit feature A5)."""

from dataclasses import dataclass
from uuid import UUID

from accounts.types import CodeVerdict, FactorKind, MembershipRole, RoleName
from bloom.kernel.events import Event

USER = "accounts.user"
ASSIGNMENT = "accounts.assignment"
ROLE = "accounts.role"
SESSION = "accounts.session"
PRACTICE = "accounts.practice"
MEMBERSHIP = "accounts.membership"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSignedUp(Event):
    name = "accounts.user.signed_up"
    object_kind = USER
    role: RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged(Event):
    """`fields` are the names of what changed, not the values."""

    name = "accounts.profile.changed"
    object_kind = USER
    fields: tuple[str, ...]


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
class SignInFailed(Event):
    """`object_id` is the person whose address was given, or the nil UUID when there is none."""

    name = "accounts.sign_in.failed"
    object_kind = USER


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Event):
    name = "accounts.session.started"
    object_kind = SESSION


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Event):
    name = "accounts.session.ended"
    object_kind = SESSION


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued(Event):
    name = "accounts.token.issued"
    object_kind = "accounts.token"
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(Event):
    name = "accounts.token.revoked"
    object_kind = "accounts.token"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsed(Event):
    """A token was used; written at most once in a while for each token (services.TOKEN_USE_EVERY)."""

    name = "accounts.token.used"
    object_kind = "accounts.token"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorAdded(Event):
    """`factor` is the number of allauth's authenticator."""

    name = "accounts.factor.added"
    object_kind = USER
    kind: FactorKind
    factor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRemoved(Event):
    name = "accounts.factor.removed"
    object_kind = USER
    kind: FactorKind
    factor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRenamed(Event):
    name = "accounts.factor.renamed"
    object_kind = USER
    factor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorUsed(Event):
    """A second factor was shown: to sign in, or `again` by somebody who was signed in."""

    name = "accounts.factor.used"
    object_kind = USER
    kind: FactorKind
    factor: int | None
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorFailed(Event):
    """What was shown is not the person's factor; `object_id` is the nil UUID where nobody was named."""

    name = "accounts.factor.failed"
    object_kind = USER
    kind: FactorKind | None
    verdict: CodeVerdict
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesMade(Event):
    """A new set; codes of an earlier one open nothing any more."""

    name = "accounts.recovery_codes.made"
    object_kind = USER
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyCopied(Event):
    """A passkey's counter went back, as a copy's would: it was refused."""

    name = "accounts.passkey.copied"
    object_kind = USER
    factor: int
    stored: int
    shown: int
