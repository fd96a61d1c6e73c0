"""Two practices on the socket; apart from their pages, whose world stays open while these tests commit."""

import uuid

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings as django_settings
from django.db import connections

import bloom.asgi  # noqa: F401 - every app's frames are registered with the application
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.tests.permissions.table import FRAMES
from bloom.tests.permissions.test_frames import answer, outcome
from bloom.tests.permissions.test_routes import client_of
from bloom.tests.permissions.two_practices import Both, second_practice
from bloom.tests.permissions.world import everything, world_make
from messaging.tests import factories
from messaging.tests.sockets import Socket, sockets

FOREIGN_FRAMES = [row for row in FRAMES if row.expect["other therapist"] == "not_found!"]


@pytest.fixture(autouse=True)
def no_connection_outlives_the_test():
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("row", FOREIGN_FRAMES, ids=lambda row: row.name)
async def test_every_frame_is_as_to_a_stranger(settings, row):
    settings.RATE_FACTOR = 1000
    world = await sync_to_async(world_make)()
    there = await sync_to_async(second_practice)(world)
    before = await sync_to_async(everything)()
    socket = Socket(world.people["therapist"], practice_id=there.practice_id)
    async with sockets(socket):
        ack = await answer(world, row, socket)
        await socket.ask("session:resume", cursors={str(world.ids["conversation_id"]): 0})
        assert [each for each in await socket.silence() if each.get("ref") != "silent"] == []
    assert outcome(ack) == "not_found"
    after = await sync_to_async(everything)()
    assert {name for name in after if after[name] != before[name]} <= {"accounts_session"}


def change_to(key, practice_id):
    """The session of this cookie acts for another practice from now on."""
    client = client_of()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = key
    assert client.post(f"/practices/{practice_id}/use/").status_code == 302


@pytest.mark.django_db(transaction=True)
async def test_a_socket_stops_when_its_session_acts_for_another_practice(settings):
    settings.RATE_FACTOR = 1000
    both = await sync_to_async(Both)()
    key = await sync_to_async(people.session_key)(both.therapist, practice_id=both.practices["here"])
    here, there = both.talks["here"], both.talks["there"]

    def send(talk):
        return factories.send(talk.as_patient, talk.id, at=clock.now())

    async with sockets(Socket(both.therapist, key=key)) as (socket,):
        await sync_to_async(send)(there)
        sent = await sync_to_async(send)(here)
        frame = await socket.of_type("message:receive")
        assert frame["message"]["id"] == str(sent.id)
        assert [each for each in await socket.silence() if each.get("conversation") == str(there.id)] == []
        ack = await socket.ask(
            "message:send", conversation=there.id, client_id=uuid.uuid4(), body=factories.HARMLESS
        )
        assert outcome(ack) == "not_found"
        await sync_to_async(change_to)(key, both.practices["there"])
        output = await socket.line.receive_output(10)
        while output["type"] == "websocket.send":
            output = await socket.line.receive_output(10)
        assert output["code"] == 4409
        again = Socket(both.therapist, key=key)
        await again.open()
        await sync_to_async(send)(here)
        sent = await sync_to_async(send)(there)
        frame = await again.of_type("message:receive")
        assert frame["message"]["id"] == str(sent.id)
        await again.close()
