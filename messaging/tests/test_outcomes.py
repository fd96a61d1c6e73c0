"""What is blocked, hidden or may mean danger: who gets what of it."""

import uuid

import pytest

from accounts.tests import factories as people
from bloom.kernel.errors import IdempotencyConflict, NotFound
from messaging import judging, selectors, services
from messaging.errors import MessageBlocked
from messaging.models import Reveal
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, BLURRED, CRISIS, HARMLESS, Event, event_names

pytestmark = pytest.mark.django_db


def test_blocked_text_reaches_nobody_and_leaves_the_client_id_free():
    talk = factories.talk()
    client_id = uuid.uuid4()
    with pytest.raises(MessageBlocked) as refused:
        factories.send(talk.as_patient, talk.id, BLOCKED, client_id=client_id)
    assert refused.value.fields == {"categories": ["sensitive-data"]}
    assert factories.message_rows(talk.id) == []
    (record,) = factories.audit_rows(talk.id)
    assert (record.action, record.outcome, record.message_id) == ("blocked", "block", None)
    assert (record.categories, record.source, record.rules) == (
        ["sensitive-data"],
        "deterministic",
        ["card-number"],
    )
    assert factories.send(talk.as_patient, talk.id, "My card is lost.", client_id=client_id).seq == 1


def test_a_repeat_of_what_is_blocked_by_now_is_still_the_message_of_then(monkeypatch):
    talk = factories.talk()
    client_id = uuid.uuid4()
    with monkeypatch.context() as lenient:
        lenient.setattr(judging, "moderator_default", factories.LenientModerator)
        first = services.message_send(talk.as_patient, talk.id, client_id, BLOCKED, at=AT)
    again = services.message_send(talk.as_patient, talk.id, client_id, BLOCKED, at=AT)
    assert (again.created, again.message) == (False, first.message)
    with pytest.raises(IdempotencyConflict):
        services.message_send(talk.as_patient, talk.id, client_id, BLOCKED + "!", at=AT)


def test_a_blurred_message_is_hidden_from_the_other_until_they_choose():
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id, BLURRED)
    assert (message.body, message.blurred, message.outcome) == (BLURRED, False, "blur")
    hidden = selectors.message_get(talk.as_therapist, message.id)
    assert (hidden.body, hidden.blurred, hidden.categories) == (None, True, ("harassment",))

    shown = services.message_reveal(talk.as_therapist, message.id, at=AT)
    assert (shown.body, shown.blurred, shown.change) == (BLURRED, False, message.change)
    assert services.message_reveal(talk.as_therapist, message.id, at=AT) == shown
    sent, revealed = factories.audit_rows(talk.id)
    assert (sent.action, sent.outcome) == ("sent", "blur")
    assert (revealed.action, revealed.actor_user_id) == ("revealed", talk.therapist.id)
    assert revealed.message_id == message.id
    assert event_names() == ["messaging.conversation.opened", "messaging.message.blurred"]


def test_there_is_nothing_to_reveal_for_the_sender_or_in_the_open():
    talk = factories.talk()
    blurred = factories.send(talk.as_patient, talk.id, BLURRED)
    plain = factories.send(talk.as_patient, talk.id)
    assert services.message_reveal(talk.as_patient, blurred.id, at=AT).body == BLURRED
    assert services.message_reveal(talk.as_therapist, plain.id, at=AT).body == HARMLESS
    assert not Reveal.objects.unscoped(reason="test").exists()
    with pytest.raises(NotFound) as refused:
        services.message_reveal(people.actor(people.therapist()), blurred.id, at=AT)
    assert refused.value.exists


def test_a_crisis_is_delivered_and_alerts_the_therapist():
    talk = factories.talk()
    message = factories.send(talk.as_patient, talk.id, CRISIS)
    assert selectors.message_get(talk.as_therapist, message.id).body == CRISIS
    (alert,) = selectors.crisis_alert_list(talk.as_therapist)
    assert (alert.message_id, alert.message_seq, alert.patient.id) == (message.id, 1, talk.patient.id)
    assert selectors.crisis_alert_list(talk.as_patient) == []
    assert event_names()[1:] == ["messaging.message.crisis"]

    seen = services.crisis_alert_acknowledge(talk.as_therapist, alert.id, at=AT)
    assert seen.acknowledged_at == AT
    services.crisis_alert_acknowledge(talk.as_therapist, alert.id, at=AT)
    assert selectors.crisis_alert_total(talk.as_therapist) == 0
    assert event_names()[2:] == ["messaging.crisis_alert.acknowledged"]
    with pytest.raises(NotFound):
        services.crisis_alert_acknowledge(talk.as_patient, alert.id, at=AT)


def test_a_therapists_own_words_alert_nobody():
    talk = factories.talk()
    factories.send(talk.as_therapist, talk.id, CRISIS)
    assert selectors.crisis_alert_total(talk.as_therapist) == 0


def test_events_hold_no_words():
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id, CRISIS)
    factories.send(talk.as_patient, talk.id, BLURRED)
    for event in Event.objects.unscoped(reason="test"):
        assert "kill" not in str(event.data)
        assert "bitch" not in str(event.data)
