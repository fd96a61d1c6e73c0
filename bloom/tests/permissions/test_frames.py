"""Every frame of the socket against every kind of person. The table is `table.py`."""

import dataclasses
import json

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections

import bloom.asgi  # noqa: F401 - every app's frames are registered with the application
from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.actor import Via
from bloom.realtime import registry, tickets
from bloom.tests.permissions.rows import ANONYMOUS, ROLES, FrameRow
from bloom.tests.permissions.table import FRAMES
from bloom.tests.permissions.world import events, everything, world_make
from messaging.tests.sockets import Socket, sockets

REFUSED = "observability.access.refused"


@pytest.fixture(autouse=True)
def no_connection_outlives_the_test():
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture
def world(transactional_db, settings):
    settings.RATE_FACTOR = 1000
    return world_make()


def ticketed(person, *scopes: str) -> Socket:
    """A socket that stands on a token with these scopes."""
    issued = accounts_services.token_issue(people.SYSTEM, person.pk, "test", scopes, 1, at=clock.now())
    actor = dataclasses.replace(
        people.actor(person, via=Via.API), token_id=issued.id, scopes=frozenset(scopes)
    )
    return Socket(ticket=tickets.ticket_issue(actor, at=clock.now()).value)


def outcome(ack: dict) -> str:
    return "ok" if ack["ok"] else ack["error"]["code"]


async def answer(world, row: FrameRow, socket: Socket) -> dict:
    """What the frame is answered; of a silent one nothing comes but a refusal."""
    data = row.data(world.ids)
    if not row.is_silent:
        return await socket.ask(row.name, **data)
    await socket.write(json.dumps({"type": row.name, "ref": "silent", **data}, default=str))
    await socket.ask("ping")
    return next((each for each in socket.frames if each.get("ref") == "silent"), {"ok": True})


async def refused_asking(world, row: FrameRow, role: str, socket: Socket) -> str:
    """The answer, after it was seen that nothing changed but, for a real object, the record."""
    before, recorded = await sync_to_async(everything)(), await sync_to_async(events)()
    word = outcome(await answer(world, row, socket))
    # The refusal is written after the answer; the next answer comes after that.
    await socket.ask("ping")
    assert await sync_to_async(everything)() == before
    new = [event for key, event in (await sync_to_async(events)()).items() if key not in recorded]
    told = [(event.name, event.object_id, event.actor_user_id) for event in new]
    on_record = row.expect[role].endswith("!")
    assert told == ([(REFUSED, world.ids[row.object], world.people[role].pk)] if on_record else [])
    return word


@pytest.mark.parametrize("row", FRAMES, ids=lambda row: row.name)
async def test_each_role_gets_what_the_table_says(world, row):
    known = [role for role in ROLES if role != ANONYMOUS]
    async with sockets(*(world.people[role] for role in known)) as opened:
        of = dict(zip(known, opened, strict=True))
        for role in sorted(known, key=lambda role: row.expect[role] == "ok"):
            if row.expect[role] == "ok":
                ack = await answer(world, row, of[role])
                assert outcome(ack) == "ok", (role, ack)
            else:
                assert await refused_asking(world, row, role, of[role]) == row.expect[role].rstrip("!"), role


@pytest.mark.parametrize("row", FRAMES, ids=lambda row: row.name)
async def test_nobody_has_no_socket(world, row):
    async with sockets(Socket()) as (socket,):
        assert str(await socket.closed()) == row.expect[ANONYMOUS]


@pytest.mark.parametrize("row", FRAMES, ids=lambda row: row.name)
async def test_a_token_needs_its_scope(world, row):
    """A reader's token opens the socket; for what is written the frame asks for more."""
    make = sync_to_async(ticketed)
    reader = await make(world.people[row.token_of], "conversations:read")
    # A socket stands on conversations; what is not of them asks for its own scope besides.
    scopes = {"conversations:write", row.scope or "conversations:write"}
    writer = await make(world.people[row.token_of], *scopes)
    async with sockets(reader, writer):
        if row.scope is not None and row.scope.endswith(":write"):
            assert await refused_asking(world, row, row.token_of, reader) == "insufficient_scope"
        else:
            assert outcome(await answer(world, row, reader)) == "ok"
        assert outcome(await answer(world, row, writer)) == row.expect[row.token_of]


async def test_a_token_without_conversations_has_no_socket(world):
    stranger = await sync_to_async(ticketed)(world.people["patient"], "profile:write")
    async with sockets(stranger):
        assert await stranger.closed() == 4403


async def test_without_the_factor_that_a_role_needs_there_is_no_socket(world):
    async with sockets(Socket(world.people["therapist"], factor=False)) as (socket,):
        assert await socket.closed() == 4401


def test_every_frame_is_in_the_table():
    assert {row.name: row.scope for row in FRAMES} == {
        name: frame.scope for name, frame in registry.frames().items()
    }, "give each new frame its row in table.py"
