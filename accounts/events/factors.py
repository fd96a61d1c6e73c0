"""Second factors."""

from dataclasses import dataclass

from accounts.events.people import USER
from accounts.types import CodeVerdict, FactorKind
from bloom.kernel.events import Event


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
class FactorsReset(Event):
    """An admin took away all of a person's factors and recovery codes, because they were lost."""

    name = "accounts.factor.reset"
    object_kind = USER
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorUnexplained(Event):
    """A factor stands in the table, or is missing from it, without a line in the record that says why."""

    name = "accounts.factor.unexplained"
    object_kind = USER
    factor: int
    is_there: bool


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
class FactorLimited(Event):
    """Codes or passkeys beyond what is allowed, judged no more: one line for all of them in a while."""

    name = "accounts.factor.limited"
    object_kind = USER
    kind: FactorKind | None
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
