"""Sending a message: judged and sealed before any transaction, stored in one step, then told."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils.translation import gettext

from bloom.files import selectors as files_selectors
from bloom.files.errors import UploadNotReady
from bloom.files.types import UploadState
from bloom.kernel import limits, vault
from bloom.kernel.actor import Actor
from bloom.kernel.batching import Batcher
from bloom.kernel.db import transactional
from bloom.kernel.errors import DomainError, IdempotencyConflict, Invalid
from bloom.realtime import services as realtime
from bloom.realtime.types import Delivery
from messaging import attachments as attaching
from messaging import audit, judging, list_cache, names, present, rooms, rules, store, wire
from messaging.errors import ConversationReadOnly, MessageBlocked
from messaging.models import Conversation, Message
from messaging.moderation.types import Outcome, Source, Verdict
from messaging.rooms import Room
from messaging.store import Draft, Stored
from messaging.types import AttachmentView, AuditAction, MessageView, SendResult

FEED = "conversation"

_BODY_FAULTS = {
    rules.BadBody.EMPTY: lambda: gettext("Write something first."),
    rules.BadBody.TOO_LONG: lambda: (
        gettext("This is longer than %(limit)d characters.") % {"limit": rules.BODY_LIMIT}
    ),
    rules.BadBody.NOT_TEXT: lambda: gettext("This holds characters that are not text."),
}

_in_thread = database_sync_to_async


async def _lists_drop(stored: Sequence[Stored]) -> None:
    await list_cache.alists_drop(store.people_of(stored))


_batcher: Batcher[Draft, Stored] = Batcher(store.messages_place, direct=store.Direct(), after=_lists_drop)


def message_send(
    actor: Actor,
    conversation_id: UUID,
    client_id: UUID,
    body: str,
    *,
    attachments: Sequence[UUID] = (),
    are_held: bool = False,
    at: datetime,
    origin_socket: str | None = None,
) -> SendResult:
    """Send a message, once for each `client_id`; when this returns, it and its record are durable.
    `attachments` are the sender's own uploads, checked and not in use; `are_held`: those that were held for
    this message, which was planned.

    Raises Invalid, RateLimited, NotFound for who does not take part, ConversationReadOnly, MessageBlocked
    (recorded, nothing sent, the client_id and the uploads stay free), UploadNotReady and IdempotencyConflict.
    """
    sender_id, text, upload_ids = actor.require_user(), text_clean(body), uploads_clean(attachments)
    limits.limit_check(_limit_key(sender_id), settings.MESSAGES_PER_MINUTE, 60)
    room = rooms.room_get(conversation_id)
    rooms.room_check(actor, room)
    called = _names(actor, room, client_id, upload_ids, are_held=are_held) if upload_ids else ()
    verdict = judging.judge(actor, room, rules.text_judged(text, called))
    if verdict.outcome is Outcome.BLOCK:
        return _refuse(actor, room, client_id, text, upload_ids, verdict, at=at)
    key = room_key(room)
    draft = _draft(
        actor, room, key, client_id, text, verdict, upload_ids=upload_ids, are_held=are_held, at=at
    )
    stored = _store_alone(draft)
    if not stored.created:
        return _repeated(actor, stored)
    sender = names.names_get(actor, [sender_id])[sender_id]
    files = _files(actor, stored) if upload_ids else ()
    view = present.message_view(stored, sender=sender, body=text, blurred=False, attached=files)
    ready = None if room.is_team else _ready(stored, view, origin_socket)
    realtime.hint(stored.recipients, FEED, room.id, stored.change, origin_socket, ready=ready)
    return SendResult(message=view, created=True)


async def amessage_send(
    actor: Actor,
    conversation_id: UUID,
    client_id: UUID,
    body: str,
    *,
    attachments: Sequence[UUID] = (),
    at: datetime,
    origin_socket: str | None = None,
) -> SendResult:
    """`message_send` for the event loop: drafts that come together are stored together, and what this
    process knows already is not asked again.
    """
    sender_id, text, upload_ids = actor.require_user(), text_clean(body), uploads_clean(attachments)
    await limits.alimit_check(_limit_key(sender_id), settings.MESSAGES_PER_MINUTE, 60)
    room = rooms.room_cached(conversation_id) or await _in_thread(rooms.room_get)(conversation_id)
    rooms.room_check(actor, room)
    called = await _in_thread(_names)(actor, room, client_id, upload_ids) if upload_ids else ()
    verdict = await judging.ajudge(actor, room, rules.text_judged(text, called))
    if verdict.outcome is Outcome.BLOCK:
        return await _in_thread(_refuse)(actor, room, client_id, text, upload_ids, verdict, at=at)
    key = vault.key_cached(room.key_subject_id) or await _in_thread(room_key)(room)
    # Asked before it is stored: from then on nothing waits, so that members are told in the order of numbers.
    sender = names.name_cached(sender_id)
    if sender is None:
        sender = (await _in_thread(names.names_get)(actor, [sender_id]))[sender_id]
    draft = _draft(actor, room, key, client_id, text, verdict, upload_ids=upload_ids, at=at)
    # Files may be refused as it is stored, and nobody else's message with them.
    stored = await (_in_thread(_store_alone)(draft) if upload_ids else _batcher.submit(draft))
    if not stored.created:
        return await _in_thread(_repeated)(actor, stored)
    files = await _in_thread(_files)(actor, stored) if upload_ids else ()
    view = present.message_view(stored, sender=sender, body=text, blurred=False, attached=files)
    ready = None if room.is_team else _ready(stored, view, origin_socket)
    await realtime.ahint(stored.recipients, FEED, room.id, stored.change, origin_socket, ready=ready)
    return SendResult(message=view, created=True)


def _limit_key(sender_id: UUID) -> str:
    return f"message_send:{sender_id}"


def text_clean(body: str) -> str:
    """The text as it will be stored. Raises Invalid in the writer's words."""
    try:
        return rules.body_clean(body)
    except rules.BadBody as fault:
        raise Invalid(errors={"body": [_BODY_FAULTS[fault.reason]()]}) from None


def uploads_clean(upload_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """The uploads to send along. Raises Invalid for too many, or one twice."""
    most = settings.ATTACHMENTS_PER_MESSAGE
    if len(upload_ids) > most:
        raise Invalid(
            errors={"attachments": [gettext("A message takes at most %(most)d files.") % {"most": most}]}
        )
    if len(set(upload_ids)) != len(upload_ids):
        raise Invalid(errors={"attachments": [gettext("A file can be sent once.")]})
    return tuple(upload_ids)


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
    upload_ids: tuple[UUID, ...] = (),
    are_held: bool = False,
    at: datetime,
) -> Draft:
    """Seal the text and write its line of the record. No I/O: some tens of microseconds."""
    sender_id, message_id = actor.require_user(), uuid.uuid4()
    body_hash = present.body_hash(room.id, sender_id, client_id, text, upload_ids)
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
        upload_ids=upload_ids,
        are_held=are_held,
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


def _names(
    actor: Actor, room: Room, client_id: UUID, upload_ids: Sequence[UUID], *, are_held: bool = False
) -> Sequence[str]:
    """What the uploads are called. Raises UploadNotReady, unless this is a repeat: then they are in use."""
    uploads = files_selectors.upload_list(actor, upload_ids)
    wanted = UploadState.HELD if are_held else UploadState.READY
    if [each.id for each in uploads if each.state is wanted] == list(upload_ids):
        return [each.name for each in uploads]
    earlier = Message.objects.visible_to(actor).filter(
        conversation_id=room.id, sender_id=actor.user_id, client_id=client_id
    )
    if not earlier.exists():
        raise UploadNotReady
    return ()


def _store_alone(draft: Draft) -> Stored:
    (stored,) = store.messages_store([draft])
    if isinstance(stored, DomainError):
        raise stored
    return stored


def _files(actor: Actor, stored: Stored) -> tuple[AttachmentView, ...]:
    return attaching.attachment_views(actor, [stored.id]).get(stored.id, ())


def _repeated(actor: Actor, earlier: present.MessageRow) -> SendResult:
    (view,) = present.message_views(actor, [earlier])
    return SendResult(message=view, created=False)


def _ready(stored: Stored, own: MessageView, origin_socket: str | None) -> Mapping[UUID, Delivery]:
    """What each member would read of a message that was sent this moment, for sockets in this process; `own`
    is what its sender reads. Not for a care team: who of them left while the message waited for its turn is
    known to the database alone.
    """
    ready: dict[rules.Sight, Delivery] = {}
    by_person: dict[UUID, Delivery] = {}
    for person_id in stored.recipients:
        sight = rules.sight(
            outcome=stored.outcome, is_sender=person_id == stored.sender_id, revealed=False, deleted=False
        )
        delivery = ready.get(sight)
        if delivery is None:
            view = own if sight.body else replace(own, body=None, blurred=sight.blurred, attachments=())
            frame = wire.message_frame(view, is_new=True)
            delivery = Delivery(stored.change, frame, origin=origin_socket, author=stored.sender_id)
            ready[sight] = delivery
        by_person[person_id] = delivery
    return by_person


# What the moderator blocks ----------------------------------------------------------------------------------


def _refuse(
    actor: Actor,
    room: Room,
    client_id: UUID,
    text: str,
    upload_ids: tuple[UUID, ...],
    verdict: Verdict,
    *,
    at: datetime,
) -> SendResult:
    """Record the refusal and raise MessageBlocked; a repeat of what was once sent is still that message."""
    body_hash = present.body_hash(room.id, actor.require_user(), client_id, text, upload_ids)
    earlier = _refusal_write(actor, room, client_id, body_hash, verdict, at=at)
    if earlier is None:
        raise MessageBlocked(categories=verdict.categories)
    return _repeated(actor, earlier)


@transactional
def _refusal_write(
    actor: Actor, room: Room, client_id: UUID, body_hash: bytes, verdict: Verdict, *, at: datetime
) -> Message | None:
    sender_id = actor.require_user()
    conversation = Conversation.objects.visible_to(actor).get_or_refuse(pk=room.id)
    earlier = (
        Message.objects.visible_to(actor)
        .filter(conversation_id=room.id, sender_id=sender_id, client_id=client_id)
        .first()
    )
    if earlier is not None:
        if bytes(earlier.body_hash) != body_hash:
            raise IdempotencyConflict
        return earlier
    rooms.writing_check(actor, conversation)
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
