"""Days and times are written in one way: by the formats of Bloom, for each language that it speaks."""

import re
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from django.utils.formats import date_format
from django.utils.translation import override

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 12, 3, 14, 5, tzinfo=UTC)
# The mail of development tells sends apart by their second.
_APART = {"templates/accounts/dev_mail_list.html"}


@pytest.mark.parametrize(
    ("language", "moment", "near", "clock"),
    [
        ("en", "3 December 2026, 2:05\xa0PM", "Thursday 3 December, 2:05\xa0PM", "2:05\xa0PM"),
        ("es", "3 de diciembre de 2026, 14:05", "jueves 3 de diciembre, 14:05", "14:05"),
    ],
)
def test_each_language_has_its_way(language: str, moment: str, near: str, clock: str) -> None:
    with override(language):
        assert date_format(AT, "DATETIME_FORMAT") == moment
        assert date_format(AT, "SHORT_DATETIME_FORMAT") == near
        assert date_format(AT.time(), "TIME_FORMAT") == clock


def test_noon_and_midnight_are_twelve() -> None:
    assert date_format(time(12), "TIME_FORMAT") == "12:00\xa0PM"
    assert date_format(time(0), "TIME_FORMAT") == "12:00\xa0AM"


def test_no_page_writes_times_in_a_way_of_its_own() -> None:
    own = re.compile(r"""(?:date|time):"[^"]*[gGhHP](?::i)?[^"]*"|date_format\([^)]*['"][^'"]*[gGhH]:i""")
    named = re.compile(r'(?:date|time):"[A-Z_]+"')
    found = [
        f"{path.relative_to(ROOT)}: {hit}"
        for path in [*ROOT.glob("templates/**/*.html"), *ROOT.glob("[a-z]*/**/*.py")]
        if not {"node_modules", "tests", "e2e", "formats"} & set(path.relative_to(ROOT).parts)
        and str(path.relative_to(ROOT)) not in _APART
        for hit in own.findall(path.read_text())
        if not named.fullmatch(hit)
    ]
    assert not found, "\n".join(found)
