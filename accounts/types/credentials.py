"""What sessions and tokens are, and stand for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bloom.kernel.actor import Actor, Via


class SessionOver(StrEnum):
    """Why a session is over: nobody used it for too long, or it has lasted too long."""

    IDLE = "idle"
    OLD = "old"


class Standing(StrEnum):
    """What a session opens: all that its person may; only the showing or adding of a second factor; or only
    the way back into an account that is about to be closed.
    """

    OPEN = "open"
    FACTOR = "factor"
    CLOSING = "closing"


class SignInMethod(StrEnum):
    """How somebody signed in; a second factor, where one was shown, comes on top."""

    PASSWORD = "password"  # noqa: S105 - a name
    PASSKEY = "passkey"
    GOOGLE = "google"
    ZOOM = "zoom"
    OTHER = "other"


class TokenFault(StrEnum):
    """Why a token opens nothing: there is none of that name; its secret is another; or it is over: revoked,
    out of date, or of somebody who may not use it any more.
    """

    UNKNOWN = "unknown"
    WRONG = "wrong"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A browser in which its person is signed in. `place` is empty where nobody knows."""

    id: UUID
    device: str
    ip: str | None
    place: str
    method: str
    started_at: datetime
    seen_at: datetime
    is_this: bool
    # Within the last minute.
    is_seen_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """A token as its person sees it; never the token."""

    id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    practice: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    is_alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityView:
    """Something that happened to somebody's way in, in their words. `is_warning`: worth a second look."""

    title: str
    at: datetime
    device: str
    ip: str | None
    place: str
    is_warning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued:
    """A new token. `raw` is the only time that it can be read."""

    id: UUID
    raw: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """What a credential lets its bearer do, as it stands now. Exactly one of the two ids is set.

    `last_used_at` is when the use of it was last noted; `shows_presence` whether its person lets others see
    that they are here.
    """

    user_id: UUID
    roles: frozenset[str]
    practice_id: UUID | None
    scopes: frozenset[str] | None
    session_id: str | None
    token_id: UUID | None
    factor_at: datetime | None = None
    shown_at: datetime | None = None
    last_used_at: datetime | None = None
    shows_presence: bool = True

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
            shown_at=self.shown_at,
            request_id=request_id,
            ip=ip,
            device=device,
        )
