"""One hub a process: hints from everywhere in, the sockets of the people they concern out.

Local sockets hear at once. Other processes hear through one Redis channel, one message for whatever came
together. Redis carries ids and numbers, never a word that a person wrote. When it is down, local hints still
work, and what other processes' sockets miss heals when they ping: the push is a hint, the table is the queue.
"""

import asyncio
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextvars import Context
from typing import Any, Protocol
from uuid import UUID

import msgspec
import redis
import redis.asyncio
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from bloom.kernel import redis_line
from bloom.realtime import metrics
from bloom.realtime.delivery import SharedPulls
from bloom.realtime.pace import PACE_SECONDS, Pace
from bloom.realtime.presence import Presence
from bloom.realtime.types import (
    Close,
    Delivery,
    Direct,
    Hint,
    HubMessage,
    HubPacket,
    Item,
    Present,
    Push,
    Recheck,
)
from observability import logs

logger = logs.get_logger(__name__)

# Silence for so long makes the hub ask whether Redis is still there; twice, and it connects anew.
SILENCE_SECONDS = 10
BACKOFF_LIMIT_SECONDS = 5.0
OUTGOING_LIMIT = 10_000
PACKET_LIMIT = 500

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(HubPacket)


class Listener(Protocol):
    """A socket, as the hub sees it. Neither call may wait or raise."""

    @property
    def id(self) -> str: ...
    @property
    def user_id(self) -> UUID: ...
    @property
    def is_page(self) -> bool: ...
    def hint(self, message: Hint, ready: Delivery | None) -> None: ...
    def item(self, message: Item) -> None: ...
    def push(self, message: Push) -> None: ...
    def direct(self, message: Direct) -> None: ...
    def close(self, code: Close) -> None: ...


def channel_name(redis_url: str) -> str:
    """The Redis channel. Published messages ignore database numbers, so the name carries it."""
    return f"bloom:realtime:{redis.connection.parse_url(redis_url).get('db', 0)}"


class Hub:
    """The sockets of this process, and its line to the other processes. Lives on one event loop."""

    def __init__(self, redis_url: str) -> None:
        self.id = secrets.token_hex(8)
        self.closing = False
        # Set when a credential of somebody here may have ended.
        self.recheck = asyncio.Event()
        # For questions that are answered at once: publishing, tickets, the census.
        self.redis: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
            redis_url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1)
        )
        self._url = redis_url
        self._channel = channel_name(redis_url)
        # How what this process itself tells the others begins: it hears that, too.
        self._own = packet(self.id, ())[:-1]
        self.shared = SharedPulls()
        self.presence = Presence(self.redis)
        self._people: dict[UUID, set[Listener]] = {}
        self._paces: dict[UUID, Pace] = {}
        # Who has left, and when: their paces are kept until they would be as good as new.
        self._left: deque[tuple[float, UUID]] = deque()
        self._outgoing: deque[HubMessage] = deque(maxlen=OUTGOING_LIMIT)
        self._work = asyncio.Event()
        self._heard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    # Life ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to hear and to tell. Call on the loop that runs the sockets."""
        self._loop = asyncio.get_running_loop()
        self._tasks = [
            self._loop.create_task(self._hear(), name="realtime-hear"),
            self._loop.create_task(self._tell(), name="realtime-tell"),
            *(self._loop.create_task(keep(self)) for keep in _keepers),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.redis.aclose()

    @property
    def is_alive(self) -> bool:
        return self._loop is not None and self._loop.is_running() and bool(self._tasks)

    @property
    def is_here(self) -> bool:
        """True on the hub's own loop."""
        return self.is_alive and self._loop is asyncio.get_running_loop()

    async def connected(self) -> None:
        """Wait until this process hears the others."""
        await self._heard.wait()

    async def close_all(self, code: Close, *, seconds: float = 5.0) -> None:
        """Say goodbye to every socket and wait until they are gone, or for `seconds`."""
        self.closing = True
        for listener in self.listeners():
            listener.close(code)
        end = time.monotonic() + seconds
        while self._people and time.monotonic() < end:
            await asyncio.sleep(0.01)

    # Sockets -------------------------------------------------------------------------------------------

    def add(self, listener: Listener) -> None:
        self._people.setdefault(listener.user_id, set()).add(listener)
        metrics.SOCKETS.inc()

    def discard(self, listener: Listener) -> None:
        here = self._people.get(listener.user_id)
        if here and listener in here:
            here.discard(listener)
            metrics.SOCKETS.dec()
            self.presence.forget(listener.id)
            if not here:
                del self._people[listener.user_id]
                self._left.append((time.monotonic(), listener.user_id))
                self._paces_forget()

    @property
    def people(self) -> Mapping[UUID, set[Listener]]:
        """The sockets of this process, by person."""
        return self._people

    def count(self, user_id: UUID) -> int:
        """How many sockets the person has in this process."""
        return len(self._people.get(user_id, ()))

    def pace(self, user_id: UUID) -> Pace:
        """How fast the person's sockets in this process may ask, all of them together; closing them and
        opening others changes nothing.
        """
        self._paces_forget()
        return self._paces.setdefault(user_id, Pace(settings.FRAMES_PER_MINUTE * settings.RATE_FACTOR))

    def _paces_forget(self) -> None:
        now = time.monotonic()
        while self._left and self._left[0][0] <= now - PACE_SECONDS:
            _, user_id = self._left.popleft()
            pace = self._paces.get(user_id)
            if pace is not None and user_id not in self._people and pace.is_rested(now):
                del self._paces[user_id]

    def listeners(self) -> list[Listener]:
        return [listener for here in self._people.values() for listener in here]

    # Messages ------------------------------------------------------------------------------------------

    def post(self, message: HubMessage, ready: Mapping[UUID, Delivery] | None = None) -> None:
        """Hand a message to the sockets here and to the other processes. On the hub's loop only."""
        self._spread(message, ready)
        if len(self._outgoing) == OUTGOING_LIMIT:
            metrics.DROPPED.labels("hint").inc()
        self._outgoing.append(message)
        self._work.set()

    def post_threadsafe(self, message: HubMessage, ready: Mapping[UUID, Delivery] | None = None) -> None:
        """`post` from any thread."""
        assert self._loop is not None
        try:
            # Not in the caller's context: what it wakes here would take itself to be the caller's thread.
            self._loop.call_soon_threadsafe(self.post, message, ready, context=Context())
        except RuntimeError:  # the loop has just been closed
            metrics.DROPPED.labels("hint").inc()

    def _spread(self, message: HubMessage, ready: Mapping[UUID, Delivery] | None = None) -> None:
        if isinstance(message, Present):
            if not self._people.keys().isdisjoint(message.users):
                self.presence.hint(message)
            return
        for user_id in message.users:
            here = self._people.get(user_id)
            if here is None:
                continue
            for listener in tuple(here):
                match message:
                    case Hint():
                        listener.hint(message, ready.get(user_id) if ready else None)
                    case Item():
                        if message.origin != listener.id:
                            listener.item(message)
                    case Push():
                        if message.origin != listener.id:
                            listener.push(message)
                    case Direct():
                        if message.socket == listener.id:
                            listener.direct(message)
                    case Recheck():
                        self.recheck.set()

    # Redis ---------------------------------------------------------------------------------------------

    async def _tell(self) -> None:
        """Publish what was posted, everything that came together in one message."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._outgoing:
                together = [self._outgoing.popleft() for _ in range(min(PACKET_LIMIT, len(self._outgoing)))]
                try:
                    await redis_line.get().ask(b"PUBLISH", self._channel.encode(), packet(self.id, together))
                    metrics.HINTS.labels("local").inc(len(together))
                except (RedisError, OSError) as error:
                    # Older hints are worth nothing later: the next ping of each socket heals.
                    metrics.DROPPED.labels("hint").inc(len(together) + len(self._outgoing))
                    self._outgoing.clear()
                    logger.warning("realtime.publish_failed", code=type(error).__name__.lower())
                    await asyncio.sleep(random.uniform(0.2, 1.0))  # noqa: S311 - jitter, not a secret

    async def _hear(self) -> None:
        """Keep one subscription, for as long as the process lives."""
        failures = 0
        while True:
            client = subscriber(self._url)
            try:
                async with client.pubsub() as subscription:
                    await subscription.subscribe(self._channel)
                    async for data in _messages(subscription):
                        if data is None:
                            failures = 0
                            if not self._heard.is_set():
                                self._heard.set()
                                metrics.REDIS_UP.set(1)
                                logger.info("realtime.subscribed")
                        else:
                            self._receive(data)
            except (RedisError, OSError, TimeoutError) as error:
                failures += 1
                if self._heard.is_set():
                    logger.warning("realtime.subscription_lost", code=type(error).__name__.lower())
                self._heard.clear()
                metrics.REDIS_UP.set(0)
            finally:
                await client.aclose()
            wait = min(BACKOFF_LIMIT_SECONDS, 0.1 * 2 ** min(failures, 6))
            await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311 - jitter, not a secret

    def _receive(self, data: bytes) -> None:
        if data.startswith(self._own):
            return
        try:
            received = _decoder.decode(data)
        except msgspec.MsgspecError:
            # Another version of Bloom, or not Bloom at all.
            metrics.DROPPED.labels("packet").inc()
            return
        metrics.HINTS.labels("redis").inc(len(received.messages))
        for message in received.messages:
            self._spread(message)


def subscriber(redis_url: str) -> redis.asyncio.Redis:
    """A client that waits as long as it takes: redis-py's default of five seconds would end every idle
    subscription. That the line still works is asked for by `_messages`.
    """
    client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        redis_url, socket_timeout=None, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    return client


async def _messages(subscription: Any) -> Any:
    """What is published, and None whenever the line has shown that it works. Raises when it is dead."""
    unanswered = 0
    while True:
        message = await subscription.get_message(timeout=SILENCE_SECONDS)
        if message is None:
            if unanswered:
                raise TimeoutError("the subscription is silent")
            unanswered += 1
            await subscription.ping()
        elif message["type"] == "message":
            unanswered = 0
            yield message["data"]
        else:
            unanswered = 0
            yield None


def packet(sender: str, messages: Iterable[HubMessage]) -> bytes:
    return _encoder.encode(HubPacket(sender, tuple(messages)))


class Publisher:
    """For processes without sockets (workers, commands): tells the hubs, from any thread."""

    def __init__(self, redis_url: str) -> None:
        self._channel = channel_name(redis_url)
        self._client = redis.Redis.from_url(
            redis_url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 1)
        )
        self._silent_until = 0.0

    def pipeline(self) -> Any:
        """Several questions to Redis at once."""
        return self._client.pipeline(transaction=False)

    def publish(self, message: HubMessage) -> None:
        """Tell once. When Redis is down it is left alone for a second, so that nobody waits in a row."""
        if time.monotonic() < self._silent_until:
            metrics.DROPPED.labels("hint").inc()
            return
        try:
            self._client.publish(self._channel, packet("", [message]))
            metrics.HINTS.labels("local").inc()
        except (RedisError, OSError) as error:
            self._silent_until = time.monotonic() + 1
            metrics.DROPPED.labels("hint").inc()
            logger.warning("realtime.publish_failed", code=type(error).__name__.lower())


Keeper = Callable[[Hub], Coroutine[Any, Any, None]]
_keepers: list[Keeper] = []


def keeper(keep: Keeper) -> Keeper:
    """Run `keep` for as long as each hub lives."""
    _keepers.append(keep)
    return keep


_hub: Hub | None = None
_publisher: Publisher | None = None
_publisher_lock = threading.Lock()


def running() -> Hub | None:
    """The hub of this process, while its loop runs."""
    return _hub if _hub is not None and _hub.is_alive else None


def ensure_started() -> Hub:
    """The hub of this process, started on the running loop when it is not."""
    global _hub
    if _hub is None or not _hub.is_here:
        _hub = Hub(settings.REDIS_URL)
        _hub.start()
    return _hub


async def stop() -> None:
    global _hub
    if _hub is not None:
        stopping, _hub = _hub, None
        await stopping.stop()


def publisher() -> Publisher:
    global _publisher
    with _publisher_lock:
        if _publisher is None:
            _publisher = Publisher(settings.REDIS_URL)
        return _publisher
