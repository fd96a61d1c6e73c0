"""The first page: what messaging puts there, and that it renders."""

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from accounts.tests import factories as people
from messaging import cards, services
from messaging.tests import factories
from messaging.tests.factories import AT, BLURRED, CRISIS

pytestmark = pytest.mark.django_db


def rendered(card) -> str:
    return render_to_string(card.template, {"card": card.context})


def test_the_newest_conversations_stand_on_the_first_page():
    talk = factories.talk(people.patient(name="Ines Rivera"))
    factories.send(talk.as_patient, talk.id, BLURRED)
    card = cards.messages(talk.as_therapist, AT)
    assert card.context["conversations"][0].unread == 1
    html = rendered(card)
    assert "Ines Rivera" in html
    assert f"/messages/{talk.id}/" in html
    assert BLURRED not in html


@pytest.mark.parametrize("role", ["patient", "therapist"])
def test_without_conversations_the_card_says_what_will_be_there(role):
    card = cards.messages(people.actor(getattr(people, role)()), AT)
    assert "No conversations yet" in rendered(card)


def test_who_has_no_part_in_care_gets_no_card():
    for user in (people.support(), people.admin()):
        assert cards.messages(people.actor(user), AT) is None
        assert cards.crisis_alerts(people.actor(user), AT) is None


def test_an_alert_stands_first_until_it_is_acknowledged():
    talk = factories.talk(people.patient(name="Ines Rivera"))
    assert cards.crisis_alerts(talk.as_therapist, AT) is None
    factories.send(talk.as_patient, talk.id, CRISIS)
    card = cards.crisis_alerts(talk.as_therapist, AT)
    html = rendered(card)
    assert "Ines Rivera" in html
    assert CRISIS not in html
    assert cards.crisis_alerts(talk.as_patient, AT) is None
    services.crisis_alert_acknowledge(talk.as_therapist, card.context["alerts"][0].id, at=AT)
    assert cards.crisis_alerts(talk.as_therapist, AT) is None
    assert card.context["help_lines"] == settings.HELP_LINES
