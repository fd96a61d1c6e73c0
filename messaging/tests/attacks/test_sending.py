"""Attacks by sending through REST: too large, too deep, too often, and words that would be markup."""

import json
import uuid

import pytest
from django.conf import settings
from django.test import Client

from accounts.tests import factories as people
from messaging.tests import factories

pytestmark = pytest.mark.django_db
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</textarea></p><iframe src=javascript:alert(1)>",
    "{{ settings.SECRET_KEY }} {% load i18n %}",
    "<c-ui.button>no</c-ui.button>",
    "javascript:alert(1)",
]


@pytest.fixture
def talk():
    return factories.talk()


def browser(person) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = people.session_key(person)
    return client


def post(person, talk, body: str | bytes):
    return browser(person).post(f"/api/v1/conversations/{talk.id}/messages/", body, "application/json")


def message(text: str) -> str:
    return json.dumps({"client_id": str(uuid.uuid4()), "body": text})


@pytest.mark.parametrize("words", MARKUP, ids=ascii)
def test_words_stay_words_on_every_page_that_shows_them(talk, words):
    assert post(talk.patient, talk, message(words)).status_code in {201, 422}
    for row in factories.message_rows(talk.id):
        for person in (talk.patient, talk.therapist):
            for address in (f"/messages/{talk.id}/", "/messages/", "/dashboard/"):
                page = browser(person).get(address).content.decode()
                assert "<script>alert" not in page
                assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert", "")
                assert "<svg onload" not in page
                assert "<iframe" not in page
                assert settings.SECRET_KEY not in page
                assert 'href="javascript:' not in page
        assert row.seq == 1


@pytest.mark.parametrize("size", [settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1, 20_000_000])
def test_a_body_without_end_is_not_read(talk, size):
    answer = post(talk.patient, talk, b'{"body": "' + b"a" * size + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert factories.message_rows(talk.id) == []


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"body": {"body":'])
def test_what_is_nested_without_end_is_invalid(talk, opening):
    answer = post(talk.patient, talk, opening * 50_000)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize(
    "text", ["", " \t\n", "\u200b\u200d\ufeff", "a\x00b", "\ud800", "a" * 4001, "\u2800" * 5], ids=ascii
)
def test_what_is_no_text_is_no_message(talk, text):
    answer = post(talk.patient, talk, message(text))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert factories.message_rows(talk.id) == []


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[]",
        "7",
        '"text"',
        '{"client_id": 1, "body": "a"}',
        '{"client_id": null, "body": "a"}',
        "{}",
        "NaN",
    ],
)
def test_what_has_another_shape_is_invalid(talk, body):
    answer = post(talk.patient, talk, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_flood_is_told_to_wait_whichever_door_it_takes(talk, settings):
    """So many a minute are one person's, not one program's."""
    settings.RATE_FACTOR, settings.MESSAGES_PER_MINUTE = 1, 2
    answers = [post(talk.patient, talk, message(f"Again {number}")) for number in range(4)]
    late = answers[-1]
    assert [each.status_code for each in answers] == [201, 201, 429, 429]
    assert late.json()["code"] == "rate_limited"
    assert int(late.headers["Retry-After"]) >= 1
    page = browser(talk.patient).post(
        f"/messages/{talk.id}/send/", {"client_id": str(uuid.uuid4()), "body": "By the page"}
    )
    assert page.status_code == 429
    # It is nobody else's wait.
    assert post(talk.therapist, talk, message("I am here.")).status_code == 201
