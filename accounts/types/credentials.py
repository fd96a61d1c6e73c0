"""What sessions and tokens are, and stand for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bloom.kernel.actor import Actor, Via


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
