"""What may be said to open sockets, and what happens when nobody can hear it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import redis
from django.conf import settings

from bloom.kernel import db
from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from bloom.realtime import handlers, hub, services
from bloom.realtime.errors import WordsInPush
from bloom.realtime.tests.conftest import free_port
from bloom.realtime.types import Hint, HubPacket, Push, Recheck

PERSON = uuid4()


@pytest.fixture
def heard() -> Iterator[Any]:
    """What other processes would hear."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    subscription = client.pubsub(ignore_subscribe_messages=True)
    subscription.subscribe(hub.channel_name(settings.REDIS_URL))
    subscription.get_message(timeout=2)

    def next_message() -> Any:
        message = subscription.get_message(timeout=2)
        assert message is not None
        return msgspec.msgpack.decode(message["data"], type=HubPacket).messages[0]

    yield next_message
    subscription.close()
    client.close()


def test_a_hint_carries_ids_and_numbers_only(heard: Any) -> None:
    channel = uuid4()
    services.hint([PERSON], "board", channel, 7, "socket")
    assert heard() == Hint((PERSON,), "board", channel, 7, "socket")


def test_a_momentary_frame_goes_as_it_is(heard: Any) -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    frame = {"type": "receipt:update", "person": PERSON, "seq": 7, "at": at, "on": None}
    practice_id = uuid4()
    services.publish([PERSON], frame, practice_id=practice_id)
    push = heard()
    assert push.practice_id == practice_id
    assert isinstance(push, Push)
    assert msgspec.json.decode(push.text) == {
        "type": "receipt:update", "person": str(PERSON), "seq": 7, "at": "2026-11-24T09:00:00Z", "on": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "x", "body": "I feel alone"},
        {"type": "x", "message": {"body": "two words"}},
        {"type": "x", "list": ["é"]},
        {"type": "x", "two words": 1},
        {"type": "x", "bytes": b"x"},
        {"type": "x" * 65},
    ],
)
def test_words_never_go_by_redis(frame: dict[str, Any]) -> None:
    with pytest.raises(WordsInPush):
        services.publish([PERSON], frame, practice_id=None)


@pytest.mark.django_db(transaction=True)
def test_a_hint_inside_a_transaction_is_a_fault() -> None:
    @db.transactional
    def write() -> None:
        services.hint([PERSON], "board", uuid4(), 1)

    with pytest.raises(db.NetworkInTransaction):
        write()


@pytest.mark.django_db(transaction=True)
def test_an_ended_credential_is_looked_at_once_that_is_sure(heard: Any) -> None:
    event = RecordedEvent(
        id=uuid4(), name="accounts.session.ended", object_kind="accounts.session", object_id=uuid4(),
        practice_id=None, subject_id=PERSON, actor_user_id=None, via="web", session_id="", data={},
        at=datetime(2026, 11, 24, tzinfo=UTC),
    )  # fmt: skip

    @db.transactional
    def deliver() -> None:
        # As the outbox does, inside the transaction that marks the delivery done: out of reach of Redis.
        handlers.credential_ended(Actor.for_system("outbox"), event)

    deliver()
    assert heard() == Recheck((PERSON,))


def test_without_redis_a_hint_is_lost_quickly_and_quietly() -> None:
    publisher = hub.Publisher(f"redis://127.0.0.1:{free_port()}/0")
    started = time.monotonic()
    for _ in range(100):
        publisher.publish(Recheck((PERSON,)))
    assert time.monotonic() - started < 1.5


def test_the_subscription_has_no_timeout_that_idleness_could_reach() -> None:
    """redis-py's own default is five seconds (STACK: it ends every idle consumer)."""
    subscriber = hub.subscriber(settings.REDIS_URL)
    assert subscriber.connection_pool.connection_kwargs["socket_timeout"] is None


def test_databases_of_one_redis_do_not_hear_each_other() -> None:
    assert hub.channel_name("redis://h:1/3") != hub.channel_name("redis://h:1/4")


async def test_a_packet_of_another_version_is_dropped() -> None:
    here = hub.Hub(settings.REDIS_URL)
    for data in (b"", b"\xff", b"\x92\xa1x\x91\x92\xa5hello\x01", msgspec.msgpack.encode({"a": 1})):
        here._receive(data)
    await here.redis.aclose()
