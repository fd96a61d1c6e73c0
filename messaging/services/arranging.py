"""How somebody keeps a conversation for themselves: archived, muted. Nobody else learns of it."""

from datetime import datetime
from uuid import UUID

from bloom.kernel.actor import Actor
from bloom.kernel.db import after_commit, transactional
from bloom.realtime import services as realtime
from messaging import list_cache, rooms, rules, selectors
from messaging.errors import AlertOpen
from messaging.events import ConversationArranged
from messaging.models import Conversation, Member
from messaging.types import ConversationView
from observability import services as observability_services


@transactional
def conversation_arrange(
    actor: Actor,
    conversation_id: UUID,
    *,
    archived: bool | None = None,
    muted: bool | None = None,
    at: datetime,
) -> ConversationView:
    """Archive or mute a conversation, or undo it; None leaves as it is. The person's other devices follow.

    A new message brings an archived conversation back unless it is muted, and an alert brings it back in any
    case. Muted means: no sound, no notice, no mail. Raises NotFound and AlertOpen.
    """
    seat = (
        Member.objects.visible_to(actor)
        .select_for_update()
        .filter(conversation_id=conversation_id, user_id=actor.require_user())
        .first()
    )
    # Read after the lock, so that what is put away is what was there.
    conversation = Conversation.objects.visible_to(actor).get_or_refuse(pk=conversation_id)
    if seat is None:
        raise rooms.not_found(conversation_id, exists=True)
    before = (seat.archived_seq, seat.muted_at)
    last_seq = rules.newest_known(conversation.last_seq, seat.left_seq)
    was_archived = rules.is_archived(
        archived_seq=seat.archived_seq, last_seq=last_seq, muted=seat.muted_at is not None
    )
    if not was_archived or archived is False:
        # What a message brought back long ago must not vanish again by being muted now.
        seat.archived_seq = None
    if archived and not was_archived:
        if selectors.crisis_alert_conversations(actor, [conversation_id]):
            raise AlertOpen
        seat.archived_seq = last_seq
    if muted is not None and muted != (seat.muted_at is not None):
        seat.muted_at = at if muted else None
    if (seat.archived_seq, seat.muted_at) != before:
        seat.save(update_fields=["archived_seq", "muted_at"])
        _record(actor, conversation, seat, last_seq, at=at)
    return selectors.conversation_get(actor, conversation_id)


def _record(actor: Actor, conversation: Conversation, seat: Member, last_seq: int, *, at: datetime) -> None:
    is_muted = seat.muted_at is not None
    is_archived = rules.is_archived(archived_seq=seat.archived_seq, last_seq=last_seq, muted=is_muted)
    arranged = ConversationArranged(
        object_id=conversation.id,
        practice_id=conversation.practice_id,
        subject_id=seat.user_id,
        archived=is_archived,
        muted=is_muted,
    )
    observability_services.event_record(actor, arranged, at=at)
    frame = {
        "type": "conversation:update",
        "conversation": str(conversation.id),
        "archived": is_archived,
        "muted": is_muted,
    }
    own, practice_id = [seat.user_id], conversation.practice_id
    patients = rules.patients_of({seat.user_id: seat.role})
    list_cache.lists_drop(own)
    after_commit(lambda: realtime.publish(own, frame, practice_id=practice_id, in_any=patients))
