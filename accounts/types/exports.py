"""Copies of one's own data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ExportState(StrEnum):
    """Asked for, being made, there to be fetched, not made after several tries, or gone after its time."""

    ASKED = "asked"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportView:
    """A copy as its person sees it. `link` is signed, and "" unless the copy can be fetched."""

    id: UUID
    state: ExportState
    asked_at: datetime
    made_at: datetime | None
    expires_at: datetime | None
    size: int
    link: str
    format: str = ""

    @property
    def is_under_way(self) -> bool:
        return self.state in {ExportState.ASKED, ExportState.MAKING}

    @property
    def is_ready(self) -> bool:
        return self.state is ExportState.READY
