"""What one person saw is not what the next one sees: in the memory of a browser, a proxy, or this process."""

import json

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.tests import factories as people
from bloom.kernel import clock
from messaging.tests import factories

pytestmark = pytest.mark.django_db
WORDS = "We walked along the river"


def browser(person) -> Client:
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = people.session_key(person)
    return client


@pytest.fixture
def talk():
    made = factories.talk()
    factories.send(made.as_patient, made.id, WORDS, at=clock.now())
    return made


def addresses(talk) -> list[str]:
    return [
        "/messages/",
        "/messages/list/",
        f"/messages/{talk.id}/",
        f"/messages/{talk.id}/alerts/",
        "/dashboard/",
        "/notices/",
        "/patients/",
        "/api/v1/me/",
        "/api/v1/conversations/",
        f"/api/v1/conversations/{talk.id}/",
        f"/api/v1/conversations/{talk.id}/messages/",
        "/api/v1/notices/",
    ]


def test_nothing_private_is_kept_by_a_browser_or_a_proxy(talk):
    for person in (talk.patient, talk.therapist):
        for address in addresses(talk):
            answer = browser(person).get(address)
            kept = answer.headers.get("Cache-Control", "")
            assert "no-store" in kept or answer.status_code == 403, (address, kept)


def test_nor_is_a_refusal_or_a_page_of_an_error(talk):
    stranger = browser(people.patient())
    for address in (f"/messages/{talk.id}/", f"/api/v1/conversations/{talk.id}/"):
        answer = stranger.get(address)
        assert answer.status_code == 404
        assert "no-store" in answer.headers.get("Cache-Control", "")
        assert WORDS not in answer.content.decode()


def test_the_same_address_after_somebody_else_asked_for_it(talk):
    """Rooms, names and prepared questions are remembered by the process, for all."""
    member, stranger, staff = browser(talk.patient), browser(people.patient()), browser(people.admin())
    for address in (f"/messages/{talk.id}/", f"/api/v1/conversations/{talk.id}/messages/"):
        for _again in range(2):
            assert WORDS in member.get(address).content.decode()
            for other in (stranger, staff):
                answer = other.get(address)
                assert answer.status_code == 404
                assert WORDS not in answer.content.decode()


def test_the_same_browser_after_somebody_else_has_signed_in(talk):
    client = browser(talk.patient)
    assert WORDS in client.get(f"/messages/{talk.id}/").content.decode()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = people.session_key(people.patient())
    for address in addresses(talk):
        assert WORDS not in client.get(address).content.decode()


def test_one_idempotency_key_of_two_people_is_two(talk):
    """The answer that was kept for one is never the other's."""
    body = json.dumps({"client_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12, "body": WORDS})
    address, more = f"/api/v1/conversations/{talk.id}/messages/", {"headers": {"Idempotency-Key": "k"}}
    first = browser(talk.patient).post(address, body, "application/json", **more)
    second = browser(talk.therapist).post(address, body, "application/json", **more)
    other = browser(people.patient()).post(address, body, "application/json", **more)
    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 404)
    assert first.json()["sender"] != second.json()["sender"]
