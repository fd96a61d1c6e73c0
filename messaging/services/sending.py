"""Sending a message: judged and sealed before any transaction, stored in one step, then told."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils.translation import gettext

from bloom.kernel import limits, vault
from bloom.kernel.actor import Actor
from bloom.kernel.batching import Batcher
from bloom.kernel.db import transactional
from bloom.kernel.errors import DomainError, IdempotencyConflict, Invalid
from bloom.realtime import services as realtime
from bloom.realtime.types import Delivery
from messaging import audit, judging, names, present, rooms, rules, store, wire
from messaging.errors import ConversationReadOnly, MessageBlocked
from messaging.models import Conversation, Message
from messaging.moderation.types import Outcome, Source, Verdict
from messaging.rooms import Room
from messaging.store import Draft, Stored
from messaging.types import AuditAction, PersonName, SendResult

FEED = "conversation"

_BODY_FAULTS = {
    rules.BadBody.EMPTY: lambda: gettext("Write something first."),
    rules.BadBody.TOO_LONG: lambda: (
        gettext("This is longer than %(limit)d characters.") % {"limit": rules.BODY_LIMIT}
    ),
    rules.BadBody.NOT_TEXT: lambda: gettext("This holds characters that are not text."),
}

_in_thread = database_sync_to_async
_batcher: Batcher[Draft, Stored] = Batcher(store.messages_store)


def message_send(
    actor: Actor,
    conversation_id: UUID,
    client_id: UUID,
    body: str,
    *,
    at: datetime,
    origin_socket: str | None = None,
) -> SendResult:
    """Send a message, once for each `client_id`; when this returns, it and its record are durable.

    Raises Invalid, RateLimited, NotFound for who does not take part, ConversationReadOnly, MessageBlocked
    (recorded, nothing sent, the client_id stays free), and IdempotencyConflict.
    """
    sender_id, text = actor.require_user(), text_clean(body)
    limits.limit_check(_limit_key(sender_id), settings.MESSAGES_PER_MINUTE, 60)
    room = rooms.room_get(conversation_id)
    rooms.room_check(actor, room)
    verdict = judging.judge(room, text)
    if verdict.outcome is Outcome.BLOCK:
        return _refuse(actor, room, client_id, text, verdict, at=at)
    draft = _draft(actor, room, room_key(room), client_id, text, verdict, at=at)
    (stored,) = store.messages_store([draft])
    if isinstance(stored, DomainError):
        raise stored
    if not stored.created:
        return _repeated(actor, stored)
    sender = names.names_get(actor, [sender_id])[sender_id]
    ready = _ready(stored, sender, text, origin_socket)
    realtime.hint(stored.recipients, FEED, room.id, stored.change, origin_socket, ready=ready)
    return _sent(stored, sender, text)


async def amessage_send(
    actor: Actor,
    conversation_id: UUID,
    client_id: UUID,
    body: str,
    *,
    at: datetime,
    origin_socket: str | None = None,
) -> SendResult:
    """`message_send` for the event loop: drafts that come together are stored together, and what this
    process knows already is not asked again.
    """
    sender_id, text = actor.require_user(), text_clean(body)
    await limits.alimit_check(_limit_key(sender_id), settings.MESSAGES_PER_MINUTE, 60)
    room = rooms.room_cached(conversation_id) or await _in_thread(rooms.room_get)(conversation_id)
    rooms.room_check(actor, room)
    verdict = await judging.ajudge(room, text)
    if verdict.outcome is Outcome.BLOCK:
        return await _in_thread(_refuse)(actor, room, client_id, text, verdict, at=at)
    key = vault.key_cached(room.key_subject_id) or await _in_thread(room_key)(room)
    stored = await _batcher.submit(_draft(actor, room, key, client_id, text, verdict, at=at))
    if not stored.created:
        return await _in_thread(_repeated)(actor, stored)
    sender = names.name_cached(sender_id)
    if sender is None:
        sender = (await _in_thread(names.names_get)(actor, [sender_id]))[sender_id]
    ready = _ready(stored, sender, text, origin_socket)
    await realtime.ahint(stored.recipients, FEED, room.id, stored.change, origin_socket, ready=ready)
    return _sent(stored, sender, text)


def _limit_key(sender_id: UUID) -> str:
    return f"message_send:{sender_id}"


def text_clean(body: str) -> str:
    """The text as it will be stored. Raises Invalid in the writer's words."""
    try:
        return rules.body_clean(body)
    except rules.BadBody as fault:
        raise Invalid(errors={"body": [_BODY_FAULTS[fault.reason]()]}) from None


def room_key(room: Room) -> vault.KeyHandle:
    try:
        return vault.key_get_or_create(room.key_subject_id)
    except vault.KeyDestroyed:
        # Whom it was about was erased: nothing is to be added.
        raise ConversationReadOnly from None


def _draft(
    actor: Actor,
    room: Room,
    key: vault.KeyHandle,
    client_id: UUID,
    text: str,
    verdict: Verdict,
    *,
    at: datetime,
) -> Draft:
    """Seal the text and write its line of the record. No I/O: some tens of microseconds."""
    sender_id, message_id = actor.require_user(), uuid.uuid4()
    body_hash = present.body_hash(room.id, sender_id, client_id, text)
    return Draft(
        actor=actor,
        room=room,
        message_id=message_id,
        client_id=client_id,
        sender_id=sender_id,
        body=vault.seal_with(key, text, present.body_place(message_id, room.id, sender_id)),
        body_hash=body_hash,
        outcome=verdict.outcome,
        categories=verdict.categories,
        is_provisional=verdict.source == Source.FALLBACK,
        at=at,
        audit=audit.audit_values(
            actor,
            action=AuditAction.SENT,
            practice_id=room.practice_id,
            conversation_id=room.id,
            message_id=message_id,
            subject_id=room.key_subject_id,
            body_hash=body_hash,
            verdict=verdict,
            at=at,
        ),
    )


def _sent(stored: Stored, sender: PersonName, text: str) -> SendResult:
    view = present.message_view(stored, sender=sender, body=text, blurred=False)
    return SendResult(message=view, created=True)


def _repeated(actor: Actor, earlier: present.MessageRow) -> SendResult:
    (view,) = present.message_views(actor, [earlier])
    return SendResult(message=view, created=False)


def _ready(
    stored: Stored, sender: PersonName, text: str, origin_socket: str | None
) -> Mapping[UUID, Delivery]:
    """What each member would read of a message that was sent this moment, for sockets in this process."""
    ready: dict[rules.Sight, Delivery] = {}
    by_person: dict[UUID, Delivery] = {}
    for person_id in stored.recipients:
        sight = rules.sight(
            outcome=stored.outcome, is_sender=person_id == stored.sender_id, revealed=False, deleted=False
        )
        delivery = ready.get(sight)
        if delivery is None:
            view = present.message_view(
                stored, sender=sender, body=text if sight.body else None, blurred=sight.blurred
            )
            frame = wire.message_frame(view, is_new=True)
            delivery = Delivery(stored.change, frame, origin=origin_socket, author=stored.sender_id)
            ready[sight] = delivery
        by_person[person_id] = delivery
    return by_person


# What the moderator blocks ----------------------------------------------------------------------------------


def _refuse(
    actor: Actor, room: Room, client_id: UUID, text: str, verdict: Verdict, *, at: datetime
) -> SendResult:
    """Record the refusal and raise MessageBlocked; a repeat of what was once sent is still that message."""
    earlier = _refusal_write(actor, room, client_id, text, verdict, at=at)
    if earlier is None:
        raise MessageBlocked(categories=verdict.categories)
    return _repeated(actor, earlier)


@transactional
def _refusal_write(
    actor: Actor, room: Room, client_id: UUID, text: str, verdict: Verdict, *, at: datetime
) -> Message | None:
    sender_id = actor.require_user()
    conversation = Conversation.objects.visible_to(actor).get_or_refuse(pk=room.id)
    body_hash = present.body_hash(room.id, sender_id, client_id, text)
    earlier = (
        Message.objects.visible_to(actor)
        .filter(conversation_id=room.id, sender_id=sender_id, client_id=client_id)
        .first()
    )
    if earlier is not None:
        if bytes(earlier.body_hash) != body_hash:
            raise IdempotencyConflict
        return earlier
    if conversation.read_only_at is not None:
        raise ConversationReadOnly
    audit.audit_write(
        audit.audit_values(
            actor,
            action=AuditAction.BLOCKED,
            practice_id=room.practice_id,
            conversation_id=room.id,
            message_id=None,
            subject_id=room.key_subject_id,
            body_hash=body_hash,
            verdict=verdict,
            at=at,
        )
    )
    return None
