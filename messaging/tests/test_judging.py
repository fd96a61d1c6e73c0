"""Rules and live service together on the way of a message, and what happens to it afterwards."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests import factories as people
from bloom.kernel.errors import NotAllowed
from messaging import judging, selectors, services
from messaging.errors import MessageBlocked
from messaging.models import CrisisAlert, ModerationChoice
from messaging.moderation.types import Source
from messaging.tests import factories
from messaging.tests.conftest import PATIENCE
from messaging.tests.factories import AT, BLOCKED, BLURRED, CRISIS, Event
from messaging.tests.judged import MEAN, rechecks, sweep, verdict_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk(transactional_db):
    return factories.talk()


# The stricter wins ------------------------------------------------------------------------------------------


def test_what_the_live_service_finds_hides_what_the_rules_let_through(talk, openai):
    openai.teach("dust under", harassment=0.97)
    sent = factories.send(talk.as_patient, talk.id, MEAN)
    assert (sent.outcome, sent.categories) == ("blur", ("harassment",))
    assert selectors.message_get(talk.as_therapist, sent.id).body is None
    row = factories.audit_rows(talk.id)[-1]
    assert (row.source, row.rules) == (Source.LIVE, ["openai:harassment"])
    assert not rechecks().exists()


def test_the_rules_are_the_floor(talk, openai):
    assert factories.send(talk.as_patient, talk.id, BLURRED).outcome == "blur"
    assert len(openai.asked) == 1
    with pytest.raises(MessageBlocked):
        factories.send(talk.as_patient, talk.id, BLOCKED)


def test_a_crisis_that_the_rules_see_is_not_sent_out(talk, openai):
    assert factories.send(talk.as_patient, talk.id, CRISIS).outcome == "crisis"
    assert openai.asked == []
    assert verdict_of(talk) == ("sent", "crisis", Source.DETERMINISTIC)


@pytest.mark.parametrize("text", [BLOCKED, "my password is hunter22!", "You bitch, my PIN is 4071."])
def test_a_secret_that_the_rules_see_is_not_sent_out(talk, openai, text):
    with pytest.raises(MessageBlocked) as refused:
        factories.send(talk.as_patient, talk.id, text)
    assert "sensitive-data" in refused.value.fields["categories"]
    assert openai.asked == []
    assert not rechecks().exists()


def test_another_text_that_the_rules_block_may_still_be_a_crisis(talk, openai):
    openai.teach("giveaway", {"self-harm/intent": 0.9})
    text = "Bitcoin giveaway! Send me 0.1 BTC and I double your coins"
    assert factories.send(talk.as_patient, talk.id, text).outcome == "crisis"


def test_self_harm_that_only_the_live_service_sees_is_delivered_with_an_alert(talk, openai):
    openai.teach("last sunrise", {"self-harm/intent": 0.9})
    sent = factories.send(talk.as_patient, talk.id, "This was my last sunrise.")
    assert sent.outcome == "crisis"
    assert selectors.message_get(talk.as_therapist, sent.id).body == "This was my last sunrise."
    assert CrisisAlert.objects.unscoped(reason="test").get().therapist_id == talk.therapist.id


def test_what_the_live_service_blocks_is_never_a_message(talk, openai):
    openai.teach("all of them", {"hate/threatening": 0.95})
    with pytest.raises(MessageBlocked) as refused:
        factories.send(talk.as_patient, talk.id, "They should fear us, all of them.")
    assert refused.value.fields == {"categories": ["hate/threatening"]}
    assert factories.message_rows(talk.id) == []


def test_the_names_of_both_stay_here(openai):
    talk = factories.talk(people.patient(name="Zdenka Quill"), people.therapist(name="Orla Finch"))
    factories.send(talk.as_patient, talk.id, "Dear Orla, Zdenka here, zq@example.org")
    assert openai.asked == ["dear [name], [name] here, [email]"]


# When it does not answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", ["down", "error", "garbage", "rate_limited", "rejected", "malformed", "missing", "many", "deep"]
)
def test_the_rules_decide_alone_and_a_row_waits(talk, openai, fault):
    openai.fault_set(fault, path="/moderations")
    sent = factories.send(talk.as_patient, talk.id)
    assert sent.outcome == "allow"
    assert verdict_of(talk) == ("sent", "allow", Source.FALLBACK)
    row = rechecks().get()
    assert (row.message_id, row.due_at > AT) == (sent.id, True)


def test_a_slow_answer_is_not_waited_for(talk, openai, settings):
    factories.send(talk.as_patient, talk.id, "the library is loaded")
    settings.MODERATION_DEADLINE_SECONDS = 0.3
    with openai.held():
        factories.send(talk.as_patient, talk.id)
    assert verdict_of(talk) == ("sent", "allow", Source.FALLBACK)
    assert rechecks().count() == 1


def test_no_transaction_is_open_while_the_vendor_is_waited_for(talk, openai):
    """Somebody else can lock the conversation while a send waits for its verdict."""
    done = []
    waiting = threading.Thread(
        target=lambda: (
            done.append(factories.send(talk.as_patient, talk.id)),
            connection.close(),
        )
    )
    with openai.held() as arrived:
        waiting.start()
        assert arrived.wait(PATIENCE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM messaging_conversation WHERE id = %s FOR UPDATE NOWAIT", [talk.id])
        assert not done
    waiting.join()
    assert done


def test_once_the_breaker_is_open_nobody_waits_and_nobody_asks(talk, openai):
    openai.fault_set("error", path="/moderations", times=5)
    for _ in range(5):
        factories.send(talk.as_patient, talk.id)
    asked = len(openai.asked)
    factories.send(talk.as_patient, talk.id)
    assert len(openai.asked) == asked
    assert rechecks().count() == 6


# Switched off -----------------------------------------------------------------------------------------------


def queries_of_a_send(talk):
    """Beside the one statement, which goes to the driver itself."""
    factories.send(talk.as_patient, talk.id)
    with CaptureQueriesContext(connection) as made:
        factories.send(talk.as_patient, talk.id)
    return len(made)


def test_without_a_key_a_send_costs_what_it_did(talk, monkeypatch):
    """No query, no thread, no vendor, and the conversation's context is not even looked for."""
    before = set(threading.enumerate())
    monkeypatch.setattr(judging, "context_get", None)
    monkeypatch.setattr(judging, "_context_cached", None)
    monkeypatch.setattr(judging, "_moderator", None)
    assert queries_of_a_send(talk) == 0
    assert set(threading.enumerate()) <= before
    assert verdict_of(talk) == ("sent", "allow", Source.DETERMINISTIC)


def test_a_practice_that_switched_it_off_costs_no_query_more_either(talk, openai):
    owner = owner_of(talk)
    assert services.moderation_switch(owner, talk.practice_id, is_live=False, at=AT)
    assert queries_of_a_send(talk) == 0
    assert openai.asked == []
    assert verdict_of(talk) == ("sent", "allow", Source.DETERMINISTIC)


def owner_of(talk):
    return people.actor(talk.therapist, practice_id=talk.practice_id)


def test_the_choice_is_on_record_and_can_be_taken_back(talk, openai):
    owner = owner_of(talk)
    services.moderation_switch(owner, talk.practice_id, is_live=False, at=AT)
    assert not services.moderation_switch(owner, talk.practice_id, is_live=False, at=AT)
    services.moderation_switch(owner, talk.practice_id, is_live=True, at=AT)
    factories.send(talk.as_patient, talk.id)
    assert len(openai.asked) == 1
    events = Event.objects.unscoped(reason="test").filter(name="messaging.moderation.switched")
    assert [row.data["is_live"] for row in events.order_by("recorded_at")] == [False, True]


def test_only_who_may_change_the_practice_chooses(talk):
    for actor in (talk.as_patient, people.actor(people.therapist())):
        with pytest.raises(NotAllowed):
            services.moderation_switch(actor, talk.practice_id, is_live=False, at=AT)
    assert not ModerationChoice.objects.unscoped(reason="test").exists()


def test_what_waits_when_it_is_switched_off_stays_with_the_rules_verdict(talk, openai):
    openai.fault_set("error", path="/moderations")
    factories.send(talk.as_patient, talk.id)
    services.moderation_switch(owner_of(talk), talk.practice_id, is_live=False, at=AT)
    asked = len(openai.asked)
    assert sweep() == 1
    assert len(openai.asked) == asked
    assert verdict_of(talk) == ("moderated", "allow", Source.DETERMINISTIC)


def test_the_metrics_count_and_hold_no_word(talk, openai):
    from prometheus_client import REGISTRY, generate_latest

    openai.fault_set("rate_limited", path="/moderations")
    factories.send(talk.as_patient, talk.id, "pineapple")
    told = generate_latest(REGISTRY).decode()
    assert 'bloom_moderation_verdicts_total{outcome="allow",source="fallback"}' in told
    assert 'bloom_moderation_live_seconds_count{answer="busy"}' in told
    assert 'bloom_moderation_breaker{state="open"} 1.0' in told
    assert "bloom_moderation_waiting 1.0" in told
    assert "pineapple" not in told
    assert str(talk.patient.id) not in told
