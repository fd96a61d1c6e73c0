from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0016_calendar_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="calendar",
            name="video_in_bloom",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
