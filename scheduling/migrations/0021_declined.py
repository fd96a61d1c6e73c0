from django.db import migrations, models

import bloom.kernel.sealing


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0020_free_cause"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="decline_words",
            field=bloom.kernel.sealing.SealedField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="appointment",
            name="cancel_cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("declined", "declined"),
                    ("unanswered", "unanswered"),
                    ("care_ended", "care_ended"),
                    ("therapist_gone", "therapist_gone"),
                    ("not_verified", "not_verified"),
                    ("account_closed", "account_closed"),
                ],
                default="",
                max_length=16,
            ),
        ),
    ]
