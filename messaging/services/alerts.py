"""Crisis alerts: raised with the message (store), acknowledged here."""

from datetime import datetime
from uuid import UUID

from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from messaging.events import CrisisAlertAcknowledged
from messaging.models import CrisisAlert
from messaging.selectors.alerts import crisis_alert_views
from messaging.types import CrisisAlertView
from observability import services as observability_services


@transactional
def crisis_alert_acknowledge(actor: Actor, alert_id: UUID, *, at: datetime) -> CrisisAlertView:
    """The therapist has seen it. A second time changes nothing. Raises NotFound."""
    rows = CrisisAlert.objects.visible_to(actor).with_parents("message")
    alert = rows.select_for_update(of=("self",)).get_or_refuse(pk=alert_id)
    if alert.acknowledged_at is None:
        alert.acknowledged_at = at
        alert.save(update_fields=["acknowledged_at"])
        seen = CrisisAlertAcknowledged(
            object_id=alert.id,
            practice_id=alert.practice_id,
            subject_id=alert.patient_id,
            message_id=alert.message_id,
        )
        observability_services.event_record(actor, seen, at=at)
    return crisis_alert_views(actor, [alert])[0]
