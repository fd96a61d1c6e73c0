"""Moderation after the send: what the rules judged alone is judged again, and a practice's own choice."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts import services as accounts_services
from accounts.types import PracticeMay
from bloom.kernel import clock, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from messaging import attachments, audit, consequences, judging, metrics, present, rooms, rules
from messaging.consequences import Judged
from messaging.events import MessageModerated, ModerationSwitched
from messaging.integrations.openai.port import LiveUnavailable
from messaging.models import Conversation, Message, ModerationChoice, Recheck
from messaging.moderation.types import Verdict
from messaging.rooms import Room
from messaging.services.changes import Place, change_tell
from messaging.types import AuditAction
from observability import logs
from observability import services as observability_services

log = logs.get_logger(__name__)

BATCH = 20
# Whoever has taken a row has so long, then another may: many times what one question takes.
LEASE = timedelta(seconds=60)
LONGEST_WAIT = timedelta(minutes=10)
# A text that the service would not take so often is left to the rules.
REFUSALS_ALLOWED = 5


@dataclass(frozen=True, slots=True)
class _Asked:
    recheck_id: UUID
    room: Room
    message: Message


def messages_remoderate(actor: Actor, *, at: datetime) -> int:
    """Judge again what is due, outside any transaction; returns how many messages now have their verdict.

    While the live service is known to be down nothing is asked, and every row keeps waiting. Where it is
    no longer wanted (no key, or the practice switched it off), the rules' verdict stands.
    """
    began, done = time.monotonic(), 0

    def now() -> datetime:
        return at + timedelta(seconds=time.monotonic() - began)

    for _ in range(BATCH):
        if judging.is_asked() and judging.is_open():
            break
        # One by one: what waits for its turn here is another process's to take, and was not tried.
        asked = _due_take(at=now())
        if asked is None:
            break
        text = _text_of(asked.message)
        if text is None:
            _drop(asked.recheck_id)
            continue
        try:
            verdict = judging.judge_again(asked.room, text)
        except LiveUnavailable as error:
            _postpone(asked.recheck_id, is_about_text=error.is_about_text, at=now())
            if not error.is_about_text:
                break
            continue
        done += _verdict_write(actor, asked, verdict, at=clock.now())
    return done


@transactional
def _due_take(*, at: datetime) -> _Asked | None:
    """The longest overdue row, for this process alone until its lease ends; None when nothing is due."""
    row = (
        Recheck.objects.unscoped(reason="what is to be judged again")
        .select_for_update(skip_locked=True)
        .filter(due_at__lte=at)
        .order_by("due_at", "id")
        .first()
    )
    if row is None:
        return None
    row.due_at = at + LEASE
    row.save(update_fields=["due_at"])
    message = Message.objects.unscoped(reason="its text is judged again").get(pk=row.message_id)
    return _Asked(row.id, rooms.room_get(row.conversation_id), message)


def _text_of(message: Message) -> str | None:
    """What it says now; None when it is gone, or cannot be opened any more."""
    if message.deleted_at is not None:
        return None
    place = present.body_place(message.id, message.conversation_id, message.sender_id)
    try:
        text = vault.open(bytes(message.body), place)
    except (vault.KeyDestroyed, vault.SealBroken):
        return None
    return rules.text_judged(text, attachments.attachment_names(message))


@transactional
def _drop(recheck_id: UUID) -> None:
    Recheck.objects.unscoped(reason="nothing left to judge").filter(pk=recheck_id).delete()


@transactional
def _postpone(recheck_id: UUID, *, is_about_text: bool, at: datetime) -> None:
    rows = Recheck.objects.unscoped(reason="the sweep's own list").select_for_update()
    row = rows.filter(pk=recheck_id).first()
    if row is None:
        return
    row.tries += 1
    row.refusals += is_about_text
    if row.refusals >= REFUSALS_ALLOWED:
        log.warning("moderation.text_refused", message_id=row.message_id)
        row.delete()
        return
    row.due_at = at + min(LONGEST_WAIT, consequences.FIRST_RECHECK_AFTER * 2 ** min(row.tries, 8))
    row.save(update_fields=["due_at", "tries", "refusals"])


@transactional
def _verdict_write(actor: Actor, asked: _Asked, verdict: Verdict, *, at: datetime) -> bool:
    """The verdict on a message that still says what was judged: on record, and told where it changed."""
    # The lock under which changes are numbered.
    place = (
        Conversation.objects.unscoped(reason="a message of it may change")
        .select_for_update()
        .get(pk=asked.room.id)
    )
    row = Recheck.objects.unscoped(reason="the sweep's own list").filter(pk=asked.recheck_id).first()
    message = (
        Message.objects.unscoped(reason="judged again")
        .select_for_update()
        .filter(pk=asked.message.id, deleted_at=None)
        .first()
    )
    if row is None:
        return False
    if message is None or bytes(message.body) != bytes(asked.message.body):
        # Edited meanwhile: the new text has a verdict of its own, and perhaps a new wish to be judged again.
        if message is None:
            row.delete()
        return False
    row.delete()
    verdict_apply(actor, place, message, verdict, at=at)
    metrics.verdict_counter(verdict.source, verdict.outcome.value).inc()
    return True


def verdict_apply(
    actor: Actor, place: Conversation, message: Message, verdict: Verdict, *, at: datetime
) -> None:
    """Give a message another verdict, in the caller's transaction, which holds the conversation's lock: on
    record always; with the next change number, its consequences and a hint when it differs.
    """
    audit.audit_write(
        audit.audit_values(
            actor,
            action=AuditAction.MODERATED,
            practice_id=message.practice_id,
            conversation_id=place.id,
            message_id=message.id,
            subject_id=place.key_subject_id,
            body_hash=None,
            verdict=verdict,
            at=at,
            recorded_at=audit.moment_next(message.id),
        )
    )
    before = message.outcome
    if (before, list(message.categories)) == (verdict.outcome.value, list(verdict.categories)):
        return
    held = Place(conversation=place, message=message)
    message.text_change = held.change_next()
    message.outcome, message.categories = verdict.outcome.value, list(verdict.categories)
    message.save(update_fields=["change", "text_change", "outcome", "categories"])
    if before != verdict.outcome:
        _consequences(actor, place, message, verdict, before, at=at)
    change_tell(held)


def _consequences(
    actor: Actor, place: Conversation, message: Message, verdict: Verdict, before: str, *, at: datetime
) -> None:
    judged = Judged.of(message, place, verdict, at=at)
    moderated = MessageModerated(
        object_id=message.id,
        practice_id=message.practice_id,
        subject_id=place.key_subject_id,
        conversation_id=place.id,
        before=before,
        outcome=verdict.outcome.value,
        categories=verdict.categories,
    )
    for event in (moderated, *consequences.events_of(judged, is_new=False)):
        observability_services.event_record(actor, event, at=at)
    consequences.alerts_raise(judged)


# A practice's choice ----------------------------------------------------------------------------------------


@transactional
def _switch(actor: Actor, practice_id: UUID, *, is_live: bool, at: datetime) -> bool:
    accounts_services.practice_check(actor, practice_id, PracticeMay.EDIT_PRACTICE)
    choice, _created = (
        ModerationChoice.objects.unscoped(reason="the practice's one choice, about to change")
        .select_for_update()
        .get_or_create(practice_id=practice_id, defaults={"is_live": True, "changed_at": at})
    )
    if choice.is_live == is_live:
        return False
    choice.is_live, choice.changed_by_id, choice.changed_at = is_live, actor.user_id, at
    choice.save(update_fields=["is_live", "changed_by_id", "changed_at"])
    switched = ModerationSwitched(object_id=choice.id, practice_id=practice_id, is_live=is_live)
    observability_services.event_record(actor, switched, at=at)
    return True


def moderation_switch(actor: Actor, practice_id: UUID, *, is_live: bool, at: datetime) -> bool:
    """Let the live service read the practice's messages, or no longer; for its owner and platform staff.

    Returns whether this is new. Every process follows within seconds. Raises NotAllowed.
    """
    changed = _switch(actor, practice_id, is_live=is_live, at=at)
    judging.context_forget()
    return changed
