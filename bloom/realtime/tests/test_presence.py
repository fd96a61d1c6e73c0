"""Who is here, with real servers: tabs, devices, and processes that die."""

import asyncio
import json
import time
import weakref
from contextlib import suppress
from uuid import UUID

import pytest
import redis.asyncio
from django.conf import settings
from websockets.exceptions import ConnectionClosed

from bloom.realtime.tests.conftest import Client, Person, Server, open_by_token, servers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stranger(transactional_db: None) -> Person:
    return Person()


async def here(client: Client, status: str = "available") -> None:
    """Take part, and stay; the ping that follows shows that it was heard."""
    await client.connection.send(json.dumps({"type": "presence:set", "status": status}))
    assert (await client.ask("ping"))["ok"]
    if client not in STAYING:
        STAYING[client] = asyncio.create_task(stay(client))


# Whoever sends nothing is soon gone, and a test may wait for others for a while.
STAYING: weakref.WeakKeyDictionary[Client, asyncio.Task[None]] = weakref.WeakKeyDictionary()


async def stay(client: Client) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(0.3)
            await client.connection.send('{"type": "ping"}')


async def told(client: Client, person: Person, status: str, *, seconds: float = 30) -> None:
    """What comes next of this person is this status."""
    frame = await client.until(lambda each: each["type"] == "presence:update", seconds=seconds)
    assert frame == {"type": "presence:update", "person": str(person.id), "status": status}


async def quiet(client: Client, seconds: float = 1.0) -> None:
    """Nothing of presence comes, or came unseen."""
    await client.silence(seconds)
    assert [each for each in client.frames if each["type"] == "presence:update"] == []
    client.frames.clear()


async def test_one_is_here_while_one_device_is(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID
) -> None:
    watcher = await open_by_token(pair[0], bob.token)
    await here(watcher)
    desk, phone = [await open_by_token(each, ann.token) for each in pair]
    await here(desk)
    await told(watcher, ann, "available")
    watcher.frames.clear()
    await here(phone)
    await here(desk, "away")
    await quiet(watcher)
    await here(phone, "away")
    await told(watcher, ann, "away")
    await here(desk)
    await told(watcher, ann, "available")
    watcher.frames.clear()
    await phone.close()
    await quiet(watcher)
    await desk.close()
    await told(watcher, ann, "offline")
    await watcher.close()


async def test_a_page_that_loads_anew_is_no_news(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID
) -> None:
    watcher = await open_by_token(pair[0], bob.token)
    await here(watcher)
    before = await open_by_token(pair[0], ann.token)
    await here(before)
    await told(watcher, ann, "available")
    watcher.frames.clear()
    # The last one closes while the next one opens, in another process.
    _, after = await asyncio.gather(before.close(), open_by_token(pair[1], ann.token))
    await here(after)
    await quiet(watcher, 1.5)
    await after.close()
    await told(watcher, ann, "offline")
    await watcher.close()


async def test_whoever_comes_learns_who_is_here(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID
) -> None:
    present = await open_by_token(pair[1], ann.token)
    await here(present, "away")
    await asyncio.sleep(0.3)
    late = await open_by_token(pair[0], bob.token)
    await here(late)
    await told(late, ann, "away")
    for each in (present, late):
        await each.close()


async def test_a_process_that_is_killed_takes_its_people_along(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID
) -> None:
    """After kill -9 nobody says goodbye: what is not renewed is over."""
    watcher = await open_by_token(pair[0], bob.token)
    await here(watcher)
    with servers(1) as (doomed,):
        client = await open_by_token(doomed, ann.token)
        await here(client)
        await told(watcher, ann, "available")
        doomed.process.kill()
        doomed.process.wait(10)
        await told(watcher, ann, "offline", seconds=60)
    await watcher.close()


async def test_what_redis_forgets_is_said_again(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID
) -> None:
    watcher, client = await open_by_token(pair[0], bob.token), await open_by_token(pair[1], ann.token)
    await here(watcher)
    await here(client)
    await told(watcher, ann, "available")
    watcher.frames.clear()
    memory: redis.asyncio.Redis = redis.asyncio.Redis.from_url(settings.REDIS_URL)
    await memory.delete(f"bloom:presence:{ann.id}", "bloom:presence:beats")
    await watcher.silence(2)
    # Whoever looked in between saw nobody; it ends with the truth.
    heard = [each["status"] for each in watcher.frames if each["type"] == "presence:update"]
    assert heard in ([], ["offline", "available"])
    assert await memory.hget(f"bloom:presence:{ann.id}", "told") == b"available"
    await memory.aclose()
    await client.close()
    await told(watcher, ann, "offline")
    await watcher.close()


async def test_a_stranger_learns_nothing_and_is_not_learnt_of(
    pair: list[Server], ann: Person, stranger: Person, shared_board: UUID
) -> None:
    """Whoever shares nothing with somebody cannot learn whether they are here, coming before or after."""
    early = await open_by_token(pair[0], stranger.token)
    await here(early)
    client = await open_by_token(pair[0], ann.token)
    await here(client)
    late = await open_by_token(pair[1], stranger.token)
    await here(late)
    for each in (early, late, client):
        await quiet(each)
        await each.close()


async def test_a_flood_of_changes_is_told_now_and_then(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID
) -> None:
    """However often somebody changes their mind, others hear of it a few times at most."""
    watcher, client = await open_by_token(pair[0], bob.token), await open_by_token(pair[0], ann.token)
    await here(watcher)
    started = time.monotonic()
    for _ in range(100):
        for status in ("available", "away"):
            await client.connection.send(f'{{"type": "presence:set", "status": "{status}"}}')
    await client.ask("ping")
    await watcher.silence(2)
    heard = [each["status"] for each in watcher.frames if each["type"] == "presence:update"]
    # The test servers hear a change of mind every fifth of a second.
    assert 1 <= len(heard) <= 2 + (time.monotonic() - started) / 0.2 < 200
    assert heard[-1] == "away"
    for each in (watcher, client):
        await each.close()


@pytest.mark.parametrize("status", ["offline", "", "busy", None, 5, ["away"], "<b>"])
async def test_nothing_but_here_and_away_is_taken(server: Server, ann: Person, status: object) -> None:
    client = await open_by_token(server, ann.token)
    answer = await client.ask("presence:set", status=status)
    assert answer["error"]["code"] == "invalid"
    await client.close()
