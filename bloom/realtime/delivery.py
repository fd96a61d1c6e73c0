"""What one socket still has to be told: a cursor for each channel, moved by one function for push, ping and
resume alike, so that changes arrive in order and each once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from bloom.kernel import errors
from bloom.kernel.actor import Actor
from bloom.realtime import metrics, registry
from bloom.realtime.outbox import Outbox
from bloom.realtime.types import Delivery, Hint, Item, Resumed, frame_text
from observability import logs

logger = logs.get_logger(__name__)

PULL_LIMIT = 100
RESUME_LIMIT = 500
# What came before its turn waits so long for what is missing between, before the feed is asked; and so many.
TURN_SECONDS = 0.02
HELD_LIMIT = 64

Key = tuple[str, UUID]


@dataclass(slots=True)
class Channel:
    """Where this socket stands in one channel.

    `cursor` is the last change up to which nothing is missing (None until the feed has been asked),
    `wanted` the newest that we know of, `ahead` what was delivered beyond the cursor by an ack. `epoch`
    counts the client's own moves of the cursor. `held` is what came before its turn, `pulling` whether the
    feed is being asked, whose answer may hold the same. `quota` is what a resume may still deliver before the
    cursor jumps to `quota_head`.
    """

    cursor: int | None = None
    wanted: int = 0
    ahead: set[int] = field(default_factory=set)
    held: dict[int, Delivery] = field(default_factory=dict)
    pulling: bool = False
    epoch: int = 0
    quota: int | None = None
    quota_head: int = 0

    @property
    def is_behind(self) -> bool:
        return self.cursor is not None and self.cursor < self.wanted

    def rewind(self, seen: int, head: int) -> None:
        """The client has seen everything up to `seen`, says the client."""
        self.epoch += 1
        self.held.clear()
        self.quota = None
        self.cursor = min(seen, head)
        self.moved_to(self.cursor)
        if self.cursor < head:
            self.quota, self.quota_head = RESUME_LIMIT, head

    def moved_to(self, change: int) -> None:
        """Nothing up to `change` is missing; nor is what acks delivered right after it."""
        if self.cursor is None or change > self.cursor:
            self.cursor = change
        if self.ahead:
            while self.cursor + 1 in self.ahead:
                self.cursor += 1
            self.ahead = {each for each in self.ahead if each > self.cursor}
        if self.held:
            self.held = {change: each for change, each in self.held.items() if change > self.cursor}


class SharedPulls:
    """The same question from several sockets in the same moment is asked once.

    Sockets join a question only until it starts, so whoever joins has heard no hint that it could miss.
    """

    def __init__(self) -> None:
        self._waiting: dict[tuple[object, ...], asyncio.Task[list[Delivery]]] = {}

    async def pull(
        self, entry: registry.FeedEntry, actor: Actor, channel_id: UUID, after: int, limit: int
    ) -> list[Delivery]:
        key = (
            entry.name, channel_id, after, limit, actor.user_id, actor.roles, actor.practice_id, actor.scopes
        )  # fmt: skip
        task = self._waiting.get(key)
        if task is None:

            async def ask() -> list[Delivery]:
                del self._waiting[key]
                metrics.PULLS.labels(entry.name).inc()
                return await entry.feed.pull(actor, channel_id, after, limit)

            task = self._waiting[key] = asyncio.get_running_loop().create_task(ask())
        # One socket that goes away must not cancel the others' answer.
        return await asyncio.shield(task)


class Deliveries:
    """The channels of one socket. Everything happens on the socket's event loop."""

    def __init__(
        self,
        *,
        socket_id: str,
        user_id: UUID,
        actor: Callable[[], Actor],
        outbox: Outbox,
        answered: Callable[[], Awaitable[object]],
        shared: SharedPulls,
    ) -> None:
        self._socket_id = socket_id
        self._user_id = user_id
        self._actor = actor
        self._outbox = outbox
        self._answered = answered
        self._shared = shared
        self._channels: dict[Key, Channel] = {}
        self._behind: dict[Key, None] = {}
        self._items: dict[tuple[str, UUID, UUID], None] = {}
        self._heads_due = False
        self._open = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Ask each feed where it stands: what is newer from here on is delivered."""
        for entry in registry.feeds_for(self._actor()):
            for channel_id, head in (await entry.feed.heads(self._actor())).items():
                channel = self._channels.setdefault((entry.name, channel_id), Channel())
                channel.moved_to(head)
                self._note(entry.name, channel_id, channel, channel.wanted)
        self._open = True
        # A channel that was hinted at meanwhile and is in no answer began after the answer.
        if any(channel.cursor is None for channel in self._channels.values()):
            self._heads_due = True
        self._wake()

    def stop(self) -> None:
        self._open = False
        if self._task is not None:
            self._task.cancel()

    # What others tell us -------------------------------------------------------------------------------

    def hint(self, message: Hint, ready: Delivery | None) -> None:
        """There is a newer change. `ready` is what a pull of exactly this change would give."""
        key = (message.feed, message.channel_id)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel()
        if message.origin == self._socket_id:
            self.delivered(message.feed, message.channel_id, message.change)
            return
        if ready is not None and self._takes(channel, message.change):
            channel.held[message.change] = ready
            if not channel.pulling:
                self._send_held(channel)
        self._note(message.feed, message.channel_id, channel, message.change)

    def item(self, message: Item) -> None:
        """Something looks different now: ask for it and send it."""
        self._items[message.feed, message.channel_id, message.item_id] = None
        self._wake()

    # What the socket's own frames tell us --------------------------------------------------------------

    def delivered(self, feed: str, channel_id: UUID, change: int) -> None:
        """An ack carries this change."""
        channel = self._channels.setdefault((feed, channel_id), Channel())
        if channel.cursor is None or change > channel.cursor + 1:
            channel.ahead.add(change)
        else:
            channel.moved_to(change)
        self._note(feed, channel_id, channel, change)

    def heal(self) -> None:
        """Ask the feeds where they stand, and deliver what is missing."""
        self._heads_due = True
        self._wake()

    async def resume(self, cursors: Mapping[UUID, int]) -> Resumed:
        """Move cursors to what the client says it has seen; see registry.Socket."""
        actor = self._actor()
        feeds = registry.feeds_for(actor)
        read_only = [each for entry in feeds for each in await entry.feed.read_only(actor, cursors.keys())]
        heads = [(entry.name, await entry.feed.heads(actor)) for entry in feeds]
        behind: dict[UUID, int] = {}
        # Nothing waits from here on, so the answer is queued before anything that is due now.
        for feed, known in heads:
            for channel_id in cursors.keys() & known.keys():
                channel = self._channels.setdefault((feed, channel_id), Channel())
                channel.rewind(cursors[channel_id], known[channel_id])
                if channel.quota is not None:
                    behind[channel_id] = channel.quota_head
                self._note(feed, channel_id, channel, known[channel_id])
        return Resumed(behind, tuple(read_only))

    def _takes(self, channel: Channel, change: int) -> bool:
        """Whether this change, as it is at hand, can be told in its turn."""
        return (
            self._open
            and channel.cursor is not None
            and channel.cursor < change
            and channel.quota is None
            and len(channel.held) < HELD_LIMIT
            and self._outbox.has_room
        )

    # The one function that delivers --------------------------------------------------------------------

    def _note(self, feed: str, channel_id: UUID, channel: Channel, change: int) -> None:
        """Remember that the channel has got as far as `change`, and see to it."""
        channel.wanted = max(channel.wanted, change)
        if channel.cursor is None:
            self._heads_due = True
            self._wake()
        elif channel.is_behind:
            self._behind[feed, channel_id] = None
            self._wake()

    def _wake(self) -> None:
        if self._open and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """Deliver until nothing is missing. A failure gives up what was tried; the next ping heals it."""
        while self._open:
            try:
                if self._heads_due:
                    self._heads_due = False
                    await self._ask_heads()
                elif self._behind:
                    key = next(iter(self._behind))
                    del self._behind[key]
                    await self._pull(*key)
                elif self._items:
                    feed, channel_id, item_id = next(iter(self._items))
                    del self._items[feed, channel_id, item_id]
                    await self._show(feed, channel_id, item_id)
                else:
                    return
            except errors.DomainError as error:
                logger.info("realtime.delivery_refused", code=error.code)
            except Exception:
                metrics.DROPPED.labels("pull").inc()
                logger.exception("realtime.delivery_failed")

    async def _ask_heads(self) -> None:
        for entry in registry.feeds_for(self._actor()):
            for channel_id, head in (await entry.feed.heads(self._actor())).items():
                channel = self._channels.setdefault((entry.name, channel_id), Channel())
                if channel.cursor is None:
                    # It began after this socket did; of a long one, the last part is enough.
                    channel.moved_to(max(0, head - RESUME_LIMIT))
                self._note(entry.name, channel_id, channel, head)
        for key in [key for key, channel in self._channels.items() if channel.cursor is None]:
            del self._channels[key]

    async def _pull(self, feed: str, channel_id: UUID) -> None:
        channel = self._channels.get((feed, channel_id))
        entry = registry.feed_get(feed)
        if channel is None or entry is None or entry not in registry.feeds_for(self._actor()):
            return
        try:
            if channel.held:
                # Two that were stored together may be told of in the other order.
                await asyncio.sleep(TURN_SECONDS)
            while channel.is_behind:
                await self._outbox.room()
                channel.pulling = True
                try:
                    await self._pull_once(entry, channel_id, channel)
                finally:
                    channel.pulling = False
                self._send_held(channel)
        except (errors.NotFound, errors.NotAllowed):
            # No longer one of this person's channels.
            self._channels.pop((feed, channel_id), None)

    async def _pull_once(self, entry: registry.FeedEntry, channel_id: UUID, channel: Channel) -> None:
        after, wanted, epoch = cast(int, channel.cursor), channel.wanted, channel.epoch
        limit = PULL_LIMIT if channel.quota is None else min(PULL_LIMIT, channel.quota)
        found = await self._shared.pull(entry, self._actor(), channel_id, after, limit)
        if any(each.author in {None, self._user_id} and each.change not in channel.ahead for each in found):
            # One of these may be what this socket is just sending: its ack is its delivery.
            await self._answered()
        if channel.epoch != epoch:
            return
        for each in found:
            if channel.cursor is None or each.change > channel.cursor:
                self._send(channel, each, "pull")
        if len(found) < limit:
            channel.moved_to(wanted)
        if channel.quota is not None:
            channel.quota -= len(found)
            if channel.quota <= 0 or not channel.is_behind:
                channel.moved_to(channel.quota_head)
                channel.quota = None

    async def _show(self, feed: str, channel_id: UUID, item_id: UUID) -> None:
        entry = registry.feed_get(feed)
        if entry is None or entry not in registry.feeds_for(self._actor()):
            return
        shown = await cast(registry.ItemFeed, entry.feed).item(self._actor(), channel_id, item_id)
        if shown is not None:
            self._outbox.put_if_room(frame_text(shown))

    def _send_held(self, channel: Channel) -> None:
        """What was held and has its turn now."""
        while channel.cursor is not None and (each := channel.held.pop(channel.cursor + 1, None)) is not None:
            self._send(channel, each, "push")

    def _send(self, channel: Channel, delivery: Delivery, how: str) -> None:
        own = delivery.origin == self._socket_id or delivery.change in channel.ahead
        channel.moved_to(delivery.change)
        if not own:
            self._outbox.put(delivery.text)
            metrics.deliveries_counter(how).inc()
