"""Words that may mean danger, on the pages: help for who wrote them, an alert for their therapist."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.tests import factories as people
from messaging import selectors, services
from messaging.models import CrisisAlert
from messaging.tests import factories
from messaging.tests.factories import AT, CRISIS, Event
from messaging.tests.pages import page, post_message, signed_in

pytestmark = pytest.mark.django_db


def test_a_cry_for_help_meets_help_lines_and_the_therapist_an_alert():
    talk = factories.talk(people.patient(name="Ines Rivera"))
    client = signed_in(talk.patient)
    # Through the door, because the help stands for a day after the moment of sending.
    post_message(client, talk.id, CRISIS)
    html = page(client, talk.id)
    assert "You do not have to carry this alone" in html[: html.index('<template id="message-own">')]
    seen = signed_in(talk.therapist)
    html = page(seen, talk.id)
    assert "Something Ines Rivera wrote may mean danger" in html
    assert CRISIS in html
    assert "You do not have to carry" not in html[: html.index('<template id="message-own">')]
    alert = CrisisAlert.objects.unscoped(reason="test").get()
    response = seen.post(reverse("crisis_alert_acknowledge", args=[alert.id]))
    assert response["Location"] == f"/messages/{talk.id}/"
    assert "may mean danger" not in seen.get(reverse("conversation_alerts", args=[talk.id])).content.decode()


def test_several_alerts_are_one_card_and_one_answer():
    talk = factories.talk(people.patient(name="Ines Rivera"))
    client = signed_in(talk.patient)
    for _ in range(2):
        post_message(client, talk.id, CRISIS)
    therapist = signed_in(talk.therapist)
    html = page(therapist, talk.id)
    assert html.count("I have seen this") == 1
    assert "2 messages from Ines Rivera may mean danger" in html
    newest = CrisisAlert.objects.unscoped(reason="test").order_by("raised_at").last()
    therapist.post(reverse("crisis_alert_acknowledge", args=[newest.id]))
    assert (
        "may mean danger"
        not in therapist.get(reverse("conversation_alerts", args=[talk.id])).content.decode()
    )
    seen = Event.objects.unscoped(reason="test").filter(name="messaging.crisis_alert.acknowledged")
    assert seen.count() == 2


def test_a_threat_is_met_with_other_words():
    talk = factories.talk()
    client = signed_in(talk.patient)
    post_message(client, talk.id, "I will kill you and your family.")
    html = page(client, talk.id)
    shown = html[: html.index('<template id="message-own">')]
    assert "If anyone may get hurt, call 911 now." in shown
    assert "You do not have to carry this alone" not in shown


def test_help_does_not_open_an_old_wound():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, CRISIS)
    html = page(signed_in(talk.patient), talk.id)
    assert "You do not have to carry" not in html[: html.index('<template id="message-own">')]


def test_an_alert_is_only_its_therapists_to_acknowledge():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, CRISIS)
    alert = CrisisAlert.objects.unscoped(reason="test").get()
    for other in (talk.patient, people.therapist()):
        assert signed_in(other).post(reverse("crisis_alert_acknowledge", args=[alert.id])).status_code == 404
    alert = CrisisAlert.objects.unscoped(reason="test").get()
    assert alert.acknowledged_at is None


def test_an_old_page_does_not_acknowledge_words_that_came_after_it():
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id, CRISIS)
    client = signed_in(talk.therapist)
    alert = CrisisAlert.objects.unscoped(reason="test").get()
    path, alerts = reverse("crisis_alert_acknowledge", args=[alert.id]), [talk.id]

    def shown():
        html = client.get(reverse("conversation_alerts", args=alerts)).content.decode()
        return html.partition('name="raised_at" value="')[2].partition('"')[0]

    before = shown()
    services.message_edit(talk.as_patient, message.id, f"{CRISIS} Tonight.", at=AT + timedelta(seconds=1))
    refused = client.post(path, {"raised_at": before})
    assert refused.status_code == 409
    assert "They changed what they wrote" in refused.content.decode()
    assert selectors.crisis_alert_total(talk.as_therapist) == 1
    assert client.post(path, {"raised_at": "soon"}).status_code == 400
    assert client.post(path, {"raised_at": shown()}).status_code == 302
    assert selectors.crisis_alert_total(talk.as_therapist) == 0


def test_the_newest_danger_is_marked_however_many_wait():
    therapist = people.therapist()
    for _ in range(51):
        talk = factories.talk(therapist=therapist)
        factories.send(talk.as_patient, talk.id, CRISIS)
    html = signed_in(therapist).get(reverse("messages")).content.decode()
    assert html.count("Read now") == 50
