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
    """A request was made with a token; the line carries the request's id, which the log explains."""

    name = "accounts.token.used"
    object_kind = "accounts.token"
