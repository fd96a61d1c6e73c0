"""Which of the notices so far were told to people as themselves: a migration of its own, as the column has to be
there before it is written.
"""

from django.db import migrations


def own_mark(apps, editor):
    rows = apps.get_model("accounts", "Notice").objects.filter(kind__in=("care", "practice"))
    own = [
        notice_id
        for notice_id, user_id, kind, code, params in rows.values_list(
            "id", "user_id", "kind", "code", "params"
        )
        if params.get("patient" if kind == "care" else "person") == str(user_id)
        or (kind, code) == ("practice", "invited")
    ]
    for start in range(0, len(own), 500):
        rows.filter(id__in=own[start : start + 500]).update(is_own=True)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_notice_own"),
    ]

    operations = [
        migrations.RunPython(own_mark, migrations.RunPython.noop),
    ]
