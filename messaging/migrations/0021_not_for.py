from django.db import migrations, models


class Migration(migrations.Migration):
    """Whom an alert to a patient's no keeps out, and that it is one."""

    dependencies = [
        ("messaging", "0020_practice_unindexed"),
    ]

    operations = [
        migrations.AddField(
            model_name="crisisalert",
            name="not_for_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="crisisalert",
            name="about_kind",
            field=models.CharField(
                blank=True,
                choices=[("appointment", "appointment"), ("request", "request"), ("offer", "offer")],
                db_default="",
                default="",
                max_length=11,
            ),
        ),
    ]
