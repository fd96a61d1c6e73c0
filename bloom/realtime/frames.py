"""The frames of the socket itself. Every app adds its own in its `frames.py`."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from bloom.realtime import registry, tickets

Cursor = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Ping(msgspec.Struct):
    """Nothing to say but "still here"."""


class SessionResume(msgspec.Struct):
    """The last change that the client has seen of each conversation."""

    cursors: dict[UUID, Cursor]


@registry.frame("ping", Ping, scope=None)
async def ping(socket: registry.Socket, data: Ping) -> dict[str, Any]:
    """Answer, and deliver anything that a lost push left undelivered."""
    socket.heal()
    return {}


@registry.frame("session:resume", SessionResume, scope=tickets.SCOPE)
async def session_resume(socket: registry.Socket, data: SessionResume) -> dict[str, Any]:
    """Say what is behind, then deliver what was missed."""
    return {"behind": await socket.resume(data.cursors)}
