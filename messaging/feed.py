"""What sockets pull: the changes of conversations, decided for their viewer at delivery; and who may know of
whose presence.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import NotFound
from bloom.realtime.registry import Circle
from bloom.realtime.types import Delivery
from messaging import selectors, wire

_PRESENCE = Actor.for_system("presence", via=Via.SOCKET)


async def circles(people: Sequence[UUID]) -> Mapping[UUID, Sequence[Circle]]:
    """With whom each of these people shares a conversation that lives; see realtime's `circles_register`."""
    found = await database_sync_to_async(selectors.conversation_circles)(_PRESENCE, people)
    # A patient sees what is theirs whichever practice they work for.
    return {
        person: [Circle(each.practice_id, each.people, each.patients, each.is_patient) for each in own]
        for person, own in found.items()
    }


class ConversationFeed:
    """Conversations by their `change`: new messages, and those that changed. See realtime's ItemFeed."""

    async def heads(self, actor: Actor) -> dict[UUID, int]:
        """The newest change of each of the actor's conversations."""
        return await database_sync_to_async(selectors.conversation_heads)(actor)

    async def read_only(self, actor: Actor, channel_ids: Collection[UUID]) -> Collection[UUID]:
        """Those that have ended, or that the actor has left."""
        return await database_sync_to_async(selectors.conversations_ended)(actor, channel_ids)

    async def pull(self, actor: Actor, channel_id: UUID, after_change: int, limit: int) -> list[Delivery]:
        """The first changes after `after_change`. Raises NotFound for who does not take part."""
        changes = await database_sync_to_async(selectors.message_changes)(
            actor, channel_id, after_change, limit
        )
        return [
            Delivery(
                change.message.change,
                wire.reaction_frame(change.message)
                if change.is_reaction
                else wire.message_frame(change.message, is_new=change.is_new),
                # Whose reaction it was is not said: it may be this socket's own.
                author=None if change.is_reaction else change.message.sender.id,
            )
            for change in changes
        ]

    async def item(self, actor: Actor, channel_id: UUID, item_id: UUID) -> Mapping[str, Any] | None:
        """A message as it looks to the actor now, or None when it is not theirs to see."""
        try:
            message = await database_sync_to_async(selectors.message_get)(actor, item_id)
        except NotFound:
            return None
        return wire.message_frame(message, is_new=False)
