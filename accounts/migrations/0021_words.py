"""What the admin calls what it shows; nothing changes in the database."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_copies"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apitoken",
            options={
                "base_manager_name": "instances",
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
            },
        ),
        migrations.AlterModelOptions(
            name="assignment", options={"verbose_name": "assignment", "verbose_name_plural": "assignments"}
        ),
        migrations.AlterModelOptions(
            name="listing",
            options={"verbose_name": "directory entry", "verbose_name_plural": "directory entries"},
        ),
        migrations.AlterModelOptions(
            name="membership", options={"verbose_name": "membership", "verbose_name_plural": "memberships"}
        ),
        migrations.AlterModelOptions(
            name="practice", options={"verbose_name": "practice", "verbose_name_plural": "practices"}
        ),
        migrations.AlterModelOptions(
            name="proposal",
            options={"verbose_name": "request for care", "verbose_name_plural": "requests for care"},
        ),
        migrations.AlterModelOptions(
            name="role", options={"verbose_name": "role", "verbose_name_plural": "roles"}
        ),
        migrations.AlterModelOptions(
            name="user", options={"verbose_name": "person", "verbose_name_plural": "people"}
        ),
    ]
