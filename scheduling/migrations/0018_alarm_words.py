from django.db import migrations

import bloom.kernel.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0017_video_in_bloom"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="alarm_words",
            field=bloom.kernel.sealing.SealedField(blank=True, null=True),
        ),
    ]
