from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0019_sweeps"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="free_cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("not_chosen", "not_chosen"),
                    ("answered_late", "answered_late"),
                    ("not_agreed", "not_agreed"),
                ],
                default="",
                max_length=16,
            ),
        ),
    ]
