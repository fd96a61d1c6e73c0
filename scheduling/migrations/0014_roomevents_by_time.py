from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0013_feeds_of_sessions"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="roomevent",
            index=models.Index(fields=["happened_at"], name="scheduling_roomevent_when"),
        ),
    ]
