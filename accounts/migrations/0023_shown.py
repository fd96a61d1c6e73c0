"""When the person of a session last showed that it is they."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0022_search_letters"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="shown_at",
            field=models.DateTimeField(null=True),
        ),
    ]
