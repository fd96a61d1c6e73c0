"""Who asks: the first argument of every service and selector, built once at the door.

actor = Actor.anonymous(via=Via.WEB, request_id=request_id, ip="127.0.0.1")
services.message_send(request.actor, conversation_id, client_id, body, at=clock.now())
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from bloom.kernel import errors

# How long a shown factor speaks for the person where something sensitive is done.
FRESH: Final = timedelta(minutes=10)


class Via(StrEnum):
    """The door through which somebody came in."""

    WEB = "web"
    API = "api"
    SOCKET = "socket"
    JOB = "job"
    COMMAND = "command"
    ADMIN = "admin"
    # A signed link of a mail: whoever has it speaks for its person.
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person, an API token, a job of the system, or nobody in particular.

    `scopes` is None for a session, which may do whatever the person may; a token carries the set it was
    issued with. `session_id` is a keyed hash of the session's key, never the key. `practice_id` is chosen
    per session, fixed per token and socket, and None for patients. `factor_at` is when a second factor was
    last shown, `shown_at` when its person last showed in this session, in whatever way, that it is they.
    """

    user_id: UUID | None
    via: Via
    roles: frozenset[str] = frozenset()
    practice_id: UUID | None = None
    scopes: frozenset[str] | None = None
    session_id: str | None = None
    token_id: UUID | None = None
    factor_at: datetime | None = None
    shown_at: datetime | None = None
    request_id: UUID | None = None
    ip: str | None = None
    device: str = ""
    system: str | None = None

    @classmethod
    def anonymous(
        cls, *, via: Via, request_id: UUID | None = None, ip: str | None = None, device: str = ""
    ) -> "Actor":
        """Nobody we know, coming through `via`."""
        return cls(user_id=None, via=via, scopes=frozenset(), request_id=request_id, ip=ip, device=device)

    @classmethod
    def for_system(cls, name: str, *, via: Via = Via.JOB, request_id: UUID | None = None) -> "Actor":
        """A named part of Bloom acting on its own account, such as "reminders"."""
        return cls(user_id=None, via=via, system=name, request_id=request_id)

    @property
    def is_authenticated(self) -> bool:
        return self.user_id is not None

    @property
    def is_system(self) -> bool:
        return self.system is not None

    def has_role(self, *roles: str) -> bool:
        """True when the actor holds at least one of `roles`."""
        return not self.roles.isdisjoint(roles)

    def may(self, scope: str) -> bool:
        """True when the credential covers `scope`; "x:write" includes "x:read"."""
        if self.scopes is None:
            return True
        area, _, verb = scope.partition(":")
        return scope in self.scopes or (verb == "read" and f"{area}:write" in self.scopes)

    def require_scope(self, scope: str) -> None:
        """Raise InsufficientScope unless the credential covers `scope`."""
        if not self.may(scope):
            raise errors.InsufficientScope(scope=scope)

    def require_user(self) -> UUID:
        """The person's id, or raise Unauthenticated."""
        if self.user_id is None:
            raise errors.Unauthenticated
        return self.user_id

    def require_fresh_factor(self, at: datetime) -> None:
        """Raise FreshFactorNeeded unless a second factor was shown within the last 10 minutes."""
        if not _is_fresh(self.factor_at, at):
            raise errors.FreshFactorNeeded

    def require_shown(self, at: datetime) -> None:
        """Raise FreshFactorNeeded unless they showed within the last 10 minutes that it is they."""
        if not _is_fresh(self.shown_at, at):
            raise errors.FreshFactorNeeded

    def acting_for(self, practice_id: UUID) -> "Actor":
        """The same person in another practice, for asking what they would see there. The caller knows that
        they work in it.
        """
        return replace(self, practice_id=practice_id)

    def through(self, via: Via) -> "Actor":
        """The same person through another door."""
        return replace(self, via=via)


def _is_fresh(shown: datetime | None, at: datetime) -> bool:
    return shown is not None and shown <= at < shown + FRESH
