"""What messaging hands out: conversations and messages as one viewer may see them, at that moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bloom.kernel.pages import Page
from messaging.types.absence import Absence, WaitingElsewhere
from messaging.types.alerts import AlertBeyondView, AlertKind, AlertReach, AlertWords, CrisisAlertView
from messaging.types.hours import (
    AWAY_TEXT_LENGTH,
    DATES_MOST,
    SPANS_MOST,
    AwayNotice,
    AwayTherapist,
    AwayView,
    OfficeHours,
    OfficeHoursView,
    Span,
    Spans,
)
from messaging.types.later import (
    SCHEDULED_MOST,
    ScheduledFile,
    ScheduledResult,
    ScheduledState,
    ScheduledView,
    StopReason,
)
from messaging.types.people import PersonName

__all__ = [
    "AWAY_TEXT_LENGTH",
    "DATES_MOST",
    "SCHEDULED_MOST",
    "SPANS_MOST",
    "Absence",
    "AlertBeyondView",
    "AlertKind",
    "AlertReach",
    "AlertWords",
    "AttachmentView",
    "AuditAction",
    "AwayNotice",
    "AwayTherapist",
    "AwayView",
    "CaseNoteView",
    "CaseState",
    "CaseView",
    "ConversationKind",
    "ConversationView",
    "CrisisAlertView",
    "Inbox",
    "MemberRole",
    "MemberView",
    "MessageChange",
    "MessageHistory",
    "MessageOptions",
    "MessageView",
    "OfficeHours",
    "OfficeHoursView",
    "OpenResult",
    "PersonName",
    "PracticeModeration",
    "ReactionView",
    "ReadMark",
    "ScheduledFile",
    "ScheduledResult",
    "ScheduledState",
    "ScheduledView",
    "SendResult",
    "Shelf",
    "Span",
    "Spans",
    "StopReason",
    "Thread",
    "VersionView",
    "WaitingElsewhere",
]


class ConversationKind(StrEnum):
    """Who talks: a patient with one therapist, or with the care team of a practice."""

    DIRECT = "direct"
    TEAM = "team"


class MemberRole(StrEnum):
    """In which capacity somebody takes part."""

    PATIENT = "patient"
    THERAPIST = "therapist"


class Shelf(StrEnum):
    """Where somebody keeps a conversation: before their eyes, or put away."""

    INBOX = "inbox"
    ARCHIVE = "archive"


class CaseState(StrEnum):
    """What staff made of a verdict."""

    TAKEN = "taken"
    UPHELD = "upheld"
    LIFTED = "lifted"


class AuditAction(StrEnum):
    """What the messaging record tells of, one row each."""

    SENT = "sent"
    BLOCKED = "blocked"
    REVEALED = "revealed"
    EDITED = "edited"
    DELETED = "deleted"
    # An earlier text was put aside; its row holds the digest of the version.
    REPLACED = "replaced"
    HISTORY = "history"
    MODERATED = "moderated"
    DOWNLOADED = "downloaded"
    COPIED = "copied"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """`read_seq` is how far they have read."""

    id: UUID
    name: str
    role: MemberRole
    read_seq: int = 0
    pronouns: str = ""
    photo_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionView:
    """An emoji under a message: how many chose it, and whether the viewer did."""

    emoji: str
    count: int
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """A file under a message. `is_picture` says that there is a small one to be shown; `width` and `height`
    are its own.
    """

    id: UUID
    name: str
    content_type: str
    size: int
    is_picture: bool
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message for one viewer.

    `blurred` says that it is hidden from this viewer now. `body` is None when it is blurred, deleted,
    blocked by a later moderation (for others than the sender), or erased with its key.
    """

    id: UUID
    conversation_id: UUID
    seq: int
    change: int
    client_id: UUID
    sender: PersonName
    body: str | None
    blurred: bool
    outcome: str
    categories: tuple[str, ...]
    sent_at: datetime
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    edits: int = 0
    reactions: tuple[ReactionView, ...] = ()
    attachments: tuple[AttachmentView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationView:
    """A conversation for one member. `unread` counts what others sent after the viewer's `read_seq`;
    `archived` and `muted` are how the viewer keeps it, and nobody else's business.
    """

    id: UUID
    practice_id: UUID | None
    kind: ConversationKind
    members: tuple[MemberView, ...]
    last_seq: int
    last_change: int
    read_seq: int
    unread: int
    last_message: MessageView | None
    last_sent_at: datetime
    read_only: bool
    archived: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyView:
    """With whom somebody talks at a practice: as its patient, or as one who works there. `patients` are those
    of `people` who are patients in it.
    """

    practice_id: UUID | None
    people: tuple[UUID, ...]
    patients: tuple[UUID, ...]
    is_patient: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """`created` is False when the same `client_id` and content had been sent before."""

    message: MessageView
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """What a message said for a while, for one viewer. `until` is None for its present text.

    `blurred` says that it is hidden from this viewer; `body` is None then, or when its key is gone.
    """

    number: int
    body: str | None
    blurred: bool
    outcome: str
    categories: tuple[str, ...]
    written_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHistory:
    """A message with all that it ever said, oldest first."""

    message: MessageView
    versions: tuple[VersionView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOptions:
    """A message, and what its viewer may do with it now."""

    message: MessageView
    is_own: bool
    can_edit: bool
    can_delete: bool
    can_react: bool
    has_history: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChange:
    """One change of a conversation for one viewer. `is_new` says that the message itself came after the
    change from which the viewer asked, `is_reaction` that nothing but its reactions did.
    """

    message: MessageView
    is_new: bool
    is_reaction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenResult:
    """`created` is False when the conversation was there already."""

    conversation: ConversationView
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMark:
    """How far somebody has read, and how much of others' lies beyond."""

    conversation_id: UUID
    read_seq: int
    unread: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """Somebody's conversations; `alerting` are those in which a crisis alert waits for them, that which
    stands beside the list among them.
    """

    conversations: Page[ConversationView]
    alerting: frozenset[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A conversation as its page shows it to one member; its newest message is there for patients, and for
    others where `messages` go to the end.

    `help_after` is the number of their message after which help lines stand, `first_unread` that of the first
    message of others that they have not read, on this page or not. Everybody else has read up to `seen`.
    `is_newest`: `messages` go to the end. Whoever has read them has read up to `reads_to`; None where nothing
    is unread, or its beginning stands on another page.
    """

    conversation: ConversationView
    others: tuple[MemberView, ...]
    own_role: MemberRole
    messages: Page[MessageView]
    help_after: int | None
    first_unread: int | None
    seen: int
    is_newest: bool
    reads_to: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNoteView:
    """What somebody of the staff wrote down; `body` is None when its key is gone."""

    author: PersonName
    body: str | None
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """What staff have made of a verdict so far, and who of them may look at it. `state` is None, and nobody
    is assigned, until one of them acts.
    """

    state: CaseState | None
    assigned_to: PersonName | None
    decided_by: PersonName | None
    decided_at: datetime | None
    notes: tuple[CaseNoteView, ...]
    staff: tuple[PersonName, ...]
    can_lift: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeModeration:
    """Whether there is a live service here at all, and whether a practice lets it read its messages."""

    is_offered: bool
    is_live: bool
    changed_at: datetime | None
