from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_agreement"),
    ]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="is_own",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
