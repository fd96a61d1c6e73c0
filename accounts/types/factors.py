"""Second factors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

FACTOR_NAME_LENGTH = 60
CODES_COUNT = 10
# So few recovery codes are worth a word.
CODES_LOW = 3


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
    """A second factor as its person sees it. `maker` is empty when nobody knows; of apps nobody does. `uses`
    is what a passkey counts itself; many count nothing.
    """

    id: int
    kind: FactorKind
    name: str
    maker: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None
    uses: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesView:
    """Somebody's recovery codes, of which nobody keeps what they are."""

    left: int
    used: int
    made_at: datetime
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
