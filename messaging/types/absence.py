"""Who is away while something waits for them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Somebody who has not read, for a while, what waits in a conversation up to message `seq`; `is_long`:
    for so long that an open page of theirs is no sign of them.
    """

    member_id: UUID
    conversation_id: UUID
    person_id: UUID
    practice_id: UUID | None
    seq: int
    sent_at: datetime
    is_long: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingElsewhere:
    """Something waits in another practice of somebody's: an alert, or else messages alone."""

    alert: bool
