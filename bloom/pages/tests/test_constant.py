"""What is drawn once holds nothing of a person; another language or another attribute is drawn anew. What
stands on a page twice is drawn once for it, with all that is the person's.
"""

import re
from functools import partial

import pytest
from django.template import Context, Engine, Template
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler

from bloom.pages.templatetags.constant import MOST

PAIRS = [("count", "Anna"), ("danger", "Ben")]


def made(text: str) -> Template:
    return Template(CottonCompiler().process(text), engine=Engine.get_default())


def drawn(template: Template, **about: object) -> str:
    return template.render(Context(about)).strip()


def test_nothing_of_the_page_gets_in():
    page = made("{{ name }}:{% constant %}[{{ name }}{{ request.user }}{{ shell.person }}]{% endconstant %}")
    assert [drawn(page, name=name) for name in ("Anna", "Ben")] == ["Anna:[]", "Ben:[]"]


def test_what_it_holds_is_drawn_once_for_each_language():
    page = made('{% constant %}{% translate "Close" %}{% endconstant %}')
    said = {}
    for language in ("en", "es", "en"):
        with translation.override(language):
            said[language] = drawn(page)
    with translation.override("es"):
        assert said == {"en": "Close", "es": translation.gettext("Close")}


@pytest.mark.parametrize("given", ['name="{{ icon }}"', ':name="icon"'])
def test_a_component_is_drawn_by_its_attributes(given):
    page = made(f'<c-ui.icon {given} class="size-4" />')
    bell, lock = drawn(page, icon="bell"), drawn(page, icon="lock")
    assert bell != lock
    assert drawn(page, icon="bell") == bell
    assert bell.startswith('<svg class="icon size-4"')
    assert drawn(made('<c-ui.icon name="bell" class="size-4" />')) == bell


def test_an_attribute_is_escaped_each_time():
    page = made('<c-ui.icon name="bell" :label="label" />')
    for _ in range(2):
        assert 'aria-label="&lt;b&gt;"' in drawn(page, label="<b>")
    assert 'aria-label="Bell"' in drawn(page, label="Bell")


def test_more_kinds_than_there_can_be_are_drawn_and_not_kept():
    page = made('<c-ui.icon name="bell" :label="label" />')
    for number in range(MOST + 5):
        assert f'aria-label="{number}"' in drawn(page, label=str(number))
    (node,) = [each for each in page.nodelist if hasattr(each, "_drawn")]
    assert len(node._drawn) == MOST


def test_what_stands_twice_is_drawn_once_for_each_page():
    drawn_for = []
    page = made("{% twice as menu %}<b>{{ name }}{{ seen }}</b>{% endtwice %}{{ menu }}|{{ menu }}")
    for name in ("Anna", "Ben"):
        seen = drawn_for.append
        assert drawn(page, name=name, seen=partial(seen, name)) == f"<b>{name}None</b>|<b>{name}None</b>"
    assert drawn_for == ["Anna", "Ben"]


def test_a_component_keeps_its_template_and_nothing_else():
    page = made('<c-ui.badge variant="{{ kind }}">{{ name }}</c-ui.badge>')
    assert [re.findall(r'"(\w+)"\s*>(\w+)<', drawn(page, kind=kind, name=name)) for kind, name in PAIRS] == [
        [each] for each in PAIRS
    ]
    either = made('<c-component :is="which">x</c-component>')
    assert "badge" in drawn(either, which="ui.badge")
    assert "badge" not in drawn(either, which="ui.tooltip")
