"""What integrators are told of conversations: that something happened, where and by whom, in ids."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from bloom.kernel.registry import Hooked
from messaging.events import ConversationClosed, ConversationOpened
from messaging.models import MessageAudit
from messaging.types import AuditAction
from observability import selectors as record

MESSAGES: Final = {
    "message.sent": _("A message was sent"),
    "message.edited": _("A message was edited"),
    "message.deleted": _("A message was deleted"),
    "message.moderated": _("A message was looked at again by the moderation"),
}
CONVERSATIONS: Final = {
    "conversation.opened": _("A conversation began, or goes on"),
    "conversation.closed": _("A conversation ended"),
}
_ACTIONS: Final = {
    AuditAction.SENT.value: "message.sent",
    AuditAction.EDITED.value: "message.edited",
    AuditAction.DELETED.value: "message.deleted",
    AuditAction.MODERATED.value: "message.moderated",
}
_EVENTS: Final = {
    ConversationOpened.name: "conversation.opened",
    ConversationClosed.name: "conversation.closed",
}


def messages_hooked(
    actor: Actor, row_ids: Sequence[UUID], practice_ids: Collection[UUID]
) -> Iterator[Hooked]:
    """Those of these rows of the messages' record that tell of a message in one of these practices. What the
    moderation found is not said: that is health information. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    rows = MessageAudit.objects.unscoped(reason="what the practices' own programs are told").filter(
        id__in=row_ids, practice_id__in=practice_ids, action__in=_ACTIONS
    )
    for row in rows.order_by("recorded_at", "id"):
        if row.practice_id is None or row.message_id is None:
            continue
        data = {"conversation": row.conversation_id, "message": row.message_id}
        if row.actor_user_id is not None and row.action != AuditAction.MODERATED.value:
            data["person"] = row.actor_user_id
        yield Hooked(id=row.id, name=_ACTIONS[row.action], practice_id=row.practice_id, at=row.at, data=data)


def conversations_hooked(
    actor: Actor, row_ids: Sequence[UUID], practice_ids: Collection[UUID]
) -> Iterator[Hooked]:
    """Those of these events that tell of a conversation's beginning or end in one of these practices."""
    for event in record.events_among(actor, row_ids, _EVENTS.keys(), practice_ids):
        assert event.practice_id is not None
        yield Hooked(
            id=event.id,
            name=_EVENTS[event.name],
            practice_id=event.practice_id,
            at=event.at,
            data={"conversation": event.object_id},
        )
