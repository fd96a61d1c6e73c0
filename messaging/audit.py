"""The rows of the message record: what each says, and the seal of authenticity that it carries from birth."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from bloom.kernel import clock, network
from bloom.kernel.actor import Actor
from messaging.models import Message, MessageAudit
from messaging.moderation.types import Verdict
from messaging.types import AuditAction
from observability import services as observability_services
from observability.types import SealSource

AUDIT_SOURCE = SealSource(
    name="messaging.message_audit",
    table=MessageAudit._meta.db_table,
    columns=tuple(field.attname for field in MessageAudit._meta.concrete_fields if field.attname != "mac"),
    time_column="recorded_at",
)
DEVICE_LENGTH = 200
# Rows that say how a message stands from then on.
JUDGING = (AuditAction.SENT.value, AuditAction.EDITED.value, AuditAction.MODERATED.value)


def audit_values(
    actor: Actor,
    *,
    action: AuditAction,
    practice_id: UUID | None,
    conversation_id: UUID,
    message_id: UUID | None,
    subject_id: UUID,
    body_hash: bytes | None,
    verdict: Verdict,
    at: datetime,
) -> dict[str, Any]:
    """One row of the record, by column, authenticated; ready for the statement or the model."""
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "practice_id": practice_id,
        "action": action.value,
        "conversation_id": conversation_id,
        "message_id": message_id,
        "subject_id": subject_id,
        "body_hash": body_hash,
        "outcome": verdict.outcome.value,
        "categories": list(verdict.categories),
        "source": verdict.source,
        "rules": list(verdict.rules),
        "actor_user_id": actor.user_id,
        "session_id": actor.session_id or "",
        "token_id": actor.token_id,
        "system": actor.system or "",
        "via": actor.via.value,
        "ip": network.address(actor.ip),
        "device": actor.device[:DEVICE_LENGTH],
        "request_id": actor.request_id,
        "at": at,
        "recorded_at": clock.now(),
    }
    values["mac"] = observability_services.row_mac(AUDIT_SOURCE, values)
    return values


def messages_witness() -> Iterator[tuple[str, str, object]]:
    """For registry.witness: the first message that is not as the record tells of it."""
    sent = MessageAudit.objects.unscoped(reason="the record bears witness").filter(
        action=AuditAction.SENT.value, message_id=OuterRef("pk")
    )
    told = sent.filter(
        conversation_id=OuterRef("conversation_id"),
        actor_user_id=OuterRef("sender_id"),
        body_hash=OuterRef("body_hash"),
    )
    edits = MessageAudit.objects.unscoped(reason="the record bears witness").filter(
        action=AuditAction.EDITED.value, message_id=OuterRef("pk")
    )
    edited = edits.filter(
        conversation_id=OuterRef("conversation_id"),
        actor_user_id=OuterRef("sender_id"),
        body_hash=OuterRef("edit_hash"),
        at=OuterRef("edited_at"),
    )
    edited_later = edits.filter(at__gt=OuterRef("edited_at"))
    deleted = MessageAudit.objects.unscoped(reason="the record bears witness").filter(
        action=AuditAction.DELETED.value, message_id=OuterRef("pk"), actor_user_id=OuterRef("sender_id")
    )
    count = edits.order_by().values("message_id").annotate(count=Count("id")).values("count")
    messages = Message.objects.unscoped(reason="the record bears witness").order_by("conversation_id", "seq")
    same = (
        Exists(told)
        & _judged_so()
        & (Q(edits=0, edited_at=None) | Q(edits__gt=0) & Exists(edited) & ~Exists(edited_later))
        & Q(edits=Coalesce(Subquery(count), 0))
        & (Q(deleted_at=None) & ~Exists(deleted) | Q(deleted_at__isnull=False) & Exists(deleted))
    )
    for kind, odd in (
        ("inserted", messages.filter(~Exists(sent))),
        ("altered", messages.filter(Exists(sent) & ~same)),
    ):
        first = odd.values_list("pk", flat=True).first()
        if first is not None:
            yield kind, Message._meta.db_table, first


def _judged_so() -> Exists:
    """The newest verdict on a message in the record is the one that it carries."""
    verdicts = MessageAudit.objects.unscoped(reason="the record bears witness").filter(action__in=JUDGING)
    newest = verdicts.filter(message_id=OuterRef("message_id")).order_by("-recorded_at", "-at")
    return Exists(
        verdicts.filter(
            message_id=OuterRef("pk"),
            outcome=OuterRef("outcome"),
            categories=OuterRef("categories"),
            pk=Subquery(newest.values("pk")[:1]),
        )
    )


def audit_write(values: Mapping[str, Any]) -> None:
    """Add one row to the record, in the caller's transaction."""
    MessageAudit(**values).save(force_insert=True)
