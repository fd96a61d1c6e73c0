"""What messaging keeps about somebody, for a copy of their data."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bloom.kernel.actor import Actor
from bloom.kernel.pages import items_all
from bloom.kernel.registry import ExportPart
from messaging.selectors.conversations import conversation_list
from messaging.selectors.messages import message_list


def export_parts(actor: Actor) -> Iterator[ExportPart]:
    """Each of the actor's conversations, as the actor sees it: what is hidden there is hidden here."""
    own = items_all(lambda cursor: conversation_list(actor, limit=100, cursor=cursor))
    for number, conversation in enumerate(own, start=1):
        others = ", ".join(each.name for each in conversation.members if each.id != actor.user_id)
        yield ExportPart(
            name=f"conversation-{number:04}",
            title=_("Conversation with %(name)s") % {"name": others or _("nobody any more")},
            rows=partial(_messages, actor, conversation.id),
            is_talk=True,
        )


def _messages(actor: Actor, conversation_id: UUID) -> Iterator[Mapping[str, Any]]:
    for message in items_all(
        lambda cursor: message_list(actor, conversation_id, after_seq=int(cursor or 0), limit=200)
    ):
        hidden = _("(hidden)") if message.blurred else _("(no longer readable)")
        yield {
            "when": message.sent_at,
            "from": message.sender.name,
            "text": message.body if message.body is not None else hidden,
            "by_you": message.sender.id == actor.user_id,
        }
