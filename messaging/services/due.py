"""Messages that go later, as they go: by a sweep or when their author says so, each once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from bloom.files import services as files_services
from bloom.files.errors import UploadNotReady
from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.errors import IdempotencyConflict, Invalid, NotAllowed, NotFound, RateLimited, Unavailable
from messaging import notice_kinds, present, rooms, selectors
from messaging.errors import (
    ConversationReadOnly,
    MessageBlocked,
    ScheduledSent,
)
from messaging.events import (
    ScheduledGone,
    ScheduledStopped,
)
from messaging.models import Member, ScheduledMessage
from messaging.services.later import message_of, scheduled_hold, scheduled_record
from messaging.services.sending import message_send
from messaging.types import (
    MemberRole,
    MessageView,
    ScheduledState,
    SendResult,
    StopReason,
)
from observability import logs

log = logs.get_logger(__name__)

# A sweep goes on for so long, and leaves the rest to the next: well below what Celery allows (`jobs.py`).
GOES_ON: Final = timedelta(seconds=50)
# Whoever has taken a row has so long, then another may.
LEASE: Final = timedelta(minutes=2)
TRIES: Final = 10
KEPT: Final = timedelta(days=30)
_GONE_FOR_GOOD: Final = (StopReason.CLOSED.value, StopReason.LEFT.value)


def scheduled_send(actor: Actor, scheduled_id: UUID, *, at: datetime) -> MessageView:
    """Send it now. Once more gives the message that it became.

    Raises what message_send raises, after which it stays with its author, NotFound and ScheduledUnderWay.
    """
    taken = _take_own(actor, scheduled_id, at=at)
    if isinstance(taken, UUID):
        return selectors.message_get(actor, taken)
    try:
        sent = _send(actor, taken, at=at)
    except MessageBlocked as error:
        _stop(actor, taken, StopReason.BLOCKED, categories=_categories(error), at=at, tells=False)
        raise
    except BaseException:
        _put_back(taken, at=at)
        raise
    _went(actor, taken, sent.message.id, at=at)
    return sent.message


def scheduled_send_due(actor: Actor, *, at: datetime) -> int:
    """The sweep: send what is due; how many went. Several may run: each takes what no other has. What cannot
    go stays with its author, who is told.
    """
    if not actor.is_system:
        raise NotAllowed
    went = 0
    # Each with a time of its own: its lease begins when it is taken, and it is sent when it goes.
    for moment in clock.moments(at, goes_on=GOES_ON):
        taken = _take_due(at=moment)
        if taken is None:
            break
        went += _send_due(actor, taken, at=moment)
    return went


@transactional
def scheduled_forget(actor: Actor, *, at: datetime) -> int:
    """What went a month ago leaves: it stands in its conversation. So does what could not go any more since
    its author takes no part there, or has left: nobody can read it. How many. Raises NotAllowed unless the
    system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    old = ScheduledMessage.objects.unscoped(reason="what went or stopped long ago").filter(
        changed_at__lt=at - KEPT
    )
    left = old.filter(state=ScheduledState.STOPPED.value, reason__in=_GONE_FOR_GOOD)
    uploads = [each for row in left for each in row.uploads]
    files_services.uploads_release(actor, uploads, at=at)
    return left.delete()[0] + old.filter(state=ScheduledState.SENT.value).delete()[0]


# How one is taken, sent and let go --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A row that is this process's alone until its lease ends."""

    id: UUID
    conversation_id: UUID
    author_id: UUID
    practice_id: UUID | None
    client_id: UUID
    session_id: str
    token_id: UUID | None
    planned_at: datetime
    text: str
    upload_ids: tuple[UUID, ...]
    lease: datetime
    tries: int


def _send_due(actor: Actor, taken: _Taken, *, at: datetime) -> bool:
    author = _author(taken)
    if isinstance(author, StopReason):
        _stop(actor, taken, author, at=at)
        return False
    try:
        sent = _send(author, taken, at=at)
    except MessageBlocked as error:
        _stop(actor, taken, StopReason.BLOCKED, categories=_categories(error), at=at)
    except ConversationReadOnly:
        _stop(actor, taken, StopReason.ENDED, at=at)
    except NotFound:
        _stop(actor, taken, StopReason.LEFT, at=at)
    except (Invalid, IdempotencyConflict, UploadNotReady):
        _stop(actor, taken, StopReason.FAILED, at=at)
    except (RateLimited, Unavailable):
        _again(actor, taken, at=at)
    except SoftTimeLimitExceeded:
        # The sweep's own end, not this message's: whoever takes it after the lease sends it, once.
        raise
    except Exception:
        # One that fails must not keep the others from going.
        log.exception("messaging.scheduled_failed", scheduled_id=taken.id)
        _again(actor, taken, at=at)
    else:
        _went(author, taken, sent.message.id, at=at)
        return True
    return False


def _send(author: Actor, taken: _Taken, *, at: datetime) -> SendResult:
    return message_send(
        author,
        taken.conversation_id,
        taken.client_id,
        taken.text,
        attachments=taken.upload_ids,
        are_held=True,
        at=at,
    )


def _author(taken: _Taken) -> Actor | StopReason:
    """Whoever wrote it, as they would send it now, with what they planned it; or why they do not any more."""
    system = Actor.for_system("scheduled_messages")
    held = accounts_selectors.roles_of(system, [taken.author_id]).get(taken.author_id)
    if not held:
        return StopReason.CLOSED
    seat = (
        Member.objects.unscoped(reason="whether who planned a message still takes part")
        .filter(conversation_id=taken.conversation_id, user_id=taken.author_id, left_at=None)
        .first()
    )
    if seat is None:
        return StopReason.LEFT
    practice_id = None
    if seat.role != MemberRole.PATIENT:
        practice_id = accounts_selectors.practice_kept(taken.author_id, taken.practice_id)
        if practice_id is None:
            return StopReason.LEFT
    # Whoever came in as somebody else must not speak for them after they were thrown out.
    if accounts_selectors.way_in_is_thrown_out(
        taken.author_id, session_id=taken.session_id, token_id=taken.token_id, since=taken.planned_at
    ):
        return StopReason.REVOKED
    return Actor(
        user_id=taken.author_id,
        via=Via.JOB,
        roles=held & {"patient", "therapist"},
        practice_id=practice_id,
        session_id=taken.session_id or None,
        token_id=taken.token_id,
    )


@transactional
def _take_due(*, at: datetime) -> _Taken | None:
    """The longest overdue row, whose lease ends at `next_at`; None when nothing is due."""
    waiting = ScheduledMessage.objects.unscoped(reason="what is due is sent")
    row = (
        waiting.select_for_update(skip_locked=True)
        .filter(state=ScheduledState.WAITING.value, next_at__lte=at)
        .order_by("next_at", "id")
        .first()
    )
    return None if row is None else _taken(row, at=at)


@transactional
def _take_own(actor: Actor, scheduled_id: UUID, *, at: datetime) -> _Taken | UUID:
    """The row, or the message that it became."""
    try:
        return _taken(scheduled_hold(actor, scheduled_id, at=at), at=at)
    except ScheduledSent as error:
        return error.message_id


def _taken(row: ScheduledMessage, *, at: datetime) -> _Taken:
    row.is_sending, row.next_at, row.tries = True, at + LEASE, row.tries + 1
    row.save(update_fields=["is_sending", "next_at", "tries"])
    return _Taken(
        id=row.id,
        conversation_id=row.conversation_id,
        author_id=row.author_id,
        practice_id=row.practice_id,
        client_id=row.client_id,
        session_id=row.session_id,
        token_id=row.token_id,
        planned_at=row.changed_at,
        # A text that can't be read any more is no message: it is refused as empty, and stays.
        text=present.scheduled_open(row) or "",
        upload_ids=row.uploads,
        lease=row.next_at,
        tries=row.tries,
    )


def _still(taken: _Taken) -> ScheduledMessage | None:
    """The row, locked, if it is still ours: after our lease another may have taken it."""
    return (
        ScheduledMessage.objects.unscoped(reason="what this process has taken")
        .select_for_update()
        .filter(pk=taken.id, is_sending=True, next_at=taken.lease)
        .first()
    )


@transactional
def _went(actor: Actor, taken: _Taken, message_id: UUID, *, at: datetime) -> None:
    row = _still(taken)
    if row is not None:
        _gone(actor, row, message_id, at=at)


def _gone(actor: Actor, row: ScheduledMessage, message_id: UUID, *, at: datetime) -> None:
    row.state, row.message_id, row.body, row.is_sending = ScheduledState.SENT.value, message_id, None, False
    row.reason, row.categories, row.changed_at = "", [], at
    row.save()
    scheduled_record(actor, row, ScheduledGone, at=at, message_id=message_id)


@transactional
def _stop(
    actor: Actor,
    taken: _Taken,
    reason: StopReason,
    *,
    categories: tuple[str, ...] = (),
    at: datetime,
    tells: bool = True,
) -> None:
    """It stays, with its reason, and its author is told unless they are at it; but where it has gone, and who
    sent it died before they could say so, it has gone.
    """
    row = _still(taken)
    if row is None:
        return
    message_id = message_of(row)
    if message_id is not None:
        _gone(actor, row, message_id, at=at)
        return
    row.state, row.reason, row.is_sending = ScheduledState.STOPPED.value, reason.value, False
    row.categories, row.changed_at = list(categories), at
    row.save()
    event_id = scheduled_record(actor, row, ScheduledStopped, at=at, reason=reason)
    if not tells:
        return
    is_patient = row.author_id == rooms.room_get(row.conversation_id).patient_id
    accounts_services.notice_send(
        actor,
        notice_kinds.LATER,
        "blocked" if reason is StopReason.BLOCKED else "stopped",
        [row.author_id],
        event_id=event_id,
        params={"conversation": row.conversation_id},
        practice_id=row.practice_id,
        own=[row.author_id] if is_patient else [],
        at=at,
    )


def _again(actor: Actor, taken: _Taken, *, at: datetime) -> None:
    """Later once more, each time after a longer while; in the end it stops."""
    if taken.tries >= TRIES:
        _stop(actor, taken, StopReason.FAILED, at=at)
    else:
        _put_back(taken, at=at + timedelta(minutes=2 ** min(taken.tries - 1, 5)))


@transactional
def _put_back(taken: _Taken, *, at: datetime) -> None:
    row = _still(taken)
    if row is not None:
        row.is_sending, row.next_at = False, max(at, row.due_at)
        row.save(update_fields=["is_sending", "next_at"])


def _categories(error: MessageBlocked) -> tuple[str, ...]:
    return tuple(error.fields["categories"])
