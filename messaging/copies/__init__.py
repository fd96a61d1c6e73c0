"""Copies of a conversation for its members (registry.copy_topic): what each sees of it, and no more."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bloom.kernel.actor import Actor
from bloom.kernel.pages import items_all
from bloom.kernel.registry import CopyAbout, CopyFormat, CopyTopic
from messaging import audit, rooms, selectors
from messaging.copies import pdf, program
from messaging.moderation.types import Outcome, Verdict
from messaging.types import AuditAction, MessageView

AT_ONCE = 200


def title(actor: Actor, conversation_id: UUID) -> str:
    """With whom it is. Raises NotFound."""
    found = selectors.conversation_get(actor, conversation_id)
    others = ", ".join(each.name for each in found.members if each.id != actor.user_id)
    return _("Conversation with %(name)s") % {"name": others or _("nobody any more")}


def about(conversation_id: UUID) -> CopyAbout:
    """Its patient, and where they are one. Raises NotFound."""
    room = rooms.room_get(conversation_id)
    return CopyAbout(subject_id=room.key_subject_id, practice_id=room.practice_id)


def fetched(actor: Actor, conversation_id: UUID, at: datetime) -> None:
    """Put on the record of messages that the actor takes a copy of all of it along, in the caller's
    transaction. Raises NotFound.
    """
    room = rooms.room_get(conversation_id)
    audit.audit_write(
        audit.audit_values(
            actor,
            action=AuditAction.COPIED,
            practice_id=room.practice_id,
            conversation_id=room.id,
            message_id=None,
            subject_id=room.key_subject_id,
            body_hash=None,
            verdict=Verdict(Outcome.ALLOW, source="stored"),
            at=at,
        )
    )


def json_write(out: Any, actor: Actor, conversation_id: UUID, *, name: str, zone: Any, at: datetime) -> None:
    """Write the conversation for programs. Raises NotFound."""
    head = title(actor, conversation_id)
    program.write(out, _messages(actor, conversation_id), actor, title=head, name=name, at=at)


def pdf_write(out: Any, actor: Actor, conversation_id: UUID, *, name: str, zone: Any, at: datetime) -> None:
    """Write the conversation for people. Raises NotFound."""
    head = title(actor, conversation_id)
    pdf.write(out, _messages(actor, conversation_id), title=head, name=name, zone=zone, at=at)


def _messages(actor: Actor, conversation_id: UUID) -> Iterator[MessageView]:
    """All that the actor sees of it, oldest first, some at a time."""
    return items_all(
        lambda cursor: selectors.message_list(
            actor, conversation_id, after_seq=int(cursor or 0), limit=AT_ONCE
        )
    )


TOPIC = CopyTopic(
    title=title,
    about=about,
    fetched=fetched,
    hint=gettext_lazy(
        "All messages as you see them here: what is hidden from you stays hidden, what was deleted stays"
        " deleted, and files are listed by name."
    ),
    back=lambda conversation_id: reverse("conversation", args=[conversation_id]),
    formats={
        "pdf": CopyFormat(
            title=gettext_lazy("PDF, to read and print"),
            suffix="pdf",
            content_type="application/pdf",
            write=pdf_write,
        ),
        "json": CopyFormat(
            title=gettext_lazy("JSON, for programs"),
            suffix="json",
            content_type="application/json",
            write=json_write,
        ),
    },
)
