"""The rows of the message record: what each says, and the seal of authenticity that it carries from birth."""

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from bloom.kernel import clock, network, vault
from bloom.kernel.actor import Actor
from messaging.models import Message, MessageAudit, MessageVersion
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
    recorded_at: datetime | None = None,
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
        "recorded_at": recorded_at or clock.now(),
    }
    values["mac"] = observability_services.row_mac(AUDIT_SOURCE, values)
    return values


def moment_next(message_id: UUID) -> datetime:
    """When to record what happens now to a message, whose lock the caller holds: after all that is on record
    of it already, though another machine's clock may be ahead of this one's.
    """
    last: datetime | None = (
        MessageAudit.objects.unscoped(reason="the order of what happened to a message")
        .filter(message_id=message_id)
        .aggregate(last=Max("recorded_at"))["last"]
    )
    now = clock.now()
    return now if last is None else max(now, last + timedelta(microseconds=1))


def messages_witness() -> Iterator[tuple[str, str, object]]:
    """For registry.witness: the first message, and the first earlier text, not as the record tells of it."""
    yield from _messages_witness()
    yield from _versions_witness()


def _messages_witness() -> Iterator[tuple[str, str, object]]:
    sent = MessageAudit.objects.unscoped(reason="the record bears witness").filter(
        action=AuditAction.SENT.value, message_id=OuterRef("pk")
    )
    told = sent.filter(
        conversation_id=OuterRef("conversation_id"),
        actor_user_id=OuterRef("sender_id"),
        body_hash=OuterRef("body_hash"),
    )
    all_edits = MessageAudit.objects.unscoped(reason="the record bears witness").filter(
        action=AuditAction.EDITED.value
    )
    edits = all_edits.filter(message_id=OuterRef("pk"))
    newest = all_edits.filter(message_id=OuterRef("message_id")).order_by("-recorded_at")
    edited = edits.filter(
        conversation_id=OuterRef("conversation_id"),
        actor_user_id=OuterRef("sender_id"),
        body_hash=OuterRef("edit_hash"),
        at=OuterRef("edited_at"),
        pk=Subquery(newest.values("pk")[:1]),
    )
    deleted = MessageAudit.objects.unscoped(reason="the record bears witness").filter(
        action=AuditAction.DELETED.value, message_id=OuterRef("pk"), actor_user_id=OuterRef("sender_id")
    )
    count = edits.order_by().values("message_id").annotate(count=Count("id")).values("count")
    messages = Message.objects.unscoped(reason="the record bears witness").order_by("conversation_id", "seq")
    same = (
        Exists(told)
        & _judged_so()
        & (Q(edits=0, edited_at=None) | Q(edits__gt=0) & Exists(edited))
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


def version_digest(version: MessageVersion) -> bytes:
    """What the record keeps of an earlier text: a hash over all of its row, sealed as it is."""
    said = [
        str(version.id),
        str(version.conversation_id),
        str(version.message_id),
        str(version.sender_id),
        version.number,
        bytes(version.body).hex(),
        version.outcome,
        list(version.categories),
        version.written_at.astimezone(UTC).isoformat(),
        version.replaced_at.astimezone(UTC).isoformat(),
    ]
    return hashlib.sha256(json.dumps(said).encode()).digest()


def _versions_witness() -> Iterator[tuple[str, str, object]]:
    """Earlier texts against the record, row by row: what is not there as it was put aside."""
    told = MessageAudit.objects.unscoped(reason="the record bears witness").filter(
        action=AuditAction.REPLACED.value
    )
    versions = MessageVersion.objects.unscoped(reason="the record bears witness").order_by(
        "message_id", "number"
    )
    of_message = told.filter(message_id=OuterRef("message_id"))
    # Texts that were put aside before the record told of them are not in it: of a message that was edited
    # under both, only those count that came since.
    first_told = of_message.order_by("at").values("at")[:1]
    versions = versions.filter(Q(replaced_at__gte=Subquery(first_told)) | ~Exists(of_message))
    kept = versions.filter(message_id=OuterRef("message_id")).order_by()
    counts = told.order_by().values("message_id").annotate(count=Count("id"))
    there = kept.values("message_id").annotate(count=Count("id")).values("count")
    removed = counts.filter(count__gt=Coalesce(Subquery(there), 0)).values_list("message_id", flat=True)
    first = removed.order_by("message_id").first()
    if first is not None:
        # Only the message is known by name: the version itself is gone.
        yield "removed", MessageVersion._meta.db_table, first
    # Texts put aside before the record told of them belong to messages that were edited then.
    unedited = versions.filter(~Exists(of_message), message__edits=0)
    inserted = unedited.values_list("pk", flat=True).first()
    if inserted is not None:
        yield "inserted", MessageVersion._meta.db_table, inserted
    for version_id in versions.filter(Exists(of_message)).values_list("pk", flat=True).iterator():
        try:
            version = versions.get(pk=version_id)
            if told.filter(message_id=version.message_id, body_hash=version_digest(version)).exists():
                continue
        except vault.SealBroken:
            # What stands there is no sealed text at all.
            pass
        yield "altered", MessageVersion._meta.db_table, version_id
        return


def _judged_so() -> Exists:
    """The newest verdict on a message in the record is the one that it carries."""
    verdicts = MessageAudit.objects.unscoped(reason="the record bears witness").filter(action__in=JUDGING)
    newest = verdicts.filter(message_id=OuterRef("message_id")).order_by("-recorded_at")
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
