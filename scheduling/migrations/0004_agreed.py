from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0003_earlier_accounts")]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="agreed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="free_cancel_minutes",
            field=models.PositiveIntegerField(default=24 * 60),
            preserve_default=False,
        ),
    ]
