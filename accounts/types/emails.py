"""Another address for one's account."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class DropReason(StrEnum):
    """Why a sign-up whose address nobody had confirmed is gone: its days were over, somebody signed up with
    the address again, or took it over by the code in its mailbox.
    """

    NEVER_CONFIRMED = "never_confirmed"
    SIGNED_UP_AGAIN = "signed_up_again"
    CONFIRMED_BY_ANOTHER = "confirmed_by_another"


# How long the code for a new address holds, and how often it may be typed wrong.
EMAIL_CODE_HOLDS = timedelta(minutes=15)
EMAIL_CODE_TRIES = 5
# How long the old address can say that it was not its person.
EMAIL_UNDO_HOLDS = timedelta(days=7)


class EmailChangeState(StrEnum):
    """WAITING for its code; DONE; ENDED without having counted; UNDONE by the old address."""

    WAITING = "waiting"
    DONE = "done"
    ENDED = "ended"
    UNDONE = "undone"


class EmailCodeVerdict(StrEnum):
    """What a code was. OVER: expired, used, typed wrong too often, or asked for in another browser."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeAsked:
    """A new address to be shown. `code` is the only time that it can be read; None for an address that
    somebody has already, which is told so by mail and by nothing else.
    """

    id: UUID
    email: str
    old_email: str
    code: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCodeUse:
    """What came of a code; when it was right, the addresses, and whether an API token ended with it."""

    verdict: EmailCodeVerdict
    change_id: UUID | None = None
    old_email: str = ""
    email: str = ""
    tokens_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeView:
    """A change that waits for its code. `is_here`: it was asked for in this browser, which alone takes it."""

    email: str
    expires_at: datetime
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailUndoView:
    """What "this was not me" would put back, and whether there are API tokens that end with it."""

    change_id: UUID
    old_email: str
    is_done: bool
    has_tokens: bool
