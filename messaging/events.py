"""What happens in conversations. `messaging.models.MessageAudit` records each message; an event is added
where somebody durable may have to act on it.
"""

from dataclasses import dataclass
from uuid import UUID

from bloom.kernel.events import Event

CONVERSATION = "messaging.conversation"
ATTACHMENT = "messaging.attachment"
MESSAGE = "messaging.message"
CRISIS_ALERT = "messaging.crisis_alert"
SCHEDULED = "messaging.scheduled_message"


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
class MemberJoined(Event):
    """Somebody takes part in a care team's conversation, and can read all of it."""

    name = "messaging.conversation.joined"
    object_kind = CONVERSATION
    member_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft(Event):
    """Somebody takes no part any more, and keeps what was said until then."""

    name = "messaging.conversation.left"
    object_kind = CONVERSATION
    member_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationArranged(Event):
    """Somebody keeps it otherwise now: put away or not, silent or not. It is theirs alone."""

    name = "messaging.conversation.arranged"
    object_kind = CONVERSATION
    archived: bool
    muted: bool


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
class CaseAssigned(Event):
    """Somebody of the staff gave a verdict to another to look at."""

    name = "messaging.moderation_case.assigned"
    object_kind = "messaging.moderation_case"
    assigned_to_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNoted(Event):
    """Somebody of the staff wrote something down about a verdict; what, stays sealed."""

    name = "messaging.moderation_case.noted"
    object_kind = "messaging.case_note"
    audit_id: UUID


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
class CrisisAlertWidened(Event):
    """Nobody answered an alert in time: others are told. `reach` says who, as AlertReach's name."""

    name = "messaging.crisis_alert.widened"
    object_kind = CRISIS_ALERT
    therapist_id: UUID
    reach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisAlertTaken(Event):
    """Somebody else than the therapist looks after the patient."""

    name = "messaging.crisis_alert.taken"
    object_kind = CRISIS_ALERT
    therapist_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisAlertAcknowledged(Event):
    """Its therapist has seen the words: a message's, or those that were written with `about_id`."""

    name = "messaging.crisis_alert.acknowledged"
    object_kind = CRISIS_ALERT
    message_id: UUID | None
    about_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursChanged(Event):
    """A practice says otherwise when it reads messages."""

    name = "messaging.practice_hours.changed"
    object_kind = "messaging.practice_hours"
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaySet(Event):
    """A therapist says from when to when they are away; both days included."""

    name = "messaging.away.set"
    object_kind = "messaging.away"
    starts_on: str
    ends_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayEnded(Event):
    """A therapist is away no more, or will not be."""

    name = "messaging.away.ended"
    object_kind = "messaging.away"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledPlanned(Event):
    """Somebody has written a message that goes later. `subject_id` is who, here and below."""

    name = "messaging.scheduled_message.planned"
    object_kind = SCHEDULED
    conversation_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledChanged(Event):
    name = "messaging.scheduled_message.changed"
    object_kind = SCHEDULED
    conversation_id: UUID
    has_text: bool
    has_time: bool
    has_files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCancelled(Event):
    name = "messaging.scheduled_message.cancelled"
    object_kind = SCHEDULED
    conversation_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledGone(Event):
    """It was sent: the record of the message is its MessageAudit."""

    name = "messaging.scheduled_message.sent"
    object_kind = SCHEDULED
    conversation_id: UUID
    message_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledStopped(Event):
    """It could not go, and stays with its author."""

    name = "messaging.scheduled_message.stopped"
    object_kind = SCHEDULED
    conversation_id: UUID
    reason: str
