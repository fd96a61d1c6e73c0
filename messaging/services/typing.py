"""Who is typing: told to the others, throttled, and over by itself. Nothing of it is kept."""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from channels.db import database_sync_to_async

from bloom.kernel.actor import Actor
from bloom.realtime import services as realtime
from messaging import rules, selectors

# Without another sign of typing, it is over after so long.
LASTS_SECONDS: Final = 6.0
# The others are told that somebody still types at most so often.
AGAIN_SECONDS: Final = 2.5


@dataclass(slots=True)
class _Typing:
    """`told_at` is when the others last heard that somebody types, `is_shown` whether they still think so.
    It is kept past the end of the typing until the others may hear again.
    """

    told_at: float
    is_shown: bool
    over: asyncio.TimerHandle


_typing: dict[tuple[UUID, UUID], _Typing] = {}


async def typing_tell(actor: Actor, conversation_id: UUID, typing: bool, *, origin_socket: str) -> None:
    """Tell the other members. Raises NotFound and ConversationReadOnly."""
    person = actor.require_user()
    practice_id, others = await database_sync_to_async(selectors.conversation_others)(actor, conversation_id)
    patients = rules.patients_of(others)
    loop, key = asyncio.get_running_loop(), (person, conversation_id)
    before = _typing.pop(key, None)
    if before is not None:
        before.over.cancel()

    def tell(is_typing: bool) -> None:
        frame = {
            "type": "user:typing",
            "conversation": str(conversation_id),
            "person": str(person),
            "typing": is_typing,
        }
        realtime.publish(others, frame, practice_id=practice_id, in_any=patients, origin_socket=origin_socket)

    def end() -> None:
        ended = _typing.pop(key, None)
        if ended is not None and ended.is_shown:
            tell(False)

    now = loop.time()
    told_at = now if before is None else before.told_at
    if typing:
        is_due = before is None or now - told_at >= AGAIN_SECONDS
        is_shown = is_due or (before is not None and before.is_shown)
        over = loop.call_later(LASTS_SECONDS, end)
        _typing[key] = _Typing(now if is_due else told_at, is_shown, over)
        if is_due:
            tell(True)
    elif before is not None:
        # Whoever stops and begins again at once is not heard sooner for it.
        if now - told_at < AGAIN_SECONDS:
            _typing[key] = _Typing(told_at, False, loop.call_at(told_at + AGAIN_SECONDS, end))
        if before.is_shown:
            tell(False)
