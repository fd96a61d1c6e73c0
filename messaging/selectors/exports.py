"""What messaging keeps about somebody, for a copy of their data."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from bloom.files import selectors as files_selectors
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from bloom.kernel.pages import items_all
from bloom.kernel.registry import ExportPart
from messaging.selectors.attachments import attachment_seen
from messaging.selectors.conversations import conversation_list
from messaging.selectors.later import scheduled_own
from messaging.selectors.messages import message_list
from messaging.types import MessageView
from observability import logs

logger = logs.get_logger(__name__)


def export_parts(actor: Actor) -> Iterator[ExportPart]:
    """Each of the actor's conversations, as the actor sees it: what is hidden there is hidden here."""
    yield ExportPart(
        name="planned_messages",
        title=_("Messages to be sent later"),
        rows=lambda: _planned(actor),
        labels={
            "to_be_sent": _("To be sent"),
            "text": _("Text"),
            "files": _("Files"),
            "held_back": _("Held back"),
        },
    )
    own = items_all(lambda cursor: conversation_list(actor, limit=100, cursor=cursor))
    for number, conversation in enumerate(own, start=1):
        name = f"conversation-{number:04}"
        others = ", ".join(each.name for each in conversation.members if each.id != actor.user_id)
        yield ExportPart(
            name=name,
            title=_("Conversation with %(name)s") % {"name": others or _("nobody any more")},
            rows=partial(_messages, actor, conversation.id, name),
            is_talk=True,
            files=partial(_files, actor, conversation.id, name),
        )


def _planned(actor: Actor) -> Iterator[Mapping[str, Any]]:
    for each in scheduled_own(actor):
        yield {
            "to_be_sent": each.due_at,
            "text": each.body if each.body is not None else _("(no longer readable)"),
            "files": [file.name for file in each.files],
            "held_back": each.reason is not None,
        }


def _messages(actor: Actor, conversation_id: UUID, folder: str) -> Iterator[Mapping[str, Any]]:
    for message in items_all(
        lambda cursor: message_list(actor, conversation_id, after_seq=int(cursor or 0), limit=200)
    ):
        hidden = _("(hidden)") if message.blurred else _("(no longer readable)")
        yield {
            "when": message.sent_at,
            "from": message.sender.name,
            "text": message.body if message.body is not None else hidden,
            "by_you": message.sender.id == actor.user_id,
            "files": [_file_name(folder, message, number) for number in range(len(message.attachments))],
        }


def _files(actor: Actor, conversation_id: UUID, folder: str) -> Iterator[tuple[str, bytes]]:
    """The files of the messages that the actor sees, each named after its message. In the place of one that
    cannot be read stands a note: the rest of the copy is whole.
    """
    for message in items_all(
        lambda cursor: message_list(actor, conversation_id, after_seq=int(cursor or 0), limit=200)
    ):
        for number, each in enumerate(message.attachments):
            name = _file_name(folder, message, number)
            try:
                file_id = attachment_seen(actor, each.id).file_id
                content = files_selectors.file_content(file_id).content
            except (NotFound, vault.VaultError):
                logger.exception("messaging.export_file_lost", attachment_id=each.id)
                yield f"{name}.missing.txt", _("This file could not be read.").encode()
            else:
                yield name, content


def _file_name(folder: str, message: MessageView, number: int) -> str:
    return f"{folder}/{message.seq:05}-{number + 1}-{message.attachments[number].name}"
