"""Messages that go later: planned, changed and taken back by their author (messaging.services.due sends)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from bloom.files import services as files_services
from bloom.kernel import limits, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import IdempotencyConflict, Invalid
from bloom.kernel.events import Event
from messaging import present, rooms, selectors
from messaging.errors import (
    ConversationReadOnly,
    ScheduledFull,
    ScheduledSent,
    ScheduledUnderWay,
)
from messaging.events import (
    ScheduledCancelled,
    ScheduledChanged,
    ScheduledPlanned,
)
from messaging.models import Conversation, Member, Message, ScheduledMessage
from messaging.rooms import Room
from messaging.rules import later as rules
from messaging.rules.later import TimeFault
from messaging.services.sending import room_key, text_clean, uploads_clean
from messaging.types import (
    SCHEDULED_MOST,
    ScheduledResult,
    ScheduledState,
    ScheduledView,
)
from observability import services as observability_services


def scheduled_plan(
    actor: Actor,
    conversation_id: UUID,
    client_id: UUID,
    body: str,
    due_at: datetime,
    *,
    attachments: Sequence[UUID] = (),
    at: datetime,
) -> ScheduledResult:
    """Have a message sent at `due_at`, once for each `client_id`. Nobody else sees it before, and it is
    judged when it goes. `attachments` are the author's own uploads, checked and not in use: from now on they
    are sealed as the text is.

    Raises Invalid, RateLimited, NotFound, ConversationReadOnly, ScheduledFull, UploadNotReady and
    IdempotencyConflict.
    """
    text, upload_ids = text_clean(body), uploads_clean(attachments)
    _limit_check(actor)
    return _plan(actor, conversation_id, client_id, text, upload_ids, due_at, at=at)


@transactional
def _plan(
    actor: Actor,
    conversation_id: UUID,
    client_id: UUID,
    text: str,
    upload_ids: tuple[UUID, ...],
    due_at: datetime,
    *,
    at: datetime,
) -> ScheduledResult:
    author_id = actor.require_user()
    conversation = Conversation.objects.visible_to(actor).get_or_refuse(pk=conversation_id)
    # One's own place in the conversation is the lock under which one plans there.
    _seat_hold(actor, conversation_id)
    mine = ScheduledMessage.objects.visible_to(actor).filter(author_id=author_id)
    earlier = mine.filter(conversation_id=conversation_id, client_id=client_id).first()
    if earlier is not None:
        said = present.scheduled_open(earlier)
        same = (earlier.due_at, earlier.uploads) == (due_at, upload_ids)
        if (said is not None and said != text) or not same:
            raise IdempotencyConflict
        return ScheduledResult(scheduled=selectors.scheduled_view(actor, earlier), created=False)
    _time_check(due_at, at=at)
    if conversation.read_only_at is not None:
        raise ConversationReadOnly
    _room_check(actor)
    room = rooms.room_get(conversation_id)
    row = ScheduledMessage(
        practice_id=room.practice_id,
        conversation_id=conversation_id,
        author_id=author_id,
        client_id=client_id,
        due_at=due_at,
        next_at=due_at,
        state=ScheduledState.WAITING.value,
        session_id=actor.session_id or "",
        token_id=actor.token_id,
        created_at=at,
        changed_at=at,
    )
    row.body = vault.seal_with(room_key(room), text, present.scheduled_place(row))
    _files_set(actor, room, row, upload_ids, at=at)
    row.save(force_insert=True)
    scheduled_record(actor, row, ScheduledPlanned, at=at)
    return ScheduledResult(scheduled=selectors.scheduled_view(actor, row), created=True)


def scheduled_change(
    actor: Actor,
    scheduled_id: UUID,
    *,
    body: str | None = None,
    due_at: datetime | None = None,
    attachments: Sequence[UUID] | None = None,
    at: datetime,
) -> ScheduledView:
    """Give it another text, another time, other files, or all of that. Files that are not named any more are
    removed. What could not go waits again, for a time that is to come.

    Raises Invalid, RateLimited, NotFound, ConversationReadOnly, UploadNotReady, ScheduledSent and
    ScheduledUnderWay.
    """
    text = None if body is None else text_clean(body)
    upload_ids = None if attachments is None else uploads_clean(attachments)
    _limit_check(actor)
    return _change(actor, scheduled_id, text, upload_ids, due_at, at=at)


@transactional
def _change(
    actor: Actor,
    scheduled_id: UUID,
    text: str | None,
    upload_ids: tuple[UUID, ...] | None,
    due_at: datetime | None,
    *,
    at: datetime,
) -> ScheduledView:
    row = scheduled_hold(actor, scheduled_id, at=at)
    _unsent_check(row)
    if (due_at is not None and due_at != row.due_at) or row.state == ScheduledState.STOPPED:
        _time_check(due_at or row.due_at, at=at)
    room = rooms.room_get(row.conversation_id)
    if Conversation.objects.visible_to(actor).filter(pk=room.id, read_only_at__isnull=False).exists():
        raise ConversationReadOnly
    _seat_hold(actor, room.id)
    has_text = text is not None and text != present.scheduled_open(row)
    has_time = due_at is not None and due_at != row.due_at
    has_files = upload_ids is not None and upload_ids != row.uploads
    if not (has_text or has_time or has_files) and row.state == ScheduledState.WAITING:
        return selectors.scheduled_view(actor, row)
    if text is not None and has_text:
        row.body = vault.seal_with(room_key(room), text, present.scheduled_place(row))
    if upload_ids is not None:
        _files_set(actor, room, row, upload_ids, at=at)
    row.due_at = row.next_at = due_at or row.due_at
    row.state, row.reason, row.categories, row.tries = ScheduledState.WAITING.value, "", [], 0
    row.is_sending = False
    row.session_id, row.token_id, row.changed_at = actor.session_id or "", actor.token_id, at
    row.save()
    scheduled_record(
        actor, row, ScheduledChanged, at=at, has_text=has_text, has_time=has_time, has_files=has_files
    )
    return selectors.scheduled_view(actor, row)


@transactional
def scheduled_cancel(actor: Actor, scheduled_id: UUID, *, at: datetime) -> str | None:
    """Take it back; what it said, so that it can be written anew. Raises NotFound, ScheduledSent and
    ScheduledUnderWay.
    """
    row = scheduled_hold(actor, scheduled_id, at=at)
    _unsent_check(row)
    said = present.scheduled_open(row)
    files_services.uploads_release(actor, row.uploads, at=at)
    scheduled_record(actor, row, ScheduledCancelled, at=at)
    row.delete()
    return said


def _files_set(
    actor: Actor, room: Room, row: ScheduledMessage, upload_ids: tuple[UUID, ...], *, at: datetime
) -> None:
    held = row.uploads
    added = [each for each in upload_ids if each not in held]
    files_services.uploads_hold(actor, added, owner_id=room.key_subject_id, at=at)
    files_services.uploads_release(actor, [each for each in held if each not in upload_ids], at=at)
    row.upload_ids = [str(each) for each in upload_ids]


# What is checked --------------------------------------------------------------------------------------------


def scheduled_hold(actor: Actor, scheduled_id: UUID, *, at: datetime) -> ScheduledMessage:
    """One's own row, locked, that nobody is sending: whoever took it has no longer than their lease. Raises
    NotFound, ScheduledSent and ScheduledUnderWay.
    """
    row = ScheduledMessage.objects.visible_to(actor).select_for_update().get_or_refuse(pk=scheduled_id)
    if row.message_id is not None:
        raise ScheduledSent(message_id=row.message_id)
    if row.is_sending and row.next_at > at:
        raise ScheduledUnderWay
    return row


def _unsent_check(row: ScheduledMessage) -> None:
    """Raise ScheduledSent where somebody sent it and died before they could say so, whoever had it since."""
    message_id = message_of(row)
    if message_id is not None:
        raise ScheduledSent(message_id=message_id)


def message_of(row: ScheduledMessage) -> UUID | None:
    """The message that it has become, whether or not the row says so."""
    sent = Message.objects.unscoped(reason="whether what its author planned has gone").filter(
        conversation_id=row.conversation_id, sender_id=row.author_id, client_id=row.client_id
    )
    message_id: UUID | None = sent.values_list("id", flat=True).first()
    return message_id


def _seat_hold(actor: Actor, conversation_id: UUID) -> None:
    seats = Member.objects.visible_to(actor).select_for_update().filter(left_at=None)
    if seats.filter(conversation_id=conversation_id, user_id=actor.require_user()).first() is None:
        # Whoever left reads on, and writes no more.
        raise ConversationReadOnly


def _room_check(actor: Actor) -> None:
    """Raise ScheduledFull. All of one's rows are locked, so that two who plan at once count one another."""
    mine = ScheduledMessage.objects.unscoped(reason="how many somebody has planned, wherever").filter(
        author_id=actor.require_user()
    )
    waiting = mine.exclude(state=ScheduledState.SENT.value)
    list(waiting.select_for_update().order_by("id").values_list("id", flat=True))
    if waiting.count() >= SCHEDULED_MOST:
        raise ScheduledFull(most=SCHEDULED_MOST)


def _time_check(due_at: datetime, *, at: datetime) -> None:
    match rules.time_fault(due_at, at=at):
        case TimeFault.PAST:
            raise Invalid(errors={"send_at": [gettext("Choose a time that is still to come.")]})
        case TimeFault.FAR:
            raise Invalid(errors={"send_at": [gettext("Choose a time within the next year.")]})


def _limit_check(actor: Actor) -> None:
    limits.limit_check(f"message_change:{actor.require_user()}", settings.MESSAGE_CHANGES_PER_MINUTE, 60)


def scheduled_record(
    actor: Actor, row: ScheduledMessage, kind: type[Event], *, at: datetime, **more: object
) -> UUID:
    """Put on record what happened to a planned message, in the caller's transaction."""
    event = kind(
        object_id=row.id,
        practice_id=row.practice_id,
        subject_id=row.author_id,
        conversation_id=row.conversation_id,  # type: ignore[call-arg] # each of these events has it
        **more,
    )
    return observability_services.event_record(actor, event, at=at)
