"""Crisis alerts: raised with the message (store), acknowledged here."""

from datetime import datetime
from uuid import UUID

from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from messaging.errors import AlertRaisedAgain
from messaging.events import CrisisAlertAcknowledged
from messaging.models import CrisisAlert
from messaging.selectors.alerts import crisis_alert_views
from messaging.types import CrisisAlertView
from observability import services as observability_services


@transactional
def crisis_alert_acknowledge(
    actor: Actor, alert_id: UUID, *, at: datetime, raised_at: datetime | None = None
) -> CrisisAlertView:
    """The therapist has seen it, and with it what was raised before it in the same conversation.

    `raised_at` is that of the alert that they were shown. A second time changes nothing. Raises NotFound,
    and AlertRaisedAgain when it stands for other words by now.
    """
    rows = CrisisAlert.objects.visible_to(actor).with_parents("message")
    alert = rows.select_for_update(of=("self",)).get_or_refuse(pk=alert_id)
    if raised_at is not None and raised_at != alert.raised_at:
        raise AlertRaisedAgain
    earlier = rows.filter(
        conversation_id=alert.conversation_id, raised_at__lt=alert.raised_at, acknowledged_at=None
    )
    for each in [*earlier.select_for_update(of=("self",)).order_by("raised_at"), alert]:
        if each.acknowledged_at is None:
            each.acknowledged_at = at
            each.save(update_fields=["acknowledged_at"])
            seen = CrisisAlertAcknowledged(
                object_id=each.id,
                practice_id=each.practice_id,
                subject_id=each.patient_id,
                message_id=each.message_id,
            )
            observability_services.event_record(actor, seen, at=at)
    return crisis_alert_views(actor, [alert])[0]
