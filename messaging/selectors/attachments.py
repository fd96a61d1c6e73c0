"""The files of messages, one at a time."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from bloom.files import selectors as files_selectors
from bloom.files.types import PICTURE_LINK_STEP
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from messaging import rules
from messaging.events import ATTACHMENT
from messaging.models import Attachment, Reveal
from messaging.selectors.messages import messages_withheld


def attachment_seen(actor: Actor, attachment_id: UUID) -> Attachment:
    """A file whose message the actor sees now, with that message and its conversation. For services.

    Raises NotFound.
    """
    reveals = Reveal.objects.visible_to(actor).filter(
        message_id=OuterRef("message_id"), edits=OuterRef("message__edits")
    )
    row: Attachment = (
        Attachment.objects.visible_to(actor)
        .with_parents("message", "conversation")
        .annotate(revealed=Exists(reveals))
        .get_or_refuse(pk=attachment_id)
    )
    sight = rules.sight(
        outcome=row.message.outcome,
        is_sender=row.message.sender_id == actor.user_id,
        revealed=bool(getattr(row, "revealed", False)),
        deleted=row.message.deleted_at is not None,
        withheld=bool(messages_withheld(actor, [row.message])),
    )
    if not sight.body:
        raise NotFound(object_kind=ATTACHMENT, object_id=attachment_id, exists=True)
    return row


def thumbnail_link(actor: Actor, attachment_id: UUID, *, at: datetime) -> str:
    """Where the small picture of a file can be seen for a minute or two: by then the reader may have signed
    out or left, or the message may be hidden. Raises NotFound, also for what is none.
    """
    row = attachment_seen(actor, attachment_id)
    if row.thumbnail_id is None:
        raise NotFound(object_kind=ATTACHMENT, object_id=attachment_id)
    return files_selectors.file_link(row.thumbnail_id, at=at, lasts=PICTURE_LINK_STEP)
