"""Who has a socket open, asked by a process that has none."""

import asyncio
import uuid

import redis
from django.conf import settings

from bloom.kernel import clock
from bloom.realtime import census, hub, services


def test_those_who_are_counted_are_here_and_those_who_were_are_not() -> None:
    here, gone, never = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    now = clock.now().timestamp()
    store = redis.Redis.from_url(settings.REDIS_URL)
    store.zadd(f"bloom:sockets:{here}", {"one": now, "two": now - census.FORGOTTEN_SECONDS - 1})
    store.zadd(f"bloom:sockets:{gone}", {"one": now - census.FORGOTTEN_SECONDS - 1})
    assert services.people_here([here, gone, never]) == {here}
    assert services.people_here([]) == set()


async def test_a_program_is_counted_and_is_nobody_who_looks(settings) -> None:
    settings.SOCKETS_PER_PERSON, settings.RATE_FACTOR = 2, 1
    person, line = uuid.uuid4(), hub.Hub(settings.REDIS_URL)
    assert await census.enter(line, person, "a", is_page=False)
    assert await asyncio.to_thread(census.people_here, [person]) == set()
    assert await census.enter(line, person, "b", is_page=True)
    assert not await census.enter(line, person, "c", is_page=False)
    assert await asyncio.to_thread(census.people_here, [person]) == {person}
    await census.leave(line, person, "b", is_page=True)
    await census.leave(line, person, "a", is_page=False)
    assert await census.enter(line, person, "d", is_page=False)
    assert await asyncio.to_thread(census.people_here, [person]) == set()


def test_without_redis_nobody_is(monkeypatch) -> None:
    monkeypatch.setattr(census, "publisher", lambda: hub.Publisher("redis://127.0.0.1:1/0"))
    assert services.people_here([uuid.uuid4()]) == set()
