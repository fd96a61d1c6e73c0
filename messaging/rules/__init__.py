"""The rules of a conversation: pure, without Django, clock or I/O."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from bloom.kernel.text import is_blank
from messaging.types import AlertReach, MemberRole

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


def patients_of(roles: Mapping[UUID, str]) -> tuple[UUID, ...]:
    """Who of these members takes part as a patient: they see it whichever practice they work for."""
    return tuple(person_id for person_id, role in roles.items() if role == MemberRole.PATIENT)


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


def content_canonical(
    conversation_id: UUID, sender_id: UUID, client_id: UUID, body: str, attachments: Sequence[UUID] = ()
) -> bytes:
    """What a repeated `client_id` is compared by; bound to its place, so that equal words look different."""
    words = conversation_id.bytes + sender_id.bytes + client_id.bytes + body.encode()
    # No body holds a NUL.
    return words + b"".join((b"\0", *(each.bytes for each in attachments))) if attachments else words


def text_judged(text: str, names: Iterable[str]) -> str:
    """What the moderator reads of a message: its text, and what its files are called."""
    return "\n".join((text, *names))


@dataclass(frozen=True, slots=True)
class Sight:
    """What one viewer gets of a message."""

    body: bool
    blurred: bool


def sight(*, outcome: str, is_sender: bool, revealed: bool, deleted: bool, withheld: bool = False) -> Sight:
    """Whether a viewer sees the body, and whether it is hidden behind a reveal. `withheld`: these words were
    written after the viewer had left.
    """
    if deleted or withheld:
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


def team_is_open(therapists: Collection[UUID]) -> bool:
    """Whether a patient's care team has a conversation of its own: with one therapist there is theirs."""
    return len(therapists) > 1


class Seat(Protocol):
    """When somebody takes part in a conversation."""

    @property
    def joined_at(self) -> datetime: ...
    @property
    def left_at(self) -> datetime | None: ...


def newest_known(newest: int, left: int | None) -> int:
    """The conversation's newest number, or change, for somebody who takes part, or who left at `left`."""
    return newest if left is None else left


def words_are_later(edited_at: datetime | None, left_at: datetime | None) -> bool:
    """Whether a message says by now what was written after its reader had left."""
    return edited_at is not None and left_at is not None and edited_at > left_at


def is_beside(other: Seat, own: Seat) -> bool:
    """Whether somebody is shown another as taking part: those who are there now, and to whoever left those
    who were there then.
    """
    if own.left_at is None:
        return other.left_at is None
    # Who comes in the moment of a transfer comes after.
    return other.joined_at < own.left_at and (other.left_at is None or other.left_at >= own.left_at)


def is_archived(*, archived_seq: int | None, last_seq: int, muted: bool) -> bool:
    """Whether somebody who put a conversation away at `archived_seq` still has it out of sight: a later
    message brings it back, unless they also want to hear nothing of it.
    """
    return archived_seq is not None and (muted or archived_seq >= last_seq)


def help_after(crises: Iterable[tuple[int, datetime]], *, at: datetime) -> int | None:
    """After which of somebody's own messages, given as number and moment, the help lines stand: the newest
    one, for a day. An old one should not open the wound again at each visit.
    """
    return max((seq for seq, sent_at in crises if at - sent_at < HELP_SHOWN_FOR), default=None)


def alert_reach_next(reach: AlertReach, *, practice_answers: bool) -> AlertReach:
    """Whom to tell next of an alert that nobody answers. A practice where nobody else could answer is
    passed over, for nobody shall wait longer because they are few.
    """
    return AlertReach.PRACTICE if reach is AlertReach.THERAPIST and practice_answers else AlertReach.STAFF


def danger_to(categories: Iterable[str]) -> str:
    """`others` when a message threatens nobody but others, else `self`: in doubt its writer is met first."""
    threats = {"violence", "harassment/threatening"}
    named = set(categories)
    return "others" if named & threats and not any(_is_about_writer(each) for each in named) else "self"


def _is_about_writer(category: str) -> bool:
    return category.startswith("self-harm") or category == "danger-from-others"
