"""Crisis alerts of the therapist asking."""

from collections.abc import Sequence
from uuid import UUID

from bloom.kernel.actor import Actor
from messaging import names
from messaging.models import CrisisAlert
from messaging.types import CrisisAlertView, PersonName


def crisis_alert_list(
    actor: Actor, *, conversation_id: UUID | None = None, limit: int = 50
) -> list[CrisisAlertView]:
    """The actor's alerts that nobody acknowledged yet, oldest first: they have waited longest."""
    rows = CrisisAlert.objects.visible_to(actor).filter(acknowledged_at=None).with_parents("message")
    if conversation_id is not None:
        rows = rows.filter(conversation_id=conversation_id)
    return crisis_alert_views(actor, list(rows.order_by("raised_at", "id")[:limit]))


def crisis_alert_conversations(actor: Actor, conversation_ids: Sequence[UUID]) -> frozenset[UUID]:
    """In which of these conversations an alert waits for the actor."""
    waiting = CrisisAlert.objects.visible_to(actor).filter(
        acknowledged_at=None, conversation_id__in=conversation_ids
    )
    return frozenset(waiting.values_list("conversation_id", flat=True).distinct())


def crisis_alert_total(actor: Actor) -> int:
    """How many of the actor's alerts wait for them."""
    return CrisisAlert.objects.visible_to(actor).filter(acknowledged_at=None).count()


def crisis_alert_views(actor: Actor, rows: list[CrisisAlert]) -> list[CrisisAlertView]:
    """Alerts that were read with their message, as their therapist sees them."""
    called = names.names_get(actor, {row.patient_id for row in rows})
    return [
        CrisisAlertView(
            id=row.id,
            conversation_id=row.conversation_id,
            message_id=row.message_id,
            message_seq=row.message.seq,
            patient=called.get(row.patient_id) or PersonName(id=row.patient_id, name=""),
            raised_at=row.raised_at,
            acknowledged_at=row.acknowledged_at,
        )
        for row in rows
    ]
