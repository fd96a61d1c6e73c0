"""Reading: how far somebody got, and what they chose to see."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from bloom.kernel.actor import Actor
from bloom.kernel.db import after_commit, savepoint, transactional
from bloom.realtime import services as realtime
from messaging import audit, list_cache, rooms, rules, selectors
from messaging.models import Conversation, Member, Message, Reveal
from messaging.moderation.types import Outcome, Verdict
from messaging.selectors.messages import messages_withheld
from messaging.services.sending import FEED
from messaging.types import AuditAction, MessageView, ReadMark


@transactional
def conversation_read(
    actor: Actor, conversation_id: UUID, seq: int, *, at: datetime, origin_socket: str | None = None
) -> ReadMark:
    """The actor has read everything up to `seq` (at most up to the newest). Never goes back.

    Raises NotFound.
    """
    conversations = Conversation.objects.visible_to(actor)
    member = (
        Member.objects.visible_to(actor)
        .select_for_update()
        .filter(conversation_id=conversation_id, user_id=actor.require_user())
        .first()
    )
    # Read after the member's lock: whatever they have sent is counted in both.
    conversation = conversations.get_or_refuse(pk=conversation_id)
    if member is None:
        raise rooms.not_found(conversation_id, exists=True)
    last_seq = rules.newest_known(conversation.last_seq, member.left_seq)
    read_seq = min(seq, last_seq)
    if read_seq > member.read_seq:
        own = Message.objects.visible_to(actor).filter(conversation_id=conversation_id, seq__gt=read_seq)
        member.read_seq = read_seq
        member.own_unread = own.filter(sender_id=actor.user_id).count()
        member.save(update_fields=["read_seq", "own_unread"])
        if member.left_at is None:
            _tell_read(member, origin_socket)
    return ReadMark(
        conversation_id=conversation_id,
        read_seq=member.read_seq,
        unread=rules.unread(
            last_seq=last_seq,
            read_seq=member.read_seq,
            own_unread=member.own_unread,
        ),
    )


def message_reveal(
    actor: Actor, message_id: UUID, *, at: datetime, origin_socket: str | None = None
) -> MessageView:
    """Show the actor a message that is hidden from them, by their own choice, once and on record.

    Anything else is given as it is. Raises NotFound.
    """
    if _reveal_write(actor, message_id, at=at):
        list_cache.lists_drop([actor.require_user()])
        message = Message.objects.visible_to(actor).only("id", "conversation_id").get(pk=message_id)
        realtime.show([actor.require_user()], FEED, message.conversation_id, message_id, origin_socket)
    return selectors.message_get(actor, message_id)


@transactional
def _reveal_write(actor: Actor, message_id: UUID, *, at: datetime) -> bool:
    """Whether there was something to reveal."""
    message = Message.objects.visible_to(actor).with_parents("conversation").get_or_refuse(pk=message_id)
    earlier = Reveal.objects.visible_to(actor).filter(message_id=message_id).first()
    sight = rules.sight(
        outcome=message.outcome,
        is_sender=message.sender_id == actor.user_id,
        revealed=earlier is not None and earlier.edits == message.edits,
        deleted=message.deleted_at is not None,
        withheld=bool(messages_withheld(actor, [message])),
    )
    if not sight.blurred:
        return False
    if earlier is not None:
        # They chose to see another text of it.
        earlier.edits, earlier.at = message.edits, at
        earlier.save(update_fields=["edits", "at"])
    else:
        try:
            with savepoint():
                Reveal(
                    practice_id=message.practice_id,
                    conversation_id=message.conversation_id,
                    message_id=message_id,
                    user_id=actor.require_user(),
                    edits=message.edits,
                    at=at,
                ).save(force_insert=True)
        except IntegrityError:
            # Their other device was faster.
            return False
    audit.audit_write(
        audit.audit_values(
            actor,
            action=AuditAction.REVEALED,
            practice_id=message.practice_id,
            conversation_id=message.conversation_id,
            message_id=message_id,
            subject_id=message.conversation.key_subject_id,
            body_hash=None,
            verdict=Verdict(Outcome(message.outcome), tuple(message.categories), source="stored"),
            at=at,
        )
    )
    return True


def _tell_read(member: Member, origin_socket: str | None) -> None:
    people = dict(
        Member.objects.unscoped(reason="whom to tell how far somebody has read")
        .filter(conversation_id=member.conversation_id, left_at=None)
        .values_list("user_id", "role")
    )
    frame = {
        "type": "receipt:update",
        "conversation": str(member.conversation_id),
        "person": str(member.user_id),
        "seq": member.read_seq,
    }
    practice_id, patients = member.practice_id, rules.patients_of(people)
    list_cache.lists_drop(people)
    after_commit(
        lambda: realtime.publish(
            people, frame, practice_id=practice_id, in_any=patients, origin_socket=origin_socket
        )
    )
