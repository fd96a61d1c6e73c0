"""The frames of the socket itself. Every app adds its own in its `frames.py`."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from bloom.realtime import registry, tickets
from bloom.realtime.presence import Status

Cursor = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Ping(msgspec.Struct):
    """Nothing to say but "still here"."""


class SessionResume(msgspec.Struct):
    """The last change that the client has seen of each conversation."""

    cursors: dict[UUID, Cursor]


class PresenceSet(msgspec.Struct):
    """Somebody looks at this client, or has not for a while."""

    status: Status


@registry.frame("presence:set", PresenceSet, scope="conversations:write")
async def presence_set(socket: registry.Socket, data: PresenceSet) -> None:
    """Note it; there is no answer."""
    socket.presence(data.status)


@registry.frame("ping", Ping, scope=None)
async def ping(socket: registry.Socket, data: Ping) -> dict[str, Any]:
    """Answer, and deliver anything that a lost push left undelivered."""
    socket.heal()
    return {}


@registry.frame("session:resume", SessionResume, scope=tickets.SCOPE)
async def session_resume(socket: registry.Socket, data: SessionResume) -> dict[str, Any]:
    """Say what is behind and where one can only read, then deliver what was missed."""
    resumed = await socket.resume(data.cursors)
    answer: dict[str, Any] = {"behind": resumed.behind}
    return {**answer, "read_only": resumed.read_only} if resumed.read_only else answer
