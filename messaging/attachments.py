"""The files of messages: put under one with it, and shown to whoever sees its words."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from bloom.files import services as files_services
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from messaging.models import Attachment, Message
from messaging.rooms import Room
from messaging.types import AttachmentView


def attach(
    actor: Actor,
    room: Room,
    message_id: UUID,
    upload_ids: Sequence[UUID],
    *,
    are_held: bool = False,
    at: datetime,
) -> None:
    """Put the actor's uploads under their message, in the transaction that stores it: the files are the
    conversation's now, and open with its key. Raises UploadNotReady.
    """
    kept = files_services.uploads_take(
        actor, upload_ids, owner_id=room.key_subject_id, are_held=are_held, at=at
    )
    key = vault.key_get_or_create(room.key_subject_id)
    Attachment.objects.bulk_create(
        Attachment(
            id=each.upload_id,
            practice_id=room.practice_id,
            conversation_id=room.id,
            message_id=message_id,
            number=number,
            file_id=each.file_id,
            thumbnail_id=each.thumbnail_id,
            name=vault.seal_with(key, each.name, name_place(each.upload_id)),
            content_type=each.content_type,
            size=each.size,
            width=each.width,
            height=each.height,
        )
        for number, each in enumerate(kept)
    )
    messages = Message.objects.unscoped(reason="the message that was stored a moment ago")
    messages.filter(id=message_id).update(attachment_count=len(kept))


def attachment_views(actor: Actor, message_ids: Collection[UUID]) -> dict[UUID, tuple[AttachmentView, ...]]:
    """The files under these messages, whose words the actor sees. Nothing is asked for none."""
    if not message_ids:
        return {}
    rows = list(
        Attachment.objects.visible_to(actor)
        .filter(message_id__in=message_ids)
        .order_by("message_id", "number")
    )
    vault.keys_load(row.name for row in rows)
    by_message: dict[UUID, list[AttachmentView]] = {}
    for row in rows:
        name = _name(row)
        if name is not None:
            by_message.setdefault(row.message_id, []).append(_view(row, name))
    return {message_id: tuple(views) for message_id, views in by_message.items()}


def attachment_names(message: Message) -> list[str]:
    """What the files under a message are called, whoever asks: their names are words, too."""
    if not message.attachment_count:
        return []
    rows = Attachment.objects.unscoped(reason="their names are judged with the text").order_by("number")
    return [name for row in rows.filter(message_id=message.id) if (name := _name(row)) is not None]


def attachments_remove(actor: Actor, message: Message, *, at: datetime) -> None:
    """The files of a message that was deleted go for good, in the transaction that deletes it."""
    if not message.attachment_count:
        return
    rows = Attachment.objects.unscoped(reason="their message was deleted").filter(message_id=message.id)
    files = [each for pair in rows.values_list("file_id", "thumbnail_id") for each in pair if each]
    files_services.files_remove(actor, files, at=at)


def name_place(attachment_id: UUID) -> vault.Place:
    """Where a file's sealed name stands."""
    return vault.Place(Attachment._meta.db_table, "name", attachment_id)


def _name(row: Attachment) -> str | None:
    try:
        return vault.open(row.name, name_place(row.id))
    except (vault.KeyDestroyed, vault.SealBroken):
        return None


def _view(row: Attachment, name: str) -> AttachmentView:
    return AttachmentView(
        id=row.id,
        name=name,
        content_type=row.content_type,
        size=row.size,
        is_picture=row.thumbnail_id is not None,
        width=row.width,
        height=row.height,
    )
