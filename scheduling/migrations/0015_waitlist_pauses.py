from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0014_roomevents_by_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="waitlistentry",
            name="paused_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RemoveIndex(model_name="waitlistentry", name="scheduling_waitlist_due"),
        migrations.AddIndex(
            model_name="waitlistentry",
            index=models.Index(
                condition=models.Q(("state__in", ["resting", "waiting"])),
                fields=["look_due_at"],
                name="scheduling_waitlist_due",
            ),
        ),
        migrations.AddIndex(
            model_name="waitlistoffer",
            index=models.Index(fields=["patient", "starts_at"], name="scheduling_offer_patient"),
        ),
        migrations.RemoveConstraint(model_name="claim", name="scheduling_claim_of_one"),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("appointment__isnull", False), ("expires_at", None), ("offer_id", None)),
                    models.Q(("appointment", None), ("expires_at__isnull", False)),
                    _connector="OR",
                ),
                name="scheduling_claim_of_one",
            ),
        ),
        migrations.RemoveIndex(model_name="claim", name="scheduling_claim_offered"),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["quantum", "therapist"],
                name="scheduling_claim_offered",
            ),
        ),
    ]
