"""A feed in memory, and a socket's pieces without a network."""

import asyncio
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from bloom.kernel import errors
from bloom.kernel.actor import Actor, Via
from bloom.realtime import registry
from bloom.realtime.delivery import Deliveries, SharedPulls
from bloom.realtime.outbox import Outbox
from bloom.realtime.types import Delivery, Hint

ME, OTHER = uuid4(), uuid4()
BOARD = uuid4()
FEED = "memory"


@dataclass
class MemoryFeed:
    """Channels in memory: who made each change, None where a later change of the same thing took its place.

    `before` lets the world change while a question is on its way.
    """

    channels: dict[UUID, list[UUID | None]] = field(default_factory=dict)
    ended: set[UUID] = field(default_factory=set)
    pulls: int = 0
    broken: bool = False
    before: Callable[[], None] = lambda: None
    before_heads: Callable[[], None] = lambda: None

    async def heads(self, actor: Actor) -> dict[UUID, int]:
        heads = {channel_id: len(authors) for channel_id, authors in self.channels.items()}
        self.before_heads()
        await asyncio.sleep(0)
        return heads

    async def read_only(self, actor: Actor, channel_ids: Collection[UUID]) -> Collection[UUID]:
        return self.ended & set(channel_ids)

    async def pull(self, actor: Actor, channel_id: UUID, after_change: int, limit: int) -> list[Delivery]:
        self.pulls += 1
        await asyncio.sleep(0)
        if self.broken:
            raise ConnectionError
        if channel_id not in self.channels:
            raise errors.NotFound
        found = [
            self.delivery(channel_id, change)
            for change, author in enumerate(self.channels[channel_id], 1)
            if change > after_change and author is not None
        ]
        self.before()
        await asyncio.sleep(0)
        return found[:limit]

    def delivery(self, channel_id: UUID, change: int) -> Delivery:
        author = self.channels[channel_id][change - 1]
        return Delivery(change, {"board": channel_id, "change": change}, author=author)

    def store(self, author: UUID, channel_id: UUID = BOARD) -> int:
        self.channels.setdefault(channel_id, []).append(author)
        return len(self.channels[channel_id])

    def edit(self, channel_id: UUID = BOARD) -> int:
        """The first thing of somebody else changes: its change moves to the end."""
        authors = self.channels[channel_id]
        authors[authors.index(OTHER)] = None
        return self.store(OTHER, channel_id)


class Wire:
    """A socket's pieces without a network: what was written is in `frames`."""

    def __init__(self, feed: MemoryFeed, shared: SharedPulls | None = None) -> None:
        self.id = str(uuid4())
        self.frames: list[Any] = []
        self.open = asyncio.Event()
        self.open.set()
        self.idle = asyncio.Event()
        self.idle.set()
        self.outbox = Outbox(self.write)
        self.outbox.start()
        actor = Actor(user_id=ME, via=Via.SOCKET)
        self.deliveries = Deliveries(
            socket_id=self.id,
            user_id=ME,
            actor=lambda: actor,
            outbox=self.outbox,
            answered=self.idle.wait,
            shared=shared or SharedPulls(),
        )

    async def write(self, message: dict[str, Any]) -> None:
        await self.open.wait()
        self.frames.append(json.loads(message["text"]))

    def changes(self, channel_id: UUID = BOARD) -> list[int]:
        return [each["change"] for each in self.frames if each["board"] == str(channel_id)]

    def hint(self, change: int, *, origin: str | None = None, ready: Delivery | None = None) -> None:
        self.deliveries.hint(Hint((ME,), FEED, BOARD, change, origin), ready)

    def stop(self) -> None:
        self.deliveries.stop()
        self.outbox.stop()


@contextmanager
def plugged_in(memory: MemoryFeed) -> Iterator[MemoryFeed]:
    """The only feed there is, for a while."""
    others = dict(registry._feeds)
    registry._feeds.clear()
    registry.feed_register(FEED, memory)
    try:
        yield memory
    finally:
        registry._feeds.clear()
        registry._feeds.update(others)


async def settle() -> None:
    for _ in range(60):
        await asyncio.sleep(0)
