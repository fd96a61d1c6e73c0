from django.db import migrations

import bloom.kernel.vault


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0015_waitlist_pauses"),
    ]

    operations = [
        migrations.AddField(
            model_name="outsidecalendar",
            name="file",
            field=bloom.kernel.vault.SealedField(null=True),
        ),
    ]
