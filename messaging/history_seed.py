"""A long past for a conversation, made up: as many messages as one likes, each sealed and on record."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from bloom.kernel import vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.errors import Conflict
from messaging import audit, list_cache, present
from messaging.models import Conversation, Member, Message, MessageAudit
from messaging.moderation.types import Outcome, Verdict
from messaging.types import AuditAction

APART = timedelta(minutes=25)
_ACTOR = Actor.for_system("seed_history", via=Via.COMMAND)
_HARMLESS = Verdict(outcome=Outcome.ALLOW)
_BATCH = 1_000


def history_fill(conversation_id: UUID, count: int, *, at: datetime) -> None:
    """Fill an empty conversation with `count` messages of its two in turn, one each 25 minutes, the newest
    now. Both have read them all. Raises Conflict when something was written there already.
    """
    conversation = Conversation.objects.unscoped(reason="a past is made up").get(pk=conversation_id)
    key = vault.key_get_or_create(conversation.key_subject_id)
    _fill(conversation, key, count, at)
    list_cache.lists_drop(each for each in (conversation.patient_id, conversation.therapist_id) if each)


@transactional
def _fill(conversation: Conversation, key: vault.KeyHandle, count: int, at: datetime) -> None:
    places = Conversation.objects.unscoped(reason="a past is made up").filter(pk=conversation.id, last_seq=0)
    if not places.update(last_seq=count, last_change=count, last_sent_at=at):
        raise Conflict
    Member.objects.unscoped(reason="a past is made up").filter(conversation_id=conversation.id).update(
        read_seq=count
    )
    for first in range(1, count + 1, _BATCH):
        rows = [
            _message(conversation, key, seq, at - APART * (count - seq))
            for seq in range(first, min(first + _BATCH, count + 1))
        ]
        Message.objects.bulk_create([message for message, _ in rows])
        MessageAudit.objects.bulk_create([record for _, record in rows])


def _message(
    conversation: Conversation, key: vault.KeyHandle, seq: int, at: datetime
) -> tuple[Message, MessageAudit]:
    sender_id = conversation.patient_id if seq % 2 else conversation.therapist_id
    assert sender_id is not None
    message_id, client_id = uuid.uuid4(), uuid.uuid4()
    text = f"Number {seq}. {'And so on. ' * (seq % 5)}".strip()
    body_hash = present.body_hash(conversation.id, sender_id, client_id, text)
    message = Message(
        id=message_id,
        practice_id=conversation.practice_id,
        conversation_id=conversation.id,
        seq=seq,
        change=seq,
        sent_change=seq,
        client_id=client_id,
        sender_id=sender_id,
        body=vault.seal_with(key, text, present.body_place(message_id, conversation.id, sender_id)),
        body_hash=body_hash,
        outcome=_HARMLESS.outcome.value,
        sent_at=at,
    )
    record = audit.audit_values(
        replace(_ACTOR, user_id=sender_id),
        action=AuditAction.SENT,
        practice_id=conversation.practice_id,
        conversation_id=conversation.id,
        message_id=message_id,
        subject_id=conversation.key_subject_id,
        body_hash=body_hash,
        verdict=_HARMLESS,
        at=at,
    )
    return message, MessageAudit(**record)
