"""What happens in conversations. `messaging.models.MessageAudit` records each message; an event is added
where somebody durable may have to act on it.
"""

from dataclasses import dataclass
from uuid import UUID

from bloom.kernel.events import Event

CONVERSATION = "messaging.conversation"
MESSAGE = "messaging.message"
CRISIS_ALERT = "messaging.crisis_alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationOpened(Event):
    name = "messaging.conversation.opened"
    object_kind = CONVERSATION


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationClosed(Event):
    """Nothing can be added any more; its members can still read it."""

    name = "messaging.conversation.closed"
    object_kind = CONVERSATION


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(Event):
    """Written only while somebody subscribes to it: the record of a message is its MessageAudit."""

    name = "messaging.message.sent"
    object_kind = MESSAGE
    conversation_id: UUID
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(Event):
    """`edits` is how often it was, this time included."""

    name = "messaging.message.edited"
    object_kind = MESSAGE
    conversation_id: UUID
    edits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(Event):
    """A marker stands in its place; what it said stays sealed in its history."""

    name = "messaging.message.deleted"
    object_kind = MESSAGE
    conversation_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBlurred(Event):
    name = "messaging.message.blurred"
    object_kind = MESSAGE
    conversation_id: UUID
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageModerated(Event):
    """A later look came to another outcome than the first."""

    name = "messaging.message.moderated"
    object_kind = MESSAGE
    conversation_id: UUID
    before: str
    outcome: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTaken(Event):
    """Somebody of the staff looks at a verdict."""

    name = "messaging.moderation_case.taken"
    object_kind = "messaging.moderation_case"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Event):
    """They let it stand, or lifted it."""

    name = "messaging.moderation_case.closed"
    object_kind = "messaging.moderation_case"
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationSwitched(Event):
    """A practice lets the live service read its messages, or no longer."""

    name = "messaging.moderation.switched"
    object_kind = "messaging.moderation_choice"
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCrisis(Event):
    """A message was delivered that may mean danger to somebody's life."""

    name = "messaging.message.crisis"
    object_kind = MESSAGE
    conversation_id: UUID
    sender_id: UUID
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisAlertAcknowledged(Event):
    name = "messaging.crisis_alert.acknowledged"
    object_kind = CRISIS_ALERT
    message_id: UUID
