"""Texts that are judged again: after an outage, when they change, and at once with somebody else."""

import asyncio
import threading
import uuid
from concurrent.futures import Future
from datetime import timedelta
from types import SimpleNamespace

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock, db, vault
from bloom.kernel.errors import NotFound
from messaging import consequences, judging, selectors, services
from messaging.errors import ConversationReadOnly
from messaging.models import CrisisAlert
from messaging.moderation.types import Source
from messaging.services import moderation
from messaging.tests import factories
from messaging.tests.conftest import PATIENCE
from messaging.tests.factories import AT, CRISIS, HARMLESS, Event
from messaging.tests.judged import CLEAR, LATER, MEAN, SWEEP, rechecks, sweep, verdict_of, whole
from messaging.tests.sockets import sockets

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk(transactional_db):
    return factories.talk()


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


def test_a_sweep_that_finds_it_down_has_tried_one_and_left_the_others(talk, openai):
    openai.fault_set("error", path="/moderations", times=4)
    for _ in range(3):
        factories.send(talk.as_patient, talk.id)
    judging.breaker.succeeded()
    before = set(rechecks().values_list("id", "due_at"))
    assert sweep() == 0
    assert sorted(rechecks().values_list("tries", flat=True)) == [0, 0, 1]
    # Whom it did not ask is due as before, also for another process.
    assert len(before & set(rechecks().values_list("id", "due_at"))) == 2


def test_what_is_postponed_waits_from_the_moment_of_its_answer(talk, openai, monkeypatch):
    openai.fault_set("rejected", path="/moderations", times=3)
    factories.send(talk.as_patient, talk.id)
    passed = iter([0.0, *[100.0] * 20])
    monkeypatch.setattr(moderation, "time", SimpleNamespace(monotonic=lambda: next(passed)))
    sweep()
    wait = rechecks().get().due_at - LATER
    assert wait == timedelta(seconds=100) + 2 * consequences.FIRST_RECHECK_AFTER


def test_nothing_leaves_of_what_a_stranger_writes(talk, openai):
    stranger, left = people.patient(), factories.talk()
    accounts_services.assignment_end(people.SYSTEM, left.assignment_id, "Moved", at=AT)
    factories.follow(left)
    with pytest.raises(NotFound):
        factories.send(people.actor(stranger), talk.id, HARMLESS)
    with pytest.raises(ConversationReadOnly):
        factories.send(left.as_patient, left.id, HARMLESS)
    assert openai.asked == []


def test_nothing_leaves_of_what_somebody_writes_for_another_practice(talk, openai):
    elsewhere = people.practice(people.therapist(), talk.therapist)
    with pytest.raises(NotFound):
        factories.send(people.actor(talk.therapist, practice_id=elsewhere), talk.id, HARMLESS)
    assert openai.asked == []


async def test_nothing_leaves_of_what_a_stranger_writes_on_a_socket(openai):
    talk = await sync_to_async(factories.talk)()
    stranger = await sync_to_async(people.patient)()
    async with sockets(stranger) as (socket,):
        ack = await socket.ask("message:send", conversation=talk.id, client_id=uuid.uuid4(), body=HARMLESS)
        assert ack["error"]["code"] == "not_found"
    assert openai.asked == []


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
