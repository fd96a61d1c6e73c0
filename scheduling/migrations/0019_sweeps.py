from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0018_alarm_words"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("state__in", ["confirmed", "in_session"])),
                fields=["ends_at"],
                name="scheduling_appointment_over",
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("state", "requested")),
                fields=["starts_at"],
                name="scheduling_appointment_asked",
            ),
        ),
    ]
