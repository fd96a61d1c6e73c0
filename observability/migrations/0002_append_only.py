"""The record can be added to, never changed."""

from django.db import migrations

from observability.sql import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("observability", "0001_record")]

    operations = [
        AppendOnly("observability_event"),
        AppendOnly("observability_sealbatch"),
        AppendOnly("observability_sealentry"),
    ]
