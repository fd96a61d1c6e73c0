"""Messages that go later."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

SCHEDULED_MOST = 50


class ScheduledState(StrEnum):
    """It waits for its time, could not go and stays for its author, or went."""

    WAITING = "waiting"
    STOPPED = "stopped"
    SENT = "sent"


class StopReason(StrEnum):
    """Why a message that was to go later did not: the moderator blocked it, the conversation has ended, its
    author closed their account or works there no more, what planned it was thrown out since (a password
    reset, a session ended from elsewhere, a token revoked), or it failed too often.
    """

    BLOCKED = "blocked"
    ENDED = "ended"
    CLOSED = "closed"
    LEFT = "left"
    REVOKED = "revoked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledFile:
    """A file that goes along with it."""

    id: UUID
    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledView:
    """A message that goes later, for its author. `body` is None once it went, or when its key is gone, and
    then there are no `files` either; `alarms`: it says that somebody may be in danger, which should not wait.
    """

    id: UUID
    conversation_id: UUID
    client_id: UUID
    body: str | None
    files: tuple[ScheduledFile, ...]
    due_at: datetime
    state: ScheduledState
    reason: StopReason | None
    categories: tuple[str, ...]
    message_id: UUID | None
    alarms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledResult:
    """`created` is False when the same `client_id` and content had been planned before."""

    scheduled: ScheduledView
    created: bool
