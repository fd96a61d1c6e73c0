"""Rules and live service together on the way of a message, and what happens to it afterwards."""

import asyncio
import threading
import uuid
from concurrent.futures import Future
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests import factories as people
from bloom.kernel import clock, db, vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from messaging import audit, judging, selectors, services
from messaging.errors import MessageBlocked
from messaging.models import CrisisAlert, ModerationChoice, Recheck
from messaging.moderation.categories import LIVE_CATEGORIES
from messaging.moderation.types import Source
from messaging.tests import factories
from messaging.tests.conftest import PATIENCE
from messaging.tests.factories import AT, BLOCKED, BLURRED, CRISIS, HARMLESS, Event
from messaging.tests.sockets import sockets

pytestmark = pytest.mark.django_db(transaction=True)
SWEEP = Actor.for_system("remoderation")
LATER = AT + timedelta(minutes=5)
MEAN = "You are nothing but dust under my shoes."
CLEAR = dict.fromkeys(LIVE_CATEGORIES, 0.0)


@pytest.fixture
def talk(transactional_db):
    return factories.talk()


def rechecks():
    return Recheck.objects.unscoped(reason="test")


def verdict_of(talk):
    """Outcome and source of the newest row of the record."""
    row = factories.audit_rows(talk.id)[-1]
    return (row.action, row.outcome, row.source)


def sweep(at=LATER):
    return services.messages_remoderate(SWEEP, at=at)


def whole():
    return list(audit.messages_witness())


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


# Later ------------------------------------------------------------------------------------------------------


def test_a_changed_verdict_is_a_change_an_event_and_a_row_of_the_record(talk, openai):
    openai.teach("dust under", harassment=0.97)
    openai.fault_set("error", path="/moderations")
    sent = factories.send(talk.as_patient, talk.id, MEAN)
    assert selectors.message_get(talk.as_therapist, sent.id).body == MEAN
    assert whole() == []

    assert sweep() == 1
    now = selectors.message_get(talk.as_therapist, sent.id)
    assert (now.outcome, now.body, now.blurred, now.change, now.seq) == ("blur", None, True, 2, 1)
    assert factories.conversation_row(talk.id).last_change == 2
    assert verdict_of(talk) == ("moderated", "blur", Source.LIVE)
    names = set(Event.objects.unscoped(reason="test").values_list("name", flat=True))
    assert {"messaging.message.moderated", "messaging.message.blurred"} <= names
    assert not rechecks().exists()
    assert whole() == []


def test_the_same_verdict_is_on_record_and_changes_nothing(talk, openai):
    openai.fault_set("error", path="/moderations")
    sent = factories.send(talk.as_patient, talk.id)
    assert sweep() == 1
    assert selectors.message_get(talk.as_therapist, sent.id).change == 1
    assert verdict_of(talk) == ("moderated", "allow", Source.LIVE)
    assert whole() == []


def test_a_late_block_takes_the_text_back_from_others(talk, openai):
    openai.teach("dust under", {"hate/threatening": 0.99})
    openai.fault_set("error", path="/moderations")
    sent = factories.send(talk.as_patient, talk.id, MEAN)
    sweep()
    assert selectors.message_get(talk.as_therapist, sent.id).body is None
    assert selectors.message_get(talk.as_patient, sent.id).body == MEAN


def test_a_late_crisis_alerts_the_therapist(talk, openai):
    openai.teach("dust under", {"self-harm": 0.99})
    openai.fault_set("error", path="/moderations")
    factories.send(talk.as_patient, talk.id, MEAN)
    sweep()
    assert CrisisAlert.objects.unscoped(reason="test").get().therapist_id == talk.therapist.id


def test_a_late_crisis_alerts_the_therapist_who_acknowledged_the_words_before(talk, openai):
    openai.teach("dust under", {"self-harm": 0.99})
    sent = factories.send(talk.as_patient, talk.id, CRISIS)
    (alert,) = selectors.crisis_alert_list(talk.as_therapist)
    services.crisis_alert_acknowledge(talk.as_therapist, alert.id, at=AT)
    openai.fault_set("error", path="/moderations")
    assert services.message_edit(talk.as_patient, sent.id, MEAN, at=AT).outcome == "allow"
    assert selectors.crisis_alert_list(talk.as_therapist) == []
    assert sweep() == 1
    (again,) = selectors.crisis_alert_list(talk.as_therapist)
    assert again.id == alert.id
    assert again.raised_at > alert.raised_at


def test_what_is_not_due_or_cannot_be_asked_waits(talk, openai):
    openai.fault_set("error", path="/moderations", times=2)
    factories.send(talk.as_patient, talk.id)
    assert sweep(AT) == 0
    assert sweep() == 0
    assert rechecks().get().due_at > LATER
    assert sweep(LATER) == 0
    assert sweep(LATER + timedelta(hours=1)) == 1


def test_a_text_that_is_never_taken_is_left_to_the_rules_in_the_end(talk, openai):
    openai.fault_set("rejected", path="/moderations", times=20)
    factories.send(talk.as_patient, talk.id)
    for hour in range(1, 8):
        sweep(LATER + timedelta(hours=hour))
    assert not rechecks().exists()


def test_what_was_deleted_or_erased_is_not_sent_out(talk, openai):
    openai.fault_set("error", path="/moderations", times=1)
    factories.send(talk.as_patient, talk.id)
    db.transactional(lambda: vault.key_destroy(SWEEP, talk.patient.id, at=AT))()
    asked = len(openai.asked)
    sweep()
    assert len(openai.asked) == asked
    assert not rechecks().exists()


def test_a_text_that_changed_while_it_was_judged_keeps_its_own_verdict(talk, openai, monkeypatch):
    openai.fault_set("error", path="/moderations")
    openai.teach("dust under", harassment=0.97)
    factories.send(talk.as_patient, talk.id, MEAN)
    real = judging.judge_again

    def slowly(room, text):
        (row,) = factories.message_rows(talk.id)
        row.body = vault.seal(talk.patient.id, HARMLESS, factories.place_of(row))
        row.save(update_fields=["body"])
        return real(room, text)

    monkeypatch.setattr(judging, "judge_again", slowly)
    assert sweep() == 0
    assert factories.message_rows(talk.id)[0].outcome == "allow"
    assert rechecks().count() == 1


def test_an_edit_is_judged_like_a_new_text_and_ends_the_earlier_wish(talk, openai):
    openai.teach("dust under", harassment=0.97)
    openai.fault_set("error", path="/moderations", times=2)
    sent = factories.send(talk.as_patient, talk.id)
    first = rechecks().get().id
    services.message_edit(talk.as_patient, sent.id, MEAN, at=AT)
    assert rechecks().get().id != first
    assert sweep() == 1
    assert selectors.message_get(talk.as_therapist, sent.id).body is None
    assert whole() == []
    edited = services.message_edit(talk.as_patient, sent.id, "I am sorry.", at=AT)
    assert edited.outcome == "allow"
    assert not rechecks().exists()
    assert whole() == []


def test_two_sweeps_at_once_judge_a_message_once(talk, openai):
    openai.fault_set("error", path="/moderations")
    factories.send(talk.as_patient, talk.id)
    done, ready = [], threading.Barrier(2)

    def run():
        try:
            ready.wait()
            done.append(sweep())
        finally:
            connection.close()

    both = [threading.Thread(target=run) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(done) == [0, 1]
    assert [row.action for row in factories.audit_rows(talk.id)] == ["sent", "moderated"]


async def test_every_open_page_hears_of_it_in_order(openai):
    talk = await sync_to_async(factories.talk)()
    openai.teach("dust under", harassment=0.97)
    openai.fault_set("error", path="/moderations")
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        ack = await patient.ask("message:send", conversation=talk.id, client_id=uuid.uuid4(), body=MEAN)
        assert ack["data"]["moderation"]["outcome"] == "allow"
        assert (await therapist.of_type("message:receive"))["message"]["body"] == MEAN
        await sync_to_async(sweep)(clock.now() + timedelta(hours=1))
        for socket, body in ((patient, MEAN), (therapist, None)):
            update = (await socket.of_type("message:update"))["message"]
            assert (update["change"], update["body"]) == (2, body)
            assert update["moderation"] == {"outcome": "blur", "categories": ["harassment"]}


async def test_a_slow_vendor_holds_nobody_else_on_the_same_loop(openai):
    talk = await sync_to_async(factories.talk)()
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        await patient.ask("message:send", conversation=talk.id, client_id=uuid.uuid4(), body="warm")
        with openai.held() as arrived:
            slow = asyncio.create_task(
                patient.ask("message:send", conversation=talk.id, client_id=uuid.uuid4(), body="slowly")
            )
            assert await asyncio.to_thread(arrived.wait, PATIENCE)
            assert (await therapist.ask("ping"))["ok"]
            assert not slow.done()
        assert (await slow)["ok"]


class Held:
    """A live service that thinks until the test lets it answer. `asked` is set when it has been asked."""

    def __init__(self):
        self.answer = Future()
        self.asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def ask(self, text, *, deadline):
        self._loop.call_soon_threadsafe(self.asked.set)
        return self.answer


async def test_an_edit_that_is_judged_holds_no_other_socket(openai, monkeypatch):
    talk = await sync_to_async(factories.talk)()
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        sent = (
            await patient.ask("message:send", conversation=talk.id, client_id=uuid.uuid4(), body=HARMLESS)
        )["data"]
        await therapist.of_type("message:receive")
        held = Held()
        monkeypatch.setattr(judging, "_moderator", held)
        edit = asyncio.create_task(patient.ask("message:edit", message=sent["id"], body=MEAN))
        try:
            await asyncio.wait_for(held.asked.wait(), 10)
            # Each of these asks the database, and is answered while the edit still waits.
            resumed = await therapist.ask("session:resume", cursors={str(talk.id): 0})
            assert resumed["data"] == {"behind": {str(talk.id): 1}}
            assert (await therapist.of_type("message:receive"))["message"]["body"] == HARMLESS
            assert (await therapist.ask("receipt:read", conversation=talk.id, seq=1))["ok"]
            assert not edit.done()
        finally:
            held.answer.set_result({**CLEAR, "harassment": 0.97})
            acked = (await edit)["data"]
        assert (acked["body"], acked["change"]) == (MEAN, 2)
        update = (await therapist.of_type("message:update"))["message"]
        assert (update["body"], update["blurred"], update["change"]) == (None, True, 2)


async def test_what_was_deleted_while_its_edit_was_judged_stays_deleted(openai, monkeypatch):
    talk = await sync_to_async(factories.talk)()
    async with sockets(talk.patient) as (patient,):
        sent = (
            await patient.ask("message:send", conversation=talk.id, client_id=uuid.uuid4(), body=HARMLESS)
        )["data"]
        held = Held()
        monkeypatch.setattr(judging, "_moderator", held)
        edit = asyncio.create_task(patient.ask("message:edit", message=sent["id"], body=MEAN))
        try:
            await asyncio.wait_for(held.asked.wait(), 10)
            await sync_to_async(services.message_delete)(
                talk.as_patient, uuid.UUID(sent["id"]), at=clock.now()
            )
        finally:
            held.answer.set_result(CLEAR)
            acked = await edit
        assert acked["error"]["code"] == "not_allowed"
        now = await sync_to_async(selectors.message_get)(talk.as_patient, uuid.UUID(sent["id"]))
        assert (now.body, now.change) == (None, 2)


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
