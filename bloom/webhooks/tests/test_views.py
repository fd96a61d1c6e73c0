"""A practice's webhooks in a browser, without a script."""

import re

import pytest
from django.urls import reverse

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.webhooks import services
from bloom.webhooks.models import Endpoint

pytestmark = pytest.mark.django_db
FORM = {"url": "https://example.org/bloom", "events": ["message.sent", "conversation.closed"]}
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


@pytest.fixture
def therapist():
    return people.therapist()


@pytest.fixture
def practice(therapist):
    return people.practice_of(therapist)


@pytest.fixture
def endpoint(therapist, practice):
    owner = people.actor(therapist, practice_id=practice, factor_at=clock.now())
    return services.endpoint_add(owner, practice, FORM["url"], FORM["events"], at=clock.now()).endpoint


def at(name, *args):
    return reverse(name, args=args)


def test_the_secret_stands_in_one_answer_alone(therapist, practice):
    client = people.browser(therapist)
    made = client.post(at("practice_webhook_new", practice), FORM)
    (secret,) = SECRET.findall(made.content.decode())
    assert "no-store" in made.headers["Cache-Control"]
    row = Endpoint.objects.unscoped(reason="test").get()
    for address in (at("practice_webhooks", practice), at("practice_webhook", practice, row.id)):
        page = client.get(address).content.decode()
        assert FORM["url"] in page
        assert secret not in page
        assert "whsec_" not in page


def test_what_is_wrong_is_said_and_what_was_typed_stays(therapist, practice):
    answer = people.browser(therapist).post(
        at("practice_webhook_new", practice), {"url": "https://localhost/x", "events": ["message.sent"]}
    )
    page = answer.content.decode()
    assert 'value="https://localhost/x"' in page
    assert re.search(r'value="message.sent"[^>]*checked', page)
    assert not Endpoint.objects.unscoped(reason="test").exists()


@pytest.fixture(autouse=True)
def only_the_internet(settings):
    settings.WEBHOOKS_PRIVATE = False


def test_what_it_is_told_of_can_be_changed_and_switched_off(therapist, practice, endpoint):
    client, address = people.browser(therapist), at("practice_webhook", practice, endpoint.id)
    services.endpoint_test(
        people.actor(therapist, practice_id=practice), practice, endpoint.id, at=clock.now()
    )
    assert "On its way" in client.get(address).content.decode()
    client.post(address, {"url": FORM["url"], "events": ["message.edited"]})
    row = Endpoint.objects.unscoped(reason="test").get()
    assert (row.events, row.off) == (["message.edited"], "owner")
    page = client.get(address).content.decode()
    assert "Not sent" in page
    assert "Send a test" not in page


def test_without_a_fresh_factor_one_shows_it_first(therapist, practice):
    people.app(therapist)
    client = people.browser(therapist)
    session = client.session
    session["factor_at"] = people.AT.isoformat()
    session.save()
    answer = client.get(at("practice_webhook_new", practice))
    assert answer.status_code == 302
    assert "/accounts/again/" in answer.headers["Location"]


def test_an_address_that_is_markup_is_words_on_the_page(therapist, practice):
    answer = people.browser(therapist).post(
        at("practice_webhook_new", practice), {"url": "https://x.org/<script>", "events": ["message.sent"]}
    )
    assert "<script>" not in answer.content.decode().replace("<script src", "").replace("<script type", "")
