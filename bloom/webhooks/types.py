"""What passes the door of the webhooks' room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    # It was still waiting when its endpoint was switched off.
    DROPPED = "dropped"


class Off(StrEnum):
    """Why an endpoint is told nothing."""

    OWNER = "owner"
    FAILING = "failing"
    GONE = "gone"


class Fault(StrEnum):
    """Why a delivery did not arrive."""

    STATUS = "status"
    ADDRESS = "address"
    NAME = "name"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    LATE = "late"
    GARBLED = "garbled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """Where a practice is told of what happens, and of what."""

    id: UUID
    practice_id: UUID
    url: str
    events: tuple[str, ...]
    off: Off | None
    created_at: datetime
    failing_since: datetime | None
    # Until then what is sent is signed with the secret before, too.
    older_until: datetime | None

    @property
    def is_on(self) -> bool:
        return self.off is None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSecret:
    """A new secret, which nobody is shown again."""

    endpoint: EndpointView
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One thing that an endpoint is told, and what came of it."""

    id: UUID
    event: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None
    status: int | None
    fault: Fault | None
    took_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a receiver answered, and after how long."""

    status: int
    took_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveriesRun:
    """What one run of the sender has done."""

    done: int = 0
    failed: int = 0
