"""Telling open sockets that something happened. Nothing here is durable, and nothing here needs to be.

    db.after_commit(lambda: realtime.hint(member_ids, "conversation", conversation_id, change))

Each can be called from any thread, in a process with sockets or without; `ahint` is for the event loop. None
of them raises when Redis is down.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from bloom.kernel import db
from bloom.realtime import census, hub
from bloom.realtime.errors import WordsInPush
from bloom.realtime.types import Delivery, Direct, Hint, HubMessage, Item, Push, Recheck, frame_text

_CODE = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")


def hint(
    user_ids: Iterable[UUID],
    feed: str,
    channel_id: UUID,
    change: int,
    origin_socket: str | None = None,
    *,
    ready: Mapping[UUID, Delivery] | None = None,
) -> None:
    """Each socket of `user_ids` that lacks `change` pulls what it lacks through `feed`. After commit.

    The socket `origin_socket` counts the change as delivered by its ack. `ready` is what the caller has at
    hand of what each person would pull for exactly this change: sockets of this process that lack nothing
    else take it as it is.
    """
    _post(Hint(tuple(user_ids), feed, channel_id, change, origin_socket), ready)


async def ahint(
    user_ids: Iterable[UUID],
    feed: str,
    channel_id: UUID,
    change: int,
    origin_socket: str | None = None,
    *,
    ready: Mapping[UUID, Delivery] | None = None,
) -> None:
    """`hint` from the event loop."""
    await _apost(Hint(tuple(user_ids), feed, channel_id, change, origin_socket), ready)


def show(
    user_ids: Iterable[UUID],
    feed: str,
    channel_id: UUID,
    item_id: UUID,
    origin_socket: str | None = None,
) -> None:
    """Each socket of `user_ids` but the origin asks the feed's `item` and sends what it gives.

    For what looks different to one person without a new change, such as a revealed message.
    """
    _post(Item(tuple(user_ids), feed, channel_id, item_id, origin_socket))


def publish(
    user_ids: Iterable[UUID],
    frame: Mapping[str, Any],
    *,
    practice_id: UUID | None,
    origin_socket: str | None = None,
    in_any: Iterable[UUID] = (),
    scope: str | None = None,
) -> None:
    """Send a frame that lives only for the moment (typing, presence, a read mark) to open sockets; of those
    that act for a practice, only to that of `practice_id`, but to sessions of `in_any` (who see it as
    patients) in any case, and to every session where it is of none.
    A token hears it where it covers `scope`.

    It passes through Redis as it is, so it holds ids, numbers, moments and codes, or WordsInPush is raised.
    What must arrive is a change of a feed instead.
    """
    _check_wordless(frame)
    _post(Push(tuple(user_ids), frame_text(frame), origin_socket, practice_id, tuple(in_any), scope))


def direct(user_id: UUID, socket_id: str, frame: Mapping[str, Any]) -> None:
    """Send a frame to one socket of a person, wherever it is open: for two pages that speak to each other. It
    passes through Redis and stays nowhere; what it carries is of their machines, and holds no word of people.
    """
    _post(Direct((user_id,), socket_id, frame_text(frame)))


def people_here(user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these people who have a page open, in whichever process; a program is none. Nobody, when Redis
    is down.
    """
    db.network_check("who is here")
    return census.people_here(user_ids)


def recheck(user_ids: Iterable[UUID]) -> None:
    """Ask at once whether these people's open sockets still stand on a living credential."""
    _post(Recheck(tuple(user_ids)))


def _check_wordless(value: object) -> None:
    if value is None or isinstance(value, bool | int | UUID | datetime):
        return
    if isinstance(value, str) and _CODE.fullmatch(value):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_wordless(key)
            _check_wordless(item)
        return
    if isinstance(value, list | tuple):
        for item in value:
            _check_wordless(item)
        return
    raise WordsInPush("a momentary frame holds ids, numbers, moments and codes only")


def _post(message: HubMessage, ready: Mapping[UUID, Delivery] | None = None) -> None:
    db.network_check("a realtime hint")
    here = hub.running()
    if here is not None:
        here.post_threadsafe(message, ready)
    else:
        hub.publisher().publish(message)


async def _apost(message: HubMessage, ready: Mapping[UUID, Delivery] | None = None) -> None:
    here = hub.running()
    if here is not None and here.is_here:
        here.post(message, ready)
    else:
        await asyncio.to_thread(_post, message, ready)
