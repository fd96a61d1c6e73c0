"""A conversation opens or closes: written down, recorded, and told to the pages that are open."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.db import after_commit
from bloom.realtime import services as realtime
from messaging import list_cache, rules
from messaging.events import ConversationClosed, ConversationOpened
from messaging.models import Conversation, Member
from messaging.types import MemberRole
from observability import services as observability_services


def conversation_start(conversation: Conversation, roles: Mapping[UUID, MemberRole], *, at: datetime) -> None:
    """Save a new conversation with its members. Raises IntegrityError where there is one already."""
    conversation.save(force_insert=True)
    Member.objects.bulk_create(
        Member(
            practice_id=conversation.practice_id,
            conversation_id=conversation.id,
            user_id=user_id,
            role=role.value,
            joined_at=at,
        )
        for user_id, role in roles.items()
    )


def opened_record(actor: Actor, conversation: Conversation, *, at: datetime) -> None:
    """It is open from now on, for the first time or again. The caller holds it."""
    if conversation.read_only_at is not None:
        conversation.read_only_at = None
        conversation.save(update_fields=["read_only_at"])
    opened = ConversationOpened(
        object_id=conversation.id,
        practice_id=conversation.practice_id,
        subject_id=conversation.key_subject_id,
    )
    observability_services.event_record(actor, opened, at=at)
    members_tell(conversation)


def conversation_close(
    actor: Actor, conversation: Conversation, *, at: datetime, leaving: Collection[UUID] = ()
) -> bool:
    """It can only be read from now on; False when that is so already. The caller holds it."""
    if conversation.read_only_at is not None:
        return False
    conversation.read_only_at = at
    conversation.save(update_fields=["read_only_at"])
    closed = ConversationClosed(
        object_id=conversation.id,
        practice_id=conversation.practice_id,
        subject_id=conversation.key_subject_id,
    )
    observability_services.event_record(actor, closed, at=at)
    members_tell(conversation, leaving=leaving)
    return True


def members_tell(conversation: Conversation, *, leaving: Collection[UUID] = ()) -> None:
    """Let its people's open pages know that the conversation itself is another now, and those who leave it
    in this moment. Who left before hears no more of it.
    """
    members = dict(
        Member.objects.unscoped(reason="whom to tell")
        .filter(Q(left_at=None) | Q(user_id__in=leaving), conversation_id=conversation.id)
        .values_list("user_id", "role")
    )
    frame = {"type": "conversation:update", "conversation": str(conversation.id)}
    practice_id, patients = conversation.practice_id, rules.patients_of(members)
    list_cache.lists_drop(members)
    after_commit(lambda: realtime.publish(members, frame, practice_id=practice_id, in_any=patients))
