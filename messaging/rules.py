"""The rules of a conversation: pure, without Django, clock or I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from bloom.kernel.text import is_blank

BODY_LIMIT = 4_000
HELP_SHOWN_FOR = timedelta(hours=24)


class BadBody(ValueError):
    """The text can't be a message's body; the reason is one of the codes below."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_TEXT = "not_text"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def body_clean(body: str) -> str:
    """The text as it will be stored: without white space around it, 1 to BODY_LIMIT characters.

    Raises BadBody when nothing in it can be seen, when it is too long, or when it holds what no database or
    client can carry (NUL and lone surrogates).
    """
    text = body.strip()
    if is_blank(text):
        raise BadBody(BadBody.EMPTY)
    if len(text) > BODY_LIMIT:
        raise BadBody(BadBody.TOO_LONG)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadBody(BadBody.NOT_TEXT) from None
    if "\0" in text:
        raise BadBody(BadBody.NOT_TEXT)
    return text


def content_canonical(conversation_id: UUID, sender_id: UUID, client_id: UUID, body: str) -> bytes:
    """What a repeated `client_id` is compared by; bound to its place, so that equal words look different."""
    return conversation_id.bytes + sender_id.bytes + client_id.bytes + body.encode()


@dataclass(frozen=True, slots=True)
class Sight:
    """What one viewer gets of a message."""

    body: bool
    blurred: bool


def sight(*, outcome: str, is_sender: bool, revealed: bool, deleted: bool) -> Sight:
    """Whether a viewer sees the body, and whether it is hidden behind a reveal."""
    if deleted:
        return Sight(body=False, blurred=False)
    if is_sender or (revealed and outcome == "blur"):
        return Sight(body=True, blurred=False)
    if outcome == "blur":
        return Sight(body=False, blurred=True)
    return Sight(body=outcome != "block", blurred=False)


EDITS_LIMIT = 50
# Different emoji of one person under one message.
REACTIONS_LIMIT = 12


class EditFault(StrEnum):
    """Why a message can't be changed."""

    NOT_AUTHOR = "not_author"
    DELETED = "deleted"
    TOO_LATE = "too_late"
    TOO_OFTEN = "too_often"


def edit_fault(
    *, is_author: bool, deleted: bool, sent_at: datetime, edits: int, at: datetime, window: timedelta
) -> EditFault | None:
    """Why this person may not edit the message now, or None. The window begins when it was sent."""
    if not is_author:
        return EditFault.NOT_AUTHOR
    if deleted:
        return EditFault.DELETED
    if at - sent_at >= window:
        return EditFault.TOO_LATE
    return EditFault.TOO_OFTEN if edits >= EDITS_LIMIT else None


def history_is_open(*, is_author: bool, is_therapist: bool) -> bool:
    """Who may read what a message said before it was edited or deleted."""
    return is_author or is_therapist


def unread(*, last_seq: int, read_seq: int, own_unread: int) -> int:
    """How many messages of others come after `read_seq`; `own_unread` of those after it are one's own."""
    return last_seq - read_seq - own_unread


def help_after(crises: Iterable[tuple[int, datetime]], *, at: datetime) -> int | None:
    """After which of somebody's own messages, given as number and moment, the help lines stand: the newest
    one, for a day. An old one should not open the wound again at each visit.
    """
    return max((seq for seq, sent_at in crises if at - sent_at < HELP_SHOWN_FOR), default=None)


def danger_to(categories: Iterable[str]) -> str:
    """`others` when a message threatens nobody but others, else `self`: in doubt its writer is met first."""
    threats = {"violence", "harassment/threatening"}
    named = set(categories)
    return "others" if named & threats and not any(_is_about_writer(each) for each in named) else "self"


def _is_about_writer(category: str) -> bool:
    return category.startswith("self-harm") or category == "danger-from-others"
