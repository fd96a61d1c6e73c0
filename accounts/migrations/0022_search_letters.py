"""Who looks for "sorensen" finds Sørensen: what was written before is put into the same letters."""

from typing import Any

from django.db import migrations
from django.db.models import Q

_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}


def letters_plain(apps: Any, schema_editor: Any) -> None:
    """The columns by which entries are found, as `rules.search_normal` writes them from now on."""
    rows = apps.get_model("accounts", "Listing")._base_manager.using(schema_editor.connection.alias)
    strange = Q()
    for letter in _LETTERS:
        strange |= Q(search__contains=letter) | Q(sort_name__contains=letter)
    table = str.maketrans(_LETTERS)
    for key, name, search in list(rows.filter(strange).values_list("pk", "sort_name", "search")):
        rows.filter(pk=key).update(sort_name=name.translate(table)[:300], search=search.translate(table))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_words"),
    ]

    operations = [
        migrations.RunPython(letters_plain, migrations.RunPython.noop),
    ]
