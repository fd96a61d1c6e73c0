"""What passes through the socket: deliveries of feeds, and the messages between processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any
from uuid import UUID

import msgspec


class Close(IntEnum):
    """Why the server closes a socket. Part of the wire contract."""

    BAD_FRAMES = 4400
    UNAUTHENTICATED = 4401
    SCOPE = 4403
    PRACTICE = 4409
    TOO_LARGE = 4413
    TOO_MANY = 4429
    RESTART = 4503


@dataclass(slots=True, eq=False)
class Delivery:
    """One change of a channel, as one viewer sees it.

    `origin` is the id of the socket that caused it, where that is known; `author` the person who did, so
    that a socket waits for its own ack only when the change may be its own. The same object may go to many
    sockets: it is encoded once.
    """

    change: int
    frame: Mapping[str, Any]
    origin: str | None = None
    author: UUID | None = None
    _text: str | None = field(default=None, init=False, repr=False)

    @property
    def text(self) -> str:
        """The frame as JSON."""
        if self._text is None:
            self._text = frame_text(self.frame)
        return self._text


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where the channels that a client named stand: the newest change of those that are behind, and those in
    which its person can only read.
    """

    behind: Mapping[UUID, int]
    read_only: tuple[UUID, ...]


class Hint(msgspec.Struct, frozen=True, array_like=True, tag="hint"):
    """A channel of a feed has a newer change: whoever lacks it pulls."""

    users: tuple[UUID, ...]
    feed: str
    channel_id: UUID
    change: int
    origin: str | None = None


class Item(msgspec.Struct, frozen=True, array_like=True, tag="item"):
    """One thing in a channel looks different to these people now, outside the order of changes."""

    users: tuple[UUID, ...]
    feed: str
    channel_id: UUID
    item_id: UUID
    origin: str | None = None


class Push(msgspec.Struct, frozen=True, array_like=True, tag="push"):
    """A frame that lives only for the moment, already encoded. It is of this practice, or of none, and comes
    to the people of `in_any` whichever they act for. A token hears it where it covers `scope`.
    """

    users: tuple[UUID, ...]
    text: str
    origin: str | None = None
    practice_id: UUID | None = None
    in_any: tuple[UUID, ...] = ()
    scope: str | None = None


class Direct(msgspec.Struct, frozen=True, array_like=True, tag="direct"):
    """A frame for one socket of one person, already encoded; whoever serves no such socket forgets it."""

    users: tuple[UUID, ...]
    socket: str
    text: str


class Recheck(msgspec.Struct, frozen=True, array_like=True, tag="recheck"):
    """The credentials of these people may have ended: ask at once."""

    users: tuple[UUID, ...]


class Present(msgspec.Struct, frozen=True, array_like=True, tag="present"):
    """Somebody is available, away or gone: whoever serves these people looks how it is, and tells them."""

    users: tuple[UUID, ...]
    person: UUID
    practice_id: UUID | None = None


HubMessage = Hint | Item | Push | Direct | Recheck | Present


class HubPacket(msgspec.Struct, frozen=True, array_like=True):
    """What one process tells the others, in one Redis message."""

    sender: str
    messages: tuple[HubMessage, ...]


_json = msgspec.json.Encoder()


def frame_text(frame: Mapping[str, Any]) -> str:
    """A frame as it goes over the wire."""
    return _json.encode(frame).decode()
