"""Changing what was sent: an edit is judged before anybody sees it, a deletion leaves a marker, and what
stood there before stays sealed in the message's history.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings

from bloom.kernel import limits, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import after_commit, transactional
from bloom.kernel.errors import NotAllowed
from bloom.realtime import services as realtime
from messaging import attachments, audit, consequences, judging, list_cache, present, rooms, rules, selectors
from messaging.consequences import Judged
from messaging.errors import (
    EditTooLate,
    EditTooOften,
    HistoryClosed,
    MessageBlocked,
    MessageDeleted,
    NotTheAuthor,
)
from messaging.events import MESSAGE
from messaging.events import MessageDeleted as Deleted
from messaging.events import MessageEdited as Edited
from messaging.models import Conversation, Member, Message, MessageVersion, Recheck
from messaging.moderation.types import Outcome, Source, Verdict
from messaging.rooms import Room
from messaging.services.sending import FEED, room_key, text_clean
from messaging.types import AuditAction, MemberRole, MessageHistory, MessageView
from observability import services as observability_services

_FAULTS: Final[dict[rules.EditFault, type[NotAllowed]]] = {
    rules.EditFault.NOT_AUTHOR: NotTheAuthor,
    rules.EditFault.DELETED: MessageDeleted,
    rules.EditFault.TOO_LATE: EditTooLate,
    rules.EditFault.TOO_OFTEN: EditTooOften,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A message and its conversation, held: nobody else changes either until the transaction ends."""

    conversation: Conversation
    message: Message

    def change_next(self) -> int:
        """Give the message the conversation's next change. Neither is saved yet but the conversation's."""
        self.conversation.last_change += 1
        self.conversation.save(update_fields=["last_change"])
        self.message.change = self.conversation.last_change
        return self.message.change


def message_edit(
    actor: Actor, message_id: UUID, body: str, *, at: datetime, origin_socket: str | None = None
) -> MessageView:
    """Give one's own message another text, which the moderator judges first. The same text changes nothing.

    Raises Invalid, RateLimited, NotFound, NotTheAuthor, MessageDeleted, EditTooLate, EditTooOften,
    ConversationReadOnly, and MessageBlocked (recorded, the message stays as it was).
    """
    text = text_clean(body)
    _limit_check(actor)
    room, called = _edit_room(actor, message_id, at=at)
    verdict = judging.judge(actor, room, rules.text_judged(text, called))
    return _edit_decide(actor, message_id, room, text, verdict, at=at, origin_socket=origin_socket)


async def amessage_edit(
    actor: Actor, message_id: UUID, body: str, *, at: datetime, origin_socket: str | None = None
) -> MessageView:
    """`message_edit` for the event loop. The thread for the database, which all sockets share, is not held
    while the moderator thinks.
    """
    text = text_clean(body)
    await limits.alimit_check(_limit_key(actor), settings.MESSAGE_CHANGES_PER_MINUTE, 60)
    room, called = await database_sync_to_async(_edit_room)(actor, message_id, at=at)
    verdict = await judging.ajudge(actor, room, rules.text_judged(text, called))
    edited: MessageView = await database_sync_to_async(_edit_decide)(
        actor, message_id, room, text, verdict, at=at, origin_socket=origin_socket
    )
    return edited


def message_delete(
    actor: Actor, message_id: UUID, *, at: datetime, origin_socket: str | None = None
) -> MessageView:
    """Take one's own message back: a marker stands in its place. A second time changes nothing.

    Raises RateLimited, NotFound, NotTheAuthor, and ConversationReadOnly.
    """
    _limit_check(actor)
    _delete_write(actor, message_id, at=at, origin_socket=origin_socket)
    return selectors.message_get(actor, message_id)


@transactional
def message_history_open(actor: Actor, message_id: UUID, *, at: datetime) -> MessageHistory:
    """All that a message ever said. That somebody looked at another's is on record.

    Raises NotFound and HistoryClosed.
    """
    message = Message.objects.visible_to(actor).get_or_refuse(pk=message_id)
    is_author = message.sender_id == actor.user_id
    treats = Member.objects.visible_to(actor).filter(
        conversation_id=message.conversation_id,
        user_id=actor.require_user(),
        role=MemberRole.THERAPIST.value,
        left_at=None,
    )
    if not rules.history_is_open(is_author=is_author, is_therapist=treats.exists()):
        raise HistoryClosed(object_kind=MESSAGE, object_id=message_id, exists=True)
    if not is_author:
        room = rooms.room_get(message.conversation_id)
        verdict = Verdict(Outcome(message.outcome), tuple(message.categories), source="stored")
        _audit(actor, message, room, AuditAction.HISTORY, None, verdict, at=at)
    return selectors.message_history(actor, message_id)


# The two halves of an edit, with the moderator between them -------------------------------------------------


def _edit_room(actor: Actor, message_id: UUID, *, at: datetime) -> tuple[Room, list[str]]:
    """Where the message is, and what its files are called, if the actor may edit it as things stand; the lock
    asks once more.
    """
    message = Message.objects.visible_to(actor).get_or_refuse(pk=message_id)
    _edit_check(actor, message, at=at)
    return rooms.room_get(message.conversation_id), attachments.attachment_names(message)


def _edit_decide(
    actor: Actor,
    message_id: UUID,
    room: Room,
    text: str,
    verdict: Verdict,
    *,
    at: datetime,
    origin_socket: str | None,
) -> MessageView:
    if verdict.outcome is Outcome.BLOCK:
        _blocked_write(actor, message_id, room, text, verdict, at=at)
        raise MessageBlocked(categories=verdict.categories)
    _edit_write(actor, message_id, room, text, verdict, at=at, origin_socket=origin_socket)
    return selectors.message_get(actor, message_id)


# Under the conversation's lock ------------------------------------------------------------------------------


def place_hold(actor: Actor, message_id: UUID) -> Place:
    """The message as it is now, kept so until the transaction ends; its conversation is locked first, as by
    whoever sends. Raises NotFound and ConversationReadOnly.
    """
    found = Message.objects.visible_to(actor).only("id", "conversation_id").get_or_refuse(pk=message_id)
    conversation = (
        Conversation.objects.visible_to(actor)
        .select_for_update(of=("self",), no_key=True)
        .get_or_refuse(pk=found.conversation_id)
    )
    message = Message.objects.visible_to(actor).get_or_refuse(pk=message_id)
    rooms.writing_check(actor, conversation)
    return Place(conversation=conversation, message=message)


def change_tell(place: Place, origin_socket: str | None = None) -> None:
    """After the commit, every member's open pages take the message's newest change."""
    members = list(
        Member.objects.unscoped(reason="whom to tell of a change")
        .filter(conversation_id=place.conversation.id, left_at=None)
        .values_list("user_id", flat=True)
    )
    list_cache.lists_drop(members)
    conversation_id, change = place.conversation.id, place.message.change
    after_commit(lambda: realtime.hint(members, FEED, conversation_id, change, origin_socket))


@transactional
def _edit_write(
    actor: Actor,
    message_id: UUID,
    room: Room,
    text: str,
    verdict: Verdict,
    *,
    at: datetime,
    origin_socket: str | None,
) -> None:
    place = place_hold(actor, message_id)
    message = place.message
    _edit_check(actor, message, at=at)
    before = present.text_open(message)
    if before == text:
        return
    key = room_key(room)
    if before is not None:
        version = MessageVersion(
            practice_id=message.practice_id,
            conversation_id=message.conversation_id,
            message_id=message.id,
            sender_id=message.sender_id,
            number=message.edits,
            body=vault.seal_with(key, before, present.version_place(message.id, message.edits)),
            outcome=message.outcome,
            categories=message.categories,
            written_at=message.edited_at or message.sent_at,
            replaced_at=at,
        )
        version.save(force_insert=True)
        was = Verdict(Outcome(message.outcome), tuple(message.categories), source="stored")
        _audit(actor, message, room, AuditAction.REPLACED, audit.version_digest(version), was, at=at)
    message.edits += 1
    message.body = vault.seal_with(
        key, text, present.body_place(message.id, message.conversation_id, message.sender_id)
    )
    message.edit_hash = present.body_hash(message.conversation_id, message.sender_id, message.client_id, text)
    message.outcome, message.categories = verdict.outcome.value, list(verdict.categories)
    # Clocks of several machines differ a little; the newest edit is the last one.
    message.edited_at = at if message.edited_at is None else max(at, message.edited_at)
    message.text_change = place.change_next()
    message.save(
        update_fields=[
            "body", "edits", "edit_hash", "outcome", "categories", "edited_at", "change", "text_change",
        ]
    )  # fmt: skip
    _audit(actor, message, room, AuditAction.EDITED, message.edit_hash, verdict, at=message.edited_at)
    edited = Edited(
        object_id=message.id,
        practice_id=message.practice_id,
        subject_id=room.key_subject_id,
        conversation_id=message.conversation_id,
        edits=message.edits,
    )
    observability_services.event_record(actor, edited, at=at)
    _consequences(actor, message, room, verdict, at=at)
    change_tell(place, origin_socket)


@transactional
def _delete_write(actor: Actor, message_id: UUID, *, at: datetime, origin_socket: str | None) -> None:
    place = place_hold(actor, message_id)
    message = place.message
    if message.sender_id != actor.user_id:
        raise NotTheAuthor(object_kind=MESSAGE, object_id=message_id, exists=True)
    if message.deleted_at is not None:
        return
    message.deleted_at = at
    message.text_change = place.change_next()
    message.save(update_fields=["deleted_at", "change", "text_change"])
    attachments.attachments_remove(actor, message, at=at)
    room = rooms.room_get(message.conversation_id)
    verdict = Verdict(Outcome(message.outcome), tuple(message.categories), source="stored")
    content = bytes(message.edit_hash or message.body_hash)
    _audit(actor, message, room, AuditAction.DELETED, content, verdict, at=at)
    deleted = Deleted(
        object_id=message.id,
        practice_id=message.practice_id,
        subject_id=room.key_subject_id,
        conversation_id=message.conversation_id,
    )
    observability_services.event_record(actor, deleted, at=at)
    change_tell(place, origin_socket)


@transactional
def _blocked_write(
    actor: Actor, message_id: UUID, room: Room, text: str, verdict: Verdict, *, at: datetime
) -> None:
    """Put the refusal of an edit on record; the message stays as it was."""
    message = place_hold(actor, message_id).message
    _edit_check(actor, message, at=at)
    content = present.body_hash(message.conversation_id, message.sender_id, message.client_id, text)
    _audit(actor, message, room, AuditAction.BLOCKED, content, verdict, at=at)


def _edit_check(actor: Actor, message: Message, *, at: datetime) -> None:
    fault = rules.edit_fault(
        is_author=message.sender_id == actor.user_id,
        deleted=message.deleted_at is not None,
        sent_at=message.sent_at,
        edits=message.edits,
        at=at,
        window=settings.MESSAGE_EDIT_WINDOW,
    )
    if fault is not None:
        raise _FAULTS[fault](object_kind=MESSAGE, object_id=message.id, exists=True)


def _limit_check(actor: Actor) -> None:
    limits.limit_check(_limit_key(actor), settings.MESSAGE_CHANGES_PER_MINUTE, 60)


def _limit_key(actor: Actor) -> str:
    return f"message_change:{actor.require_user()}"


def _audit(
    actor: Actor,
    message: Message,
    room: Room,
    action: AuditAction,
    body_hash: bytes | None,
    verdict: Verdict,
    *,
    at: datetime,
) -> None:
    audit.audit_write(
        audit.audit_values(
            actor,
            action=action,
            practice_id=message.practice_id,
            conversation_id=message.conversation_id,
            message_id=message.id,
            subject_id=room.key_subject_id,
            body_hash=body_hash,
            verdict=verdict,
            at=at,
            recorded_at=audit.moment_next(message.id),
        )
    )


def _consequences(actor: Actor, message: Message, room: Room, verdict: Verdict, *, at: datetime) -> None:
    """What a text of this kind brings with it. No alert is withdrawn because its words were changed."""
    judged = Judged.of(message, room, verdict, at=at)
    # The wish to have the text before this one judged again is over with it.
    Recheck.objects.unscoped(reason="this message's own").filter(message_id=message.id).delete()
    if verdict.source == Source.FALLBACK:
        consequences.recheck_of(judged).save(force_insert=True)
    for event in consequences.events_of(judged, is_new=False):
        observability_services.event_record(actor, event, at=at)
    consequences.alerts_raise(judged)
