from django.db import migrations, models


class Migration(migrations.Migration):
    """Each message that is sent wrote to two indexes that no query asks."""

    dependencies = [
        ("messaging", "0019_forgotten"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="practice_id",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="messageaudit",
            name="practice_id",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
    ]
