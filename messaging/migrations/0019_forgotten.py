from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0018_alerts_of_marks"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="scheduledmessage",
            index=models.Index(
                condition=models.Q(("state__in", ["sent", "stopped"])),
                fields=["changed_at"],
                name="messaging_scheduled_over",
            ),
        ),
    ]
