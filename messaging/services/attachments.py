"""Fetching the files of messages."""

from datetime import datetime
from uuid import UUID

from bloom.files import selectors as files_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from messaging import audit, selectors
from messaging.moderation.types import Outcome, Verdict
from messaging.types import AuditAction


@transactional
def attachment_fetch(actor: Actor, attachment_id: UUID, *, at: datetime) -> str:
    """A link by which a file that the actor may see is fetched within a minute; that they did is on record.

    Raises NotFound, also for a file whose message is hidden from them, or was deleted.
    """
    found = selectors.attachment_seen(actor, attachment_id)
    message = found.message
    audit.audit_write(
        audit.audit_values(
            actor,
            action=AuditAction.DOWNLOADED,
            practice_id=message.practice_id,
            conversation_id=message.conversation_id,
            message_id=message.id,
            subject_id=found.conversation.key_subject_id,
            body_hash=None,
            verdict=Verdict(Outcome(message.outcome), tuple(message.categories), source="stored"),
            at=at,
        )
    )
    return files_selectors.fetch_link(found.file_id, at=at)
