"""Credentials for programs."""

from dataclasses import dataclass

from accounts.types import TokenFault
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRefused(Event):
    """A request came with a token that opens nothing; `object_id` is the token that it names, or the nil UUID
    when there is none. `is_limited`: its address brought too many, and this line stands for all of them in a
    while.
    """

    name = "accounts.token.refused"
    object_kind = "accounts.token"
    fault: TokenFault
    is_limited: bool
