"""The page on which a practice chooses."""

import pytest

from accounts.tests import factories as people
from messaging.models import ModerationChoice
from messaging.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk():
    return factories.talk()


def path(talk):
    return f"/practices/{talk.practice_id}/moderation/"


def browser(client, user):
    from django.conf import settings

    client.cookies[settings.SESSION_COOKIE_NAME] = people.session_key(user)
    return client


def test_without_a_key_it_says_that_nothing_leaves(client, talk):
    page = browser(client, talk.therapist).get(path(talk))
    assert page.status_code == 200
    assert "Nothing leaves" in page.content.decode()
    assert 'type="radio"' not in page.content.decode()


def test_its_owner_chooses(client, talk, settings):
    settings.OPENAI_API_KEY = "sk-x"
    here = browser(client, talk.therapist)
    assert 'value="yes"' in here.get(path(talk)).content.decode()
    assert here.post(path(talk), {"live": "no"}).status_code == 302
    assert not ModerationChoice.objects.unscoped(reason="test").get().is_live
    assert "Last changed" in here.get(path(talk)).content.decode()


def test_what_is_no_choice_is_said_at_the_field(client, talk, settings):
    settings.OPENAI_API_KEY = "sk-x"
    page = browser(client, talk.therapist).post(path(talk), {"live": "maybe"})
    assert "choose from the list" in page.content.decode()
    assert not ModerationChoice.objects.unscoped(reason="test").exists()
