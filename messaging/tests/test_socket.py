"""The conversation through the socket: real frames through the whole application, in this process."""

import asyncio
import json
import uuid

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.actor import Via
from bloom.realtime import hub, tickets
from messaging import selectors, services
from messaging.services import sending
from messaging.tests import factories
from messaging.tests.factories import AT, BLOCKED, BLURRED, CRISIS, HARMLESS, Event
from messaging.tests.sockets import Socket, sockets

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_connection_outlives_the_test():
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def talk(transactional_db):
    return factories.talk()


def send(socket, talk, body=HARMLESS, client_id=None):
    return socket.ask("message:send", conversation=talk.id, client_id=client_id or uuid.uuid4(), body=body)


async def test_a_message_is_acked_to_one_and_received_by_all_others(talk):
    async with sockets(talk.patient, talk.patient, talk.therapist) as (phone, laptop, therapist):
        ack = await send(phone, talk)
        assert ack["ok"]
        message = ack["data"]
        assert (message["seq"], message["body"], message["blurred"]) == (1, HARMLESS, False)
        for other in (laptop, therapist):
            frame = await other.of_type("message:receive")
            assert frame == {"type": "message:receive", "conversation": str(talk.id), "message": message}
        for each in (phone, laptop, therapist):
            assert await each.silence() == []
    row = (await sync_to_async(factories.message_rows)(talk.id))[0]
    record = (await sync_to_async(factories.audit_rows)(talk.id))[0]
    assert str(row.id) == message["id"]
    assert record.via == Via.SOCKET
    assert record.request_id is not None


async def test_a_conversation_goes_back_and_forth_in_order_each_message_once(talk):
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):

        async def write(socket, count):
            return [(await send(socket, talk, f"{number}"))["data"]["seq"] for number in range(count)]

        own, others = await asyncio.gather(write(patient, 20), write(therapist, 20))
        assert sorted(own + others) == list(range(1, 41))
        for socket, received in ((patient, others), (therapist, own)):
            frames = await socket.silence()
            assert [frame["message"]["seq"] for frame in frames] == received


async def test_a_message_by_rest_reaches_open_sockets(talk):
    async with sockets(talk.therapist) as (therapist,):
        await sync_to_async(factories.send)(talk.as_patient, talk.id)
        assert (await therapist.of_type("message:receive"))["message"]["seq"] == 1


async def test_a_repeat_is_acked_and_not_received_again(talk):
    client_id = uuid.uuid4()
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        first, again = [await send(patient, talk, client_id=client_id) for _ in range(2)]
        assert first["data"] == again["data"]
        other = await send(patient, talk, "something else", client_id=client_id)
        assert other["error"]["code"] == "idempotency_conflict"
        assert len(await therapist.silence()) == 1


async def test_a_repeat_after_a_cut_is_acked_or_received_and_never_both(talk):
    """The socket that sent it broke before its ack: the next one says where it stood, and sends again."""
    client_id, ref = uuid.uuid4(), "again"
    async with sockets(talk.patient) as (broken,):
        await send(broken, talk, client_id=client_id)
    async with sockets(talk.patient) as (patient,):
        again = {"conversation": str(talk.id), "client_id": str(client_id), "body": HARMLESS}
        await patient.write(json.dumps({"type": "session:resume", "cursors": {str(talk.id): 0}}))
        await patient.write(json.dumps({"type": "message:send", "ref": ref, **again}))
        ack = await patient.until(lambda frame: frame.get("ref") == ref)
        before = len(patient.frames)
        assert ack["data"]["seq"] == 1
        assert [frame for frame in (await patient.silence())[before:] if frame["type"] != "ack"] == []


async def test_blurred_text_is_not_on_the_wire_until_it_is_revealed(talk):
    async with sockets(talk.patient, talk.therapist, talk.therapist) as (patient, desk, phone):
        assert (await send(patient, talk, BLURRED))["data"]["body"] == BLURRED
        for socket in (desk, phone):
            message = (await socket.of_type("message:receive"))["message"]
            assert (message["body"], message["blurred"]) == (None, True)
        ack = await desk.ask("message:reveal", message=message["id"])
        assert (ack["data"]["body"], ack["data"]["blurred"]) == (BLURRED, False)
        update = await phone.of_type("message:update")
        assert update["message"] == ack["data"]
        assert await desk.silence() == await patient.silence() == []


async def test_blocked_text_reaches_nobody(talk):
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        ack = await send(patient, talk, BLOCKED)
        assert (ack["ok"], ack["error"]["code"]) == (False, "message_blocked")
        assert ack["error"]["categories"] == ["sensitive-data"]
        assert await therapist.silence() == []


async def test_a_crisis_is_received_and_its_alert_stands(talk):
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        assert (await send(patient, talk, CRISIS))["data"]["moderation"]["outcome"] == "crisis"
        assert (await therapist.of_type("message:receive"))["message"]["body"] == CRISIS
    assert len(await sync_to_async(selectors.crisis_alert_list)(talk.as_therapist)) == 1


async def test_reading_is_told_to_the_others(talk):
    await sync_to_async(factories.send)(talk.as_patient, talk.id)
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        ack = await therapist.ask("receipt:read", conversation=talk.id, seq=1)
        assert ack["data"] == {"read_seq": 1}
        assert await patient.of_type("receipt:update") == {
            "type": "receipt:update",
            "conversation": str(talk.id),
            "person": str(talk.therapist.id),
            "seq": 1,
        }
        assert await therapist.silence() == []


async def test_a_socket_hears_of_reading_in_its_practice_alone(talk):
    def elsewhere():
        practice_id = people.practice(people.therapist(), talk.therapist)
        patient = people.patient()
        people.assignment(patient, talk.therapist, practice_id=practice_id)
        opened = services.conversation_open(people.actor(patient), talk.therapist.id, at=AT)
        of = {talk.id: talk.practice_id, opened.conversation.id: practice_id}
        for conversation_id in of:
            factories.send(people.actor(talk.therapist, practice_id=of[conversation_id]), conversation_id)
        issued = accounts_services.token_issue(
            people.SYSTEM, talk.therapist.id, "test", ["conversations:read"], 1, at=clock.now()
        )
        authority = accounts_selectors.authority_for_token(issued.raw)
        ticket = tickets.ticket_issue(authority.actor(via=Via.API), at=clock.now())
        # Both memberships began at the same moment: either may be the one that the token is for.
        inside = talk.id if authority.practice_id == talk.practice_id else opened.conversation.id
        return people.actor(patient), opened.conversation.id, ticket.value, inside

    stranger, other_id, ticket, inside = await sync_to_async(elsewhere)()
    read = sync_to_async(services.conversation_read)
    async with sockets(Socket(ticket=ticket), talk.therapist) as (limited, page):
        await read(stranger, other_id, 1, at=AT)
        await read(talk.as_patient, talk.id, 1, at=AT)
        heard = [frame["conversation"] for frame in await limited.silence()]
        assert heard == [str(inside)]
        assert [frame["conversation"] for frame in await page.silence()] == [str(inside)]


async def test_who_was_away_resumes_where_they_were(talk):
    for number in range(5):
        await sync_to_async(factories.send)(talk.as_patient, talk.id, f"{number}")
    async with sockets(talk.therapist) as (therapist,):
        assert await therapist.silence() == []
        ack = await therapist.ask("session:resume", cursors={str(talk.id): 2})
        assert ack["data"] == {"behind": {str(talk.id): 5}}
        frames = await therapist.silence()
        assert [frame["message"]["seq"] for frame in frames] == [3, 4, 5]


async def test_who_resumes_is_told_where_they_can_only_read(talk):
    other = await sync_to_async(factories.talk)()
    cursors = {str(talk.id): 0, str(other.id): 0, str(uuid.uuid4()): 0}
    async with sockets(talk.patient, talk.therapist, other.patient) as all_three:
        for each in all_three:
            assert "read_only" not in (await each.ask("session:resume", cursors=cursors))["data"]
        await sync_to_async(accounts_services.assignment_end)(
            talk.as_therapist, talk.assignment_id, "moved", at=AT
        )
        await sync_to_async(factories.follow)(talk)
        patient, therapist, stranger = [
            (await each.ask("session:resume", cursors=cursors))["data"] for each in all_three
        ]
        assert patient["read_only"] == therapist["read_only"] == [str(talk.id)]
        assert "read_only" not in stranger


async def test_strangers_get_nothing_and_are_on_record(talk):
    message = await sync_to_async(factories.send)(talk.as_patient, talk.id, BLURRED)
    stranger = await sync_to_async(people.therapist)()
    async with sockets(stranger) as (socket,):
        for body in (HARMLESS, BLOCKED):
            assert (await send(socket, talk, body))["error"]["code"] == "not_found"
        for frame in (
            {"type": "message:reveal", "message": message.id},
            {"type": "receipt:read", "conversation": talk.id, "seq": 1},
        ):
            assert (await socket.ask(**frame))["error"]["code"] == "not_found"
        await socket.ask("session:resume", cursors={str(talk.id): 0})
        await sync_to_async(factories.send)(talk.as_patient, talk.id)
        assert await socket.silence() == []

    def refusals():
        rows = Event.objects.unscoped(reason="test").filter(actor_user_id=stranger.id, via=Via.SOCKET)
        return rows.count()

    assert await sync_to_async(refusals)() >= 4


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "message:send"},
        {"type": "message:send", "conversation": "x", "client_id": "y", "body": "z"},
        {"type": "message:send", "body": 5},
        {"type": "message:reveal", "message": 1},
        {"type": "receipt:read", "seq": -1},
    ],
)
async def test_bad_frames_are_answered(talk, frame):
    defaults = {"conversation": str(talk.id), "client_id": str(uuid.uuid4()), "body": "hello", "seq": 1}
    whole = {**defaults, **frame} if len(frame) > 1 else frame
    async with sockets(talk.patient) as (patient,):
        ack = await patient.ask(**whole)
        assert (ack["ok"], ack["error"]["code"]) == (False, "invalid")
        for body in ("", "x" * 4001, "a\0b"):
            ack = await send(patient, talk, body)
            assert ack["error"]["code"] == "invalid"
            assert "body" in ack["error"]["errors"]
        surrogate = json.dumps({"type": "message:send", **defaults, "ref": "s"}).replace("hello", "\\ud800")
        await patient.write(surrogate)
        answer = await patient.until(lambda frame: frame["type"] == "ack")
        assert answer["error"]["code"] == "invalid"


async def test_many_sends_that_come_together_are_stored_together(talk):
    """The batcher's runs, seen from outside: all acked, all different, all there."""

    async def one(number):
        sent = await services.amessage_send(talk.as_patient, talk.id, uuid.uuid4(), f"{number}", at=AT)
        return sent.message.seq

    try:
        seqs = await asyncio.gather(*(one(number) for number in range(40)))
    finally:
        await sending._batcher.close()
        await hub.stop()
    assert sorted(seqs) == list(range(1, 41))
    rows = await sync_to_async(factories.message_rows)(talk.id)
    assert [row.seq for row in rows] == list(range(1, 41))


async def test_typing_is_told_throttled_and_ends_by_itself(talk, monkeypatch):
    monkeypatch.setattr("messaging.services.typing.LASTS_SECONDS", 0.5)
    typed = {"type": "user:typing", "conversation": str(talk.id), "person": str(talk.patient.pk)}
    async with sockets(talk.patient, talk.patient, talk.therapist) as (phone, laptop, therapist):
        for _ in range(5):
            await phone.write(
                json.dumps({"type": "user:typing", "conversation": str(talk.id), "typing": True})
            )
        await phone.ask("ping")
        assert await therapist.of_type("user:typing") == {**typed, "typing": True}
        assert await therapist.of_type("user:typing") == {**typed, "typing": False}
        assert await therapist.silence() == await laptop.silence() == await phone.silence() == []


async def test_typing_stops_when_it_is_said(talk):
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        for typing in (True, False, False):
            await patient.write(
                json.dumps({"type": "user:typing", "conversation": str(talk.id), "typing": typing})
            )
        assert [(await therapist.of_type("user:typing"))["typing"] for _ in range(2)] == [True, False]
        assert await therapist.silence() == []


async def test_care_that_ends_is_told_to_open_sockets_and_nothing_more_is_sent_through_them(talk):
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        assert (await send(patient, talk))["ok"]
        await sync_to_async(accounts_services.assignment_end)(
            people.SYSTEM, talk.assignment_id, "Moved away", at=AT
        )
        await sync_to_async(factories.follow)(talk)
        for each in (patient, therapist):
            assert (await each.of_type("conversation:update"))["conversation"] == str(talk.id)
            refused = await send(each, talk)
            assert (refused["ok"], refused["error"]["code"]) == (False, "not_allowed")


async def test_receipts_only_go_forward(talk):
    for _ in range(3):
        await sync_to_async(factories.send)(talk.as_patient, talk.id)
    async with sockets(talk.patient, talk.therapist) as (patient, therapist):
        for seq in (2, 1, 3, 0, 99):
            await therapist.ask("receipt:read", conversation=talk.id, seq=seq)
        assert [(await patient.of_type("receipt:update"))["seq"] for _ in range(2)] == [2, 3]
        assert await patient.silence() == []
    members = (await sync_to_async(selectors.conversation_get)(talk.as_patient, talk.id)).members
    assert {each.id: each.read_seq for each in members} == {talk.patient.pk: 3, talk.therapist.pk: 3}
