"""Credentials for programs."""

from dataclasses import dataclass

from bloom.kernel.events import Event


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
