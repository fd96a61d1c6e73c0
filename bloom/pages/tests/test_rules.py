from datetime import datetime
from uuid import uuid4

import pytest
from django.template import Context, Engine, Template
from django_cotton.compiler_regex import CottonCompiler
from hypothesis import given
from hypothesis import strategies as st

from bloom.pages import rules
from bloom.pages.templatetags import ui


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "night"), (4, "night"), (5, "morning"), (11, "morning"), (12, "afternoon"), (17, "afternoon"),
     (18, "evening"), (21, "evening"), (22, "night")],
)  # fmt: skip
def test_the_greeting_follows_the_hour(hour: int, part: str) -> None:
    assert rules.part_of_day(datetime(2026, 11, 24, hour, 59)) == part


def test_a_therapist_who_also_administers_sees_the_therapists_page() -> None:
    assert rules.foremost(frozenset({"admin", "therapist"})) == "therapist"
    assert rules.foremost(frozenset()) == ""


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Maya Torres", "MT"), ("Anna Lindqvist, PsyD", "AL"), ("Cher", "C"), ("J. R. R. Tolkien", "JT"),
     ("عبد الفهيم", "عا"), ("", "?"), ("…", "?")],
)  # fmt: skip
def test_initials(name: str, letters: str) -> None:
    assert ui.initials(name) == letters


@given(st.text())
def test_any_name_has_initials_and_a_tone(name: str) -> None:
    assert ui.initials(name)
    assert 0 <= ui.tone(name) < ui.TONES


def test_a_name_from_right_to_left_is_closed_off_and_no_other() -> None:
    assert ui.isolate("נועה לוי") == "\u2068נועה לוי\u2069"
    assert ui.isolate("Estefanía Gonzales") == "Estefanía Gonzales"


def test_a_picture_is_the_same_as_a_component_and_by_its_tag() -> None:
    file_id = uuid4()
    for about in (
        {"name": "Ann <b> O'Hara", "size": "lg"},
        {"name": "Cher", "photo": file_id},
        {"name": "Cher", "photo": None, "presence": "away"},
    ):
        component = Template(
            CottonCompiler().process(
                '<c-ui.avatar :name="name" :photo="photo" :size="size" :presence="presence" class="ring" />'
            ),
            engine=Engine.get_default(),
        )
        given = {"photo": "", "size": "", "presence": "", **about}
        by_component = component.render(Context(dict(given))).strip()
        assert by_component == ui.avatar(**given, css="ring")
        assert by_component.startswith('<span class="avatar ring"')
    assert f'src="{ui.file_link(file_id)}"' in ui.avatar("Cher", file_id)
    assert ui.avatar("Cher", size="lg") == (
        '<span class="avatar " data-size="lg" data-tone="1" aria-hidden="true"><span>C</span></span>'
    )
