"""What becomes of messages later, through the socket: edits, deletions, reactions."""

import pytest
from asgiref.sync import SyncToAsync
from django.db import connections

from messaging.tests import factories
from messaging.tests.factories import BLOCKED
from messaging.tests.sockets import sockets
from messaging.tests.test_socket import send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_connection_outlives_the_test():
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def talk(transactional_db):
    return factories.talk()


async def test_an_edit_and_a_deletion_reach_every_device_once_in_order(talk):
    async with sockets(talk.patient, talk.patient, talk.therapist) as (phone, laptop, therapist):
        sent = (await send(phone, talk))["data"]
        for other in (laptop, therapist):
            await other.of_type("message:receive")
        edited = (await phone.ask("message:edit", message=sent["id"], body="I slept badly."))["data"]
        assert (edited["body"], edited["change"], edited["edited_at"] is not None) == (
            "I slept badly.",
            2,
            True,
        )
        deleted = (await phone.ask("message:delete", message=sent["id"]))["data"]
        assert (deleted["body"], deleted["change"], deleted["deleted_at"] is not None) == (None, 3, True)
        for other in (laptop, therapist):
            frame = {"type": "message:update", "conversation": str(talk.id)}
            last = await other.until(lambda frame: frame["message"]["change"] == 3)
            assert last == {**frame, "message": deleted}
            assert [each["message"]["change"] for each in other.frames] in ([2], [])
        assert await phone.silence() == []


async def test_a_blocked_edit_reaches_nobody(talk):
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        sent = (await send(patient, talk))["data"]
        await therapist.of_type("message:receive")
        ack = await patient.ask("message:edit", message=sent["id"], body=BLOCKED)
        assert (ack["ok"], ack["error"]["code"]) == (False, "message_blocked")
        assert ack["error"]["categories"] == ["sensitive-data"]
        ack = await therapist.ask("message:edit", message=sent["id"], body="Mine now.")
        assert ack["error"]["code"] == "not_allowed"
        assert await therapist.silence() == await patient.silence() == []


async def test_what_was_changed_during_a_break_is_resumed(talk):
    async with sockets(talk.patient) as (patient,):
        first, second = [(await send(patient, talk, text))["data"] for text in ("one", "two")]
        await patient.ask("message:edit", message=first["id"], body="changed")
    async with sockets(talk.therapist) as (therapist,):
        ack = await therapist.ask("session:resume", cursors={str(talk.id): 1})
        assert ack["data"] == {"behind": {str(talk.id): 3}}
        last = await therapist.until(lambda frame: frame["type"] == "message:update")
        assert last["message"]["id"] == first["id"]
        assert [(each["type"], each["message"]["id"]) for each in therapist.frames] == [
            ("message:receive", second["id"])
        ]


async def test_a_reaction_reaches_every_device_and_the_one_that_reacted(talk):
    async with sockets(talk.patient, talk.therapist, talk.therapist) as (patient, desk, phone):
        sent = (await send(patient, talk))["data"]
        for each in (desk, phone):
            await each.of_type("message:receive")
        ack = await desk.ask("reaction:toggle", message=sent["id"], emoji="🌱", on=True)
        assert ack["data"] == {
            "reactions": [{"emoji": "🌱", "count": 1, "mine": True}],
            "message": sent["id"],
            "change": 2,
        }
        told = {"type": "reaction:update", "conversation": str(talk.id), "message": sent["id"], "change": 2}
        mine, theirs = ([{"emoji": "🌱", "count": 1, "mine": mine}] for mine in (True, False))
        for each in (desk, phone):
            assert await each.of_type("reaction:update") == {**told, "reactions": mine}
        assert await patient.of_type("reaction:update") == {**told, "reactions": theirs}
        for each in (desk, phone, patient):
            assert await each.silence() == []
        bad = await desk.ask("reaction:toggle", message=sent["id"], emoji=":party:", on=True)
        assert bad["error"]["code"] == "invalid"


@pytest.mark.parametrize("again", [False, True], ids=["a new reaction", "the one that stands"])
async def test_who_reacts_to_a_message_still_gets_the_edit_before_it(talk, again):
    """The reaction takes the message's newest change, and its ack holds none of the words."""
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        sent = (await send(patient, talk))["data"]
        await therapist.of_type("message:receive")
        if again:
            await therapist.ask("reaction:toggle", message=sent["id"], emoji="🌱", on=True)
            await therapist.of_type("reaction:update")
        with pytest.MonkeyPatch.context() as patched:
            # The push of the edit is lost, so it is on no socket but its own when the reaction comes.
            patched.setattr("bloom.realtime.services.hint", lambda *told, **more: None)
            edited = (await patient.ask("message:edit", message=sent["id"], body="I slept well."))["data"]
        ack = await therapist.ask("reaction:toggle", message=sent["id"], emoji="🌱", on=True)
        assert ack["data"]["change"] == 3
        if again:
            # It changed nothing, so nobody is told; the next ping heals what was lost.
            await therapist.ask("ping")
        update = (await therapist.of_type("message:update"))["message"]
        assert (update["body"], update["edited_at"]) == ("I slept well.", edited["edited_at"])
        assert (update["change"], update["reactions"]) == (3, ack["data"]["reactions"])
        assert await therapist.silence() == []
