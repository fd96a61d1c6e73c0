"""Forms speak in Bloom's words: nothing is left to what a browser says of a field."""

import re
from pathlib import Path

import pytest
from django.test import Client

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
_FORM = re.compile(r'(<form\b(?:"[^"]*"|[^>"])*>)(.*?)</form>', re.DOTALL)
# What a person fills in: a component, a control of its own, or a field of a Django form that is not hidden.
_FILLED_IN = re.compile(
    r"<c-ui\.(?:field|password|check|choices?|input|textarea)\b|<(?:textarea|select)\b"
    r'|<input(?!(?:"[^"]*"|[^>"])*type="(?:hidden|submit)")'
)
# The composer is sent by its script, and is never empty when it is.
_OTHERWISE = {"messaging/parts/thread.html"}


def forms_of(path: Path) -> list[str]:
    return [
        tag
        for tag, body in _FORM.findall(path.read_text())
        if 'method="post"' in tag and _FILLED_IN.search(body)
    ]


def test_no_form_that_people_fill_in_is_left_to_the_browsers_words() -> None:
    found = [
        f"{path.relative_to(TEMPLATES)}: {tag[:90]}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        if str(path.relative_to(TEMPLATES)) not in _OTHERWISE
        for tag in forms_of(path)
        if "novalidate" not in tag
    ]
    assert not found, "\n".join(found)


def test_there_are_such_forms() -> None:
    assert sum(len(forms_of(path)) for path in TEMPLATES.rglob("*.html")) > 40


@pytest.mark.django_db
def test_what_is_missing_has_its_words_on_the_page_for_the_script() -> None:
    page = Client().get("/accounts/signup/").content.decode()
    assert 'data-missing="Please choose one."' in page
    assert page.count('data-missing="Please fill this in."') == 4
    assert page.count('data-mistyped="Enter a valid email address."') == 1
    assert '<template id="error-template">' in page


@pytest.mark.django_db
def test_the_server_says_the_same_to_who_has_no_script() -> None:
    page = Client().post("/accounts/login/", {}).content.decode()
    assert page.count("Please fill this in.</p>") == 2
