"""What accounts hands out: frozen facts about people, practices and credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from bloom.kernel.actor import Actor, Via

NAME_LENGTH = 150
# Where the demo's people have their addresses, and nobody else.
DEMO_DOMAIN = "bloom.demo"
FACTOR_NAME_LENGTH = 60
CODES_COUNT = 10
# So few recovery codes are worth a word.
CODES_LOW = 3


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


class FactorPolicy(StrEnum):
    """What a role asks of second factors (settings.MFA_POLICY), from the mildest to the strictest."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class FactorKind(StrEnum):
    """What somebody shows besides, or instead of, a password; the first two as allauth calls them."""

    APP = "totp"
    PASSKEY = "webauthn"
    RECOVERY_CODE = "recovery_codes"


class CodeVerdict(StrEnum):
    """What a typed code turned out to be. CLOCK: right at another time, so the device's clock is wrong."""

    RIGHT = "right"
    WRONG = "wrong"
    USED = "used"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUse:
    """A code that was typed. `kind` is None when it was none; `minutes` is how far off the clock is, ahead
    when positive; `left` counts the recovery codes that remain after one was used.
    """

    verdict: CodeVerdict
    kind: FactorKind | None = None
    factor_id: int | None = None
    minutes: int = 0
    left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorView:
    """A second factor as its person sees it. `maker` is empty when nobody knows; of apps nobody does."""

    id: int
    kind: FactorKind
    name: str
    maker: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityView:
    """How somebody protects their account."""

    policy: FactorPolicy
    app: FactorView | None
    passkeys: tuple[FactorView, ...]
    codes_left: int

    @property
    def factors(self) -> tuple[FactorView, ...]:
        return (*self.passkeys, *((self.app,) if self.app else ()))

    @property
    def has_factor(self) -> bool:
        return bool(self.factors)

    @property
    def codes_are_low(self) -> bool:
        return self.has_factor and self.codes_left <= CODES_LOW

    @property
    def last_must_stay(self) -> bool:
        """Is what there is the only factor of somebody who needs one?"""
        return self.policy is FactorPolicy.REQUIRED and len(self.factors) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyFacts:
    """What an authenticator said of itself and of a new passkey; kept for forensics."""

    credential: Mapping[str, Any]
    credential_id: str
    aaguid: UUID
    sign_count: int
    is_synced: bool
    transports: tuple[str, ...]


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
