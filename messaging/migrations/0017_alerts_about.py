import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0016_held"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="crisisalert",
            name="about_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="crisisalert",
            name="about_kind",
            field=models.CharField(
                blank=True,
                choices=[("appointment", "appointment"), ("request", "request")],
                db_default="",
                default="",
                max_length=11,
            ),
        ),
        migrations.AlterField(
            model_name="crisisalert",
            name="conversation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="messaging.conversation",
            ),
        ),
        migrations.AlterField(
            model_name="crisisalert",
            name="message",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="messaging.message",
            ),
        ),
        migrations.AddConstraint(
            model_name="crisisalert",
            constraint=models.UniqueConstraint(
                fields=("about_id", "therapist"), name="messaging_crisis_alert_about_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="crisisalert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("about_id", None),
                        ("about_kind", ""),
                        ("conversation__isnull", False),
                        ("message__isnull", False),
                    ),
                    models.Q(
                        ("about_id__isnull", False),
                        ("conversation", None),
                        ("message", None),
                        models.Q(("about_kind", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="messaging_crisis_alert_of_one",
            ),
        ),
    ]
