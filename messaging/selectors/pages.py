"""What the messages page asks: all conversations, and one of them opened."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from bloom.kernel.actor import Actor
from messaging import rules
from messaging.selectors.alerts import crisis_alert_conversations, crisis_alert_list
from messaging.selectors.conversations import conversation_get, conversation_list
from messaging.selectors.messages import message_get, message_list
from messaging.types import Inbox, MemberRole, MessageOptions, Thread


def inbox_get(actor: Actor, *, limit: int = 50, cursor: str | None = None) -> Inbox:
    """The actor's conversations, the one with the newest message first, and in which of them an alert waits.

    Eight queries at most. Raises Invalid for a cursor that no earlier page gave.
    """
    page = conversation_list(actor, limit=limit, cursor=cursor)
    alerting = crisis_alert_conversations(actor, [each.id for each in page.items])
    return Inbox(conversations=page, alerting=alerting)


def thread_get(
    actor: Actor, conversation_id: UUID, *, at: datetime, before_seq: int | None = None, limit: int = 50
) -> Thread:
    """One conversation with its newest messages, or those before `before_seq`. Raises NotFound."""
    conversation = conversation_get(actor, conversation_id)
    messages = message_list(actor, conversation_id, before_seq=before_seq, limit=limit)
    viewer = actor.require_user()
    own_role = next(member.role for member in conversation.members if member.id == viewer)
    others = [message for message in messages.items if message.sender.id != viewer]
    members = tuple(member for member in conversation.members if member.id != viewer)
    return Thread(
        conversation=conversation,
        others=members,
        own_role=own_role,
        messages=messages,
        alerts=tuple(crisis_alert_list(actor, conversation_id=conversation_id)),
        help_after=rules.help_after(
            (
                (message.seq, message.sent_at)
                for message in messages.items
                if message.sender.id == viewer and message.outcome == "crisis" and not message.deleted_at
            ),
            at=at,
        ),
        seen=min((member.read_seq for member in members), default=0),
        first_unread=next((each.seq for each in others if each.seq > conversation.read_seq), None),
    )


def message_options(actor: Actor, message_id: UUID, *, at: datetime) -> MessageOptions:
    """One message and what the actor may do with it. Raises NotFound."""
    message = message_get(actor, message_id)
    conversation = conversation_get(actor, message.conversation_id)
    own_role = next(member.role for member in conversation.members if member.id == actor.require_user())
    is_own = message.sender.id == actor.user_id
    fault = rules.edit_fault(
        is_author=is_own,
        deleted=message.deleted_at is not None,
        sent_at=message.sent_at,
        edits=message.edits,
        at=at,
        window=settings.MESSAGE_EDIT_WINDOW,
    )
    is_changed = message.edited_at is not None or message.deleted_at is not None
    return MessageOptions(
        message=message,
        is_own=is_own,
        can_edit=fault is None and not conversation.read_only,
        can_delete=is_own and message.deleted_at is None and not conversation.read_only,
        can_react=message.deleted_at is None and not conversation.read_only,
        has_history=is_changed
        and rules.history_is_open(is_author=is_own, is_therapist=own_role is MemberRole.THERAPIST),
    )
