"""What the record shows of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SealSource:
    """A table whose rows the sealer numbers and signs. Registered with `kernel.registry.seal`.

    The table is append-only (`observability.sql.AppendOnly`), its primary key is a random UUID column
    `id`, and each row carries `mac`: `services.row_mac(source, values)` over exactly `columns`, computed by
    whoever writes the row. `columns` are the names of the model's attributes (`conversation_id`), every
    column of the table but `mac`; a new column is a new source version, never a silent addition.
    `time_column` holds the moment at which the row was written.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    time_column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One line of the record."""

    id: UUID
    name: str
    object_kind: str
    object_id: UUID
    practice_id: UUID | None
    subject_id: UUID | None
    actor_kind: str
    actor_user_id: UUID | None
    session_id: str
    system_name: str
    via: str
    data: Mapping[str, Any]
    at: datetime
    request_id: UUID | None
    ip: str | None
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRun:
    """What one run of the sealer did. `busy` says that another run held the chain."""

    batches: int = 0
    sealed: int = 0
    late: int = 0
    refused: int = 0
    head_number: int = 0
    head_hash: str = ""
    busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRun:
    """What one drain of the outbox did."""

    done: int = 0
    failed: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxState:
    """How the outbox stands: what waits, since when, and what was given up."""

    pending: int
    dead: int
    oldest_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """Where the chain of seals ends."""

    number: int
    hash: str
    sealed_at: datetime | None
    entries: int
    oldest_unsealed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of damage to the record, and the first row that shows it."""

    kind: str
    table: str
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What `verify_audit` found. The record is whole when there is no fault."""

    faults: tuple[Fault, ...]
    batches: int
    entries: int
    rows: Mapping[str, int]
    pending: int
    head_number: int
    head_hash: str

    @property
    def is_whole(self) -> bool:
        return not self.faults
