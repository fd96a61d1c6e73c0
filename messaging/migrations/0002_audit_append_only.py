"""The message record can be added to, never changed."""

from django.db import migrations

from observability.sql import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial"), ("observability", "0001_record")]

    operations = [AppendOnly("messaging_messageaudit")]
