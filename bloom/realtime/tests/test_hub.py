"""What a hub keeps of its sockets, and which of them hear what."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from bloom.realtime import hub, pace
from bloom.realtime.types import Push


@dataclass(eq=False)
class Listener:
    """A socket that writes down what it hears."""

    user_id: UUID
    id: str = field(default_factory=lambda: str(uuid4()))
    heard: list[Any] = field(default_factory=list)

    def push(self, message: Push) -> None:
        self.heard.append(message)


@pytest.fixture
async def here() -> Any:
    made = hub.Hub(settings.REDIS_URL)
    yield made
    await made.redis.aclose()


async def test_a_new_socket_does_not_make_a_pace_new(here: hub.Hub, monkeypatch: Any) -> None:
    person, now = uuid4(), time.monotonic()
    monkeypatch.setattr(hub.time, "monotonic", lambda: now)
    first = Listener(person)
    here.add(first)
    spent = here.pace(person)
    while spent.take(now):
        pass
    here.discard(first)
    second = Listener(person)
    here.add(second)
    assert not here.pace(person).take(now)
    here.discard(second)
    now += pace.PACE_SECONDS + 1
    assert here.pace(uuid4()).take(now)
    assert person not in here._paces
    assert not here._left


async def test_whoever_stays_keeps_their_pace(here: hub.Hub, monkeypatch: Any) -> None:
    person, now = uuid4(), time.monotonic()
    monkeypatch.setattr(hub.time, "monotonic", lambda: now)
    gone, stays = Listener(person), Listener(person)
    here.add(gone)
    kept = here.pace(person)
    here.discard(gone)
    here.add(stays)
    now += 10 * pace.PACE_SECONDS
    assert here.pace(person) is kept


async def test_a_momentary_frame_goes_to_all_sockets_but_its_own(here: hub.Hub) -> None:
    person = uuid4()
    sender, other, stranger = Listener(person), Listener(person), Listener(uuid4())
    for each in (sender, other, stranger):
        here.add(each)
    message = Push((person,), "{}", sender.id, uuid4())
    here._spread(message)
    assert (sender.heard, other.heard, stranger.heard) == ([], [message], [])
