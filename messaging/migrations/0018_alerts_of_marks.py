"""What was marked as alarming before alerts were raised for it, and still waits, raises one now: the first page
shows alerts alone. Nobody further is told of these: their therapists had them before their eyes all along.
"""

from typing import Any

from django.db import migrations
from django.db.models import F, Q
from django.utils import timezone


def alerts_raise(apps: Any, schema_editor: Any) -> None:
    alerts = apps.get_model("messaging", "CrisisAlert").objects
    booked = apps.get_model("scheduling", "Appointment").objects.filter(
        reason_alarms=True, state__in=["requested", "confirmed", "in_session"]
    )
    asked = apps.get_model("accounts", "Proposal").objects.filter(
        Q(message_alarms=True, proposed_by_id=F("patient_id")) | Q(agreement_alarms=True),
        state="with_therapist",
    )
    now = timezone.now()
    for kind, rows in (("appointment", booked), ("request", asked)):
        for row in rows.values("id", "practice_id", "patient_id", "therapist_id"):
            alerts.get_or_create(
                about_id=row["id"],
                therapist_id=row["therapist_id"],
                defaults={
                    "about_kind": kind,
                    "practice_id": row["practice_id"],
                    "patient_id": row["patient_id"],
                    "raised_at": now,
                },
            )


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0017_alerts_about"),
        ("accounts", "0013_proposal_alarms"),
        ("scheduling", "0005_reason_alarms"),
    ]

    operations = [migrations.RunPython(alerts_raise, migrations.RunPython.noop)]
