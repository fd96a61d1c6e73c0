"""What never changes about a conversation, kept in the process so that a send need not ask for it."""

from dataclasses import dataclass
from uuid import UUID

from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from messaging.errors import ConversationReadOnly
from messaging.events import CONVERSATION
from messaging.models import Conversation, Member, seat_holds
from messaging.types import ConversationKind

ROOMS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation's fixed facts: where it belongs and whose key seals its texts."""

    id: UUID
    practice_id: UUID | None
    key_subject_id: UUID
    patient_id: UUID | None
    # Its members change while it is open.
    is_team: bool = False


_rooms: dict[UUID, Room] = {}


def room_cached(conversation_id: UUID) -> Room | None:
    """The facts, when this process has them: never touches the database."""
    return _rooms.get(conversation_id)


def room_get(conversation_id: UUID) -> Room:
    """The facts of a conversation; says nothing about who may see it. Raises NotFound."""
    room = _rooms.get(conversation_id)
    if room is None:
        room = _room_read(conversation_id)
        while len(_rooms) >= ROOMS_KEPT:
            _rooms.pop(next(iter(_rooms)), None)
        _rooms[conversation_id] = room
    return room


def room_check(actor: Actor, room: Room) -> None:
    """Raise NotFound for a token that was issued for another practice."""
    if actor.token_id is not None and actor.practice_id not in {None, room.practice_id}:
        raise not_found(room.id, exists=True)


def writing_check(actor: Actor, conversation: Conversation) -> None:
    """Raise ConversationReadOnly where nothing can be added by somebody who sees it: it is over, or they
    have left. Asks once, and only of a care team: nobody leaves another conversation before it is over.
    """
    is_team = conversation.kind == ConversationKind.TEAM
    if conversation.read_only_at is not None or (is_team and has_left(actor, conversation.id)):
        raise ConversationReadOnly


def has_left(actor: Actor, conversation_id: UUID) -> bool:
    """Whether the actor took part in it once, and does no more."""
    own = Member.objects.unscoped(reason="the actor's own seat").filter(
        seat_holds(actor.practice_id), conversation_id=conversation_id, user_id=actor.require_user()
    )
    return own.filter(left_seq__isnull=False).exists()


def not_found(conversation_id: UUID, *, exists: bool) -> NotFound:
    """The refusal of a conversation that the actor does not take part in."""
    return NotFound(object_kind=CONVERSATION, object_id=conversation_id, exists=exists)


def _room_read(conversation_id: UUID) -> Room:
    row = (
        Conversation.objects.unscoped(reason="fixed facts; the caller checks who takes part")
        .filter(pk=conversation_id)
        .values_list("id", "practice_id", "key_subject_id", "patient_id", "kind")
        .first()
    )
    if row is None:
        raise not_found(conversation_id, exists=False)
    id_, practice_id, key_subject_id, patient_id, kind = row
    return Room(id_, practice_id, key_subject_id, patient_id, is_team=kind == ConversationKind.TEAM)
