"""What the messages page asks: all conversations, and one of them opened."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings

from bloom.kernel import vault
from bloom.kernel.actor import Actor
from messaging import rules
from messaging.selectors.alerts import crisis_alert_conversations
from messaging.selectors.conversations import conversation_get, conversation_list
from messaging.selectors.messages import message_get, message_list, message_numbered, message_seq_unread
from messaging.types import ConversationView, Inbox, MemberRole, MessageOptions, MessageView, Shelf, Thread


def inbox_get(
    actor: Actor,
    *,
    shelf: Shelf = Shelf.INBOX,
    name: str = "",
    limit: int = 50,
    cursor: str | None = None,
    beside: ConversationView | None = None,
) -> Inbox:
    """The actor's conversations on one shelf, those with something unread first, and in which of them, or of
    the one that stands `beside` them, an alert waits. A `name` is looked for on both shelves.

    Ten queries at most. Raises Invalid for a cursor that no earlier page gave.
    """
    page = conversation_list(
        actor, shelf=None if name else shelf, name=name, unread_first=True, limit=limit, cursor=cursor
    )
    # Nobody is alerted to anything where they are the patient.
    viewer = actor.require_user()
    treated = [
        each.id
        for each in (*page.items, *([] if beside is None else [beside]))
        if any(member.id == viewer and member.role is MemberRole.THERAPIST for member in each.members)
    ]
    return Inbox(conversations=page, alerting=crisis_alert_conversations(actor, treated))


def thread_get(
    actor: Actor,
    conversation_id: UUID,
    *,
    at: datetime,
    before_seq: int | None = None,
    newest: bool = False,
    limit: int = 50,
) -> Thread:
    """One conversation with the messages before `before_seq`, or with the newest: those around the first
    unread one where they do not reach back to it, unless `newest` is asked for. Raises NotFound.
    """
    conversation = conversation_get(actor, conversation_id, with_last=False)
    first_unread = (
        message_seq_unread(actor, conversation_id, conversation.read_seq) if conversation.unread else None
    )
    if before_seq is None and first_unread is not None and not newest:
        before_seq = page_before(first_unread, limit=limit)
    messages = message_list(actor, conversation_id, before_seq=before_seq, limit=limit)
    viewer = actor.require_user()
    own_role = next(member.role for member in conversation.members if member.id == viewer)
    members = tuple(member for member in conversation.members if member.id != viewer)
    shown = messages.items[-1] if messages.items else None
    is_newest = shown is None or shown.seq >= conversation.last_seq
    last = shown if is_newest else None
    if not is_newest and own_role is MemberRole.PATIENT:
        last = message_numbered(actor, conversation_id, conversation.last_seq)
    return Thread(
        conversation=replace(conversation, last_message=last),
        others=members,
        own_role=own_role,
        messages=messages,
        help_after=rules.help_after(
            (
                (message.seq, message.sent_at)
                for message in messages.items
                if message.sender.id == viewer and message.outcome == "crisis" and not message.deleted_at
            ),
            at=at,
        ),
        seen=min((member.read_seq for member in members), default=0),
        first_unread=first_unread,
        reads_to=_reads_to(messages.items, first_unread),
        is_newest=is_newest,
    )


def _reads_to(shown: Sequence[MessageView], first_unread: int | None) -> int | None:
    if first_unread is None or not shown or not shown[0].seq <= first_unread <= shown[-1].seq:
        return None
    return shown[-1].seq


def page_before(seq: int, *, limit: int = 50) -> int:
    """Before which number a page of messages is asked for, so that it shows this one with a few above it."""
    return seq + limit - limit // 5


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


def device_key(actor: Actor) -> str:
    """What seals the drafts and unsent messages that the actor's devices keep: 32 bytes in base64.

    The same at each visit, and given to nobody else. It opens nothing that is stored here.
    """
    return b64encode(vault.keyed_hash("messages on a device", actor.require_user().bytes)).decode()
