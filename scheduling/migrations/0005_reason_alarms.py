from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0004_agreed")]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="reason_alarms",
            field=models.BooleanField(default=False),
        ),
    ]
