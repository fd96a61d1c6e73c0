"""What other apps plug into the socket: frames that clients may send, and feeds that deliver to them.

class MessageSend(msgspec.Struct):
    conversation: UUID
    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    body: str

@registry.frame("message:send", MessageSend, scope="conversations:write")
async def message_send(socket: Socket, data: MessageSend) -> dict[str, Any]:
    ...
    socket.delivered("conversation", data.conversation, message.change)
    return message_wire(message)

registry.feed_register("conversation", ConversationFeed(), scope="conversations:read")
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

from bloom.kernel.actor import Actor
from bloom.realtime.presence import Status
from bloom.realtime.types import Delivery, Resumed


class Socket(Protocol):
    """What a frame's handler knows of the connection that it came through."""

    @property
    def id(self) -> str:
        """Names this connection, as `origin` of what it causes."""

    @property
    def user_id(self) -> UUID: ...

    def actor(self, at: datetime) -> Actor:
        """Who is asking, by a credential confirmed a few seconds before `at` at most, with this frame's
        request id. Raises Unavailable when that could not be confirmed.
        """

    def send(self, frame: Mapping[str, Any]) -> None:
        """Put one more frame into this socket's queue. Dropped when the peer reads too slowly."""

    def delivered(self, feed: str, channel_id: UUID, change: int) -> None:
        """The answer to the present frame carries this change: do not deliver it here again."""

    async def resume(self, cursors: Mapping[UUID, int]) -> Resumed:
        """Deliver again after these changes, once the present frame is answered: at most 500 a channel.
        Channels of others are left out.
        """

    def presence(self, status: Status) -> None:
        """The person is available or away here; this socket hears of others from now on."""

    def heal(self) -> None:
        """Deliver, after the present frame is answered, whatever a lost push left undelivered."""


@dataclass(frozen=True, slots=True)
class Circle:
    """People who may know of somebody, and of whom they may know, through something of this practice: while
    they act for it, but those of `in_any` always, and the person themself always where `is_in_any`.
    """

    practice_id: UUID | None
    people: tuple[UUID, ...]
    in_any: tuple[UUID, ...] = ()
    is_in_any: bool = False


CirclesAsk = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, Sequence[Circle]]]]


class Feed(Protocol):
    """A source of ordered changes in channels, such as the messages of conversations.

    A channel's changes become visible in their order: who sees change 7 sees every earlier one. Every
    question decides for the actor what may be seen.
    """

    async def heads(self, actor: Actor) -> dict[UUID, int]:
        """The newest change of every channel that the actor takes part in."""

    async def read_only(self, actor: Actor, channel_ids: Collection[UUID]) -> Collection[UUID]:
        """Those of these channels that the actor may read and no longer write in."""

    async def pull(self, actor: Actor, channel_id: UUID, after_change: int, limit: int) -> list[Delivery]:
        """The first `limit` changes after `after_change`, ascending. Fewer than `limit` mean: that is all."""


class ItemFeed(Feed, Protocol):
    """A feed whose things can look different to one person without a new change (a reveal)."""

    async def item(self, actor: Actor, channel_id: UUID, item_id: UUID) -> Mapping[str, Any] | None:
        """The frame that shows the thing to the actor as it is now, or None."""


Handler = Callable[[Any, Any], Awaitable[Mapping[str, Any] | None]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class FrameType:
    """A frame that clients may send. A handler that returns None gives no answer."""

    name: str
    shape: type[msgspec.Struct]
    scope: str | None
    handler: Handler
    decoder: msgspec.json.Decoder[Any]


@dataclass(frozen=True, slots=True)
class FeedEntry:
    name: str
    feed: Feed
    scope: str | None


_frames: dict[str, FrameType] = {}
_feeds: dict[str, FeedEntry] = {}
_circles: list[CirclesAsk] = []


def frame(name: str, shape: type[msgspec.Struct], *, scope: str | None) -> Callable[[H], H]:
    """Register the handler of frames of type `name`; `scope` is what a token needs for it."""

    def register(handler: H) -> H:
        if name in _frames:
            raise ValueError(f"two frames are called {name}")
        _frames[name] = FrameType(name, shape, scope, handler, msgspec.json.Decoder(shape))
        return handler

    return register


def frames() -> Mapping[str, FrameType]:
    """Every registered frame, by name."""
    return dict(_frames)


def frame_get(name: str) -> FrameType | None:
    return _frames.get(name)


def feed_register(name: str, feed: Feed, *, scope: str | None = None) -> None:
    """Deliver `feed` to every socket whose credential covers `scope`."""
    if name in _feeds:
        raise ValueError(f"two feeds are called {name}")
    _feeds[name] = FeedEntry(name, feed, scope)


def feed_get(name: str) -> FeedEntry | None:
    return _feeds.get(name)


def feeds_for(actor: Actor) -> list[FeedEntry]:
    """The feeds that the actor's credential covers."""
    return [entry for entry in _feeds.values() if entry.scope is None or actor.may(entry.scope)]


def circles_register(ask: CirclesAsk) -> None:
    """Who may know that somebody is here. `ask` is given people and answers for each with whom they share
    something that lives; whoever is in nobody's answer stays unseen.
    """
    _circles.append(ask)


async def circles_of(people: Sequence[UUID]) -> dict[UUID, list[Circle]]:
    """Who may know of each of these people."""
    found: dict[UUID, list[Circle]] = {}
    for ask in _circles:
        for person, circles in (await ask(people)).items():
            found.setdefault(person, []).extend(circles)
    return found
