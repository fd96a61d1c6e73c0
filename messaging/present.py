"""Rows into what one viewer may see of them: the one place where bodies are opened."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext

from bloom.kernel import vault
from bloom.kernel.actor import Actor
from messaging import attachments, names, rules
from messaging.models import AwayPeriod, CaseNote, Message, MessageVersion, Reaction, ScheduledMessage
from messaging.moderation.types import Outcome
from messaging.types import AttachmentView, MessageView, PersonName, ReactionView, VersionView
from observability import logs

log = logs.get_logger(__name__)


class MessageRow(Protocol):
    """A message as it was read or has just been stored."""

    @property
    def id(self) -> UUID: ...
    @property
    def conversation_id(self) -> UUID: ...
    @property
    def seq(self) -> int: ...
    @property
    def change(self) -> int: ...
    @property
    def client_id(self) -> UUID: ...
    @property
    def sender_id(self) -> UUID: ...
    @property
    def body(self) -> bytes: ...
    @property
    def outcome(self) -> str: ...
    @property
    def categories(self) -> Sequence[str]: ...
    @property
    def sent_at(self) -> datetime: ...
    @property
    def edited_at(self) -> datetime | None: ...
    @property
    def deleted_at(self) -> datetime | None: ...
    @property
    def edits(self) -> int: ...
    @property
    def attachment_count(self) -> int: ...


def body_place(message_id: UUID, conversation_id: UUID, sender_id: UUID) -> vault.Place:
    """Where a message's sealed body stands. It opens in its row, conversation and from its sender alone."""
    bound = hashlib.sha256(message_id.bytes + conversation_id.bytes + sender_id.bytes).digest()
    return vault.Place(Message._meta.db_table, "body", UUID(bytes=bound[:16]))


def body_hash(
    conversation_id: UUID, sender_id: UUID, client_id: UUID, text: str, attachments: Sequence[UUID] = ()
) -> bytes:
    """The keyed hash by which a repeat of a `client_id` is told from another message."""
    content = rules.content_canonical(conversation_id, sender_id, client_id, text, attachments)
    return vault.keyed_hash("messaging.message.body", content)


def version_place(message_id: UUID, number: int) -> vault.Place:
    """Where an earlier text of a message stands."""
    bound = hashlib.sha256(message_id.bytes + number.to_bytes(4)).digest()
    return vault.Place(MessageVersion._meta.db_table, "body", UUID(bytes=bound[:16]))


def note_place(note_id: UUID) -> vault.Place:
    """Where a note of staff about a verdict stands."""
    return vault.Place(CaseNote._meta.db_table, "body", note_id)


def note_open(note: CaseNote) -> str | None:
    """What the note says; None when its key is destroyed or its seal broken."""
    return _open(note.body, note_place(note.id), note.id)


def away_place(period_id: UUID) -> vault.Place:
    """Where the words of a therapist who is away stand."""
    return vault.Place(AwayPeriod._meta.db_table, "text", period_id)


def away_open(period: AwayPeriod) -> str:
    """What a therapist says who is away; nothing when they say nothing, or it can no longer be read."""
    return "" if period.text is None else _open(period.text, away_place(period.id), period.id) or ""


def scheduled_place(row: ScheduledMessage) -> vault.Place:
    """Where the text of a message that goes later stands: in its row, and from its author there."""
    bound = hashlib.sha256(row.id.bytes + row.conversation_id.bytes + row.author_id.bytes).digest()
    return vault.Place(ScheduledMessage._meta.db_table, "body", UUID(bytes=bound[:16]))


def scheduled_open(row: ScheduledMessage) -> str | None:
    """What it says; None once it went, or when it can no longer be read."""
    return None if row.body is None else _open(row.body, scheduled_place(row), row.id)


def text_open(row: MessageRow) -> str | None:
    """What the message says, whoever asks; None when its key is destroyed or its seal broken."""
    return _open(row.body, body_place(row.id, row.conversation_id, row.sender_id), row.id)


def version_views(
    actor: Actor, message: Message, versions: Sequence[MessageVersion], *, revealed_edits: int | None
) -> list[VersionView]:
    """All that a message said, oldest first, its present text last. What the actor has not chosen to see
    stays hidden here, too: `revealed_edits` is the number of the one text that they have.
    """
    told: list[tuple[int, bytes, vault.Place, Message | MessageVersion, datetime, datetime | None]] = [
        (
            each.number,
            each.body,
            version_place(message.id, each.number),
            each,
            each.written_at,
            each.replaced_at,
        )
        for each in versions
    ]
    place = body_place(message.id, message.conversation_id, message.sender_id)
    written_at = message.edited_at or message.sent_at
    told.append((message.edits, message.body, place, message, written_at, message.deleted_at))
    vault.keys_load(body for _, body, *_ in told)
    views = []
    for number, body, where, judged, written, until in told:
        sight = rules.sight(
            outcome=judged.outcome,
            is_sender=message.sender_id == actor.user_id,
            revealed=revealed_edits == number,
            deleted=False,
        )
        views.append(
            VersionView(
                number=number,
                body=_open(body, where, message.id) if sight.body else None,
                blurred=sight.blurred,
                outcome=judged.outcome,
                categories=tuple(judged.categories),
                written_at=written,
                until=until,
            )
        )
    return views


def message_views(
    actor: Actor,
    rows: Sequence[MessageRow],
    *,
    revealed: Collection[UUID] = (),
    withheld: Collection[UUID] = (),
) -> list[MessageView]:
    """The messages as the actor may see them; `revealed` are the ids of those that they chose to see,
    `withheld` of those whose words are not for them.

    At most four queries: names and keys that this process does not have at hand, reactions, and files.
    """
    senders = names.names_get(actor, {row.sender_id for row in rows})
    sights = [
        rules.sight(
            outcome=row.outcome,
            is_sender=row.sender_id == actor.user_id,
            revealed=row.id in revealed,
            deleted=row.deleted_at is not None,
            withheld=row.id in withheld,
        )
        for row in rows
    ]
    vault.keys_load(row.body for row, sight in zip(rows, sights, strict=True) if sight.body)
    # What has not changed since it was sent has none.
    changed = [row.id for row in rows if getattr(row, "sent_change", 0) < row.change and not row.deleted_at]
    reactions = _reactions(actor, changed) if changed else {}
    with_files = [
        row.id for row, sight in zip(rows, sights, strict=True) if sight.body and row.attachment_count
    ]
    files = attachments.attachment_views(actor, with_files)
    views = [
        message_view(
            row,
            sender=senders.get(row.sender_id) or PersonName(id=row.sender_id, name=gettext("Somebody")),
            body=text_open(row) if sight.body else None,
            blurred=sight.blurred,
            reactions=reactions.get(row.id, ()),
            attached=files.get(row.id, ()),
        )
        for row, sight in zip(rows, sights, strict=True)
    ]
    return [
        _as_of_then(view, row) if view.id in withheld else view for view, row in zip(views, rows, strict=True)
    ]


def _as_of_then(view: MessageView, row: MessageRow) -> MessageView:
    """Of words that are not for the viewer nor what was found in them, nor when they were written."""
    return replace(
        view,
        outcome=Outcome.ALLOW.value,
        categories=(),
        edited_at=None,
        edits=0,
        reactions=(),
        change=getattr(row, "sent_change", row.seq),
    )


def _reactions(actor: Actor, message_ids: Sequence[UUID]) -> dict[UUID, tuple[ReactionView, ...]]:
    """The reactions under each message, the one that came first in front."""
    rows = Reaction.objects.visible_to(actor).filter(message_id__in=message_ids).order_by("at", "id")
    by_message: dict[UUID, dict[str, list[UUID]]] = {}
    for message_id, emoji, user_id in rows.values_list("message_id", "emoji", "user_id"):
        by_message.setdefault(message_id, {}).setdefault(emoji, []).append(user_id)
    return {
        message_id: tuple(
            ReactionView(emoji=emoji, count=len(people), mine=actor.user_id in people)
            for emoji, people in by_emoji.items()
        )
        for message_id, by_emoji in by_message.items()
    }


def message_view(
    row: MessageRow,
    *,
    sender: PersonName,
    body: str | None,
    blurred: bool,
    reactions: tuple[ReactionView, ...] = (),
    attached: tuple[AttachmentView, ...] = (),
) -> MessageView:
    """One message with what was decided about it."""
    return MessageView(
        id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        change=row.change,
        client_id=row.client_id,
        sender=sender,
        body=body,
        blurred=blurred,
        outcome=row.outcome,
        categories=tuple(row.categories),
        sent_at=row.sent_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        edits=row.edits,
        reactions=reactions,
        attachments=attached,
    )


def _open(body: bytes, place: vault.Place, message_id: UUID) -> str | None:
    try:
        return vault.open(body, place)
    except vault.KeyDestroyed:
        return None
    except vault.SealBroken:
        # One damaged row must not take its conversation, or the first page, with it.
        log.error("messaging.body_broken", message_id=message_id)
        return None
