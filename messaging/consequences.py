"""What a judged message brings with it: events for whoever must act, and alerts to a patient's therapists."""

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, Self
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from accounts import services as accounts
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.kernel.events import Event
from bloom.kernel.guard import PrivateQuerySet
from messaging import notice_kinds
from messaging.events import MessageBlurred, MessageCrisis, MessageSent
from messaging.models import CrisisAlert, Member, Recheck
from messaging.moderation.types import Outcome
from messaging.types import AlertReach, MemberRole

FIRST_RECHECK_AFTER = timedelta(seconds=10)


class Placed(Protocol):
    """A message that has its place in a conversation."""

    @property
    def id(self) -> UUID: ...
    @property
    def conversation_id(self) -> UUID: ...
    @property
    def sender_id(self) -> UUID: ...
    @property
    def seq(self) -> int: ...


class Said(Protocol):
    """What the moderator said."""

    @property
    def outcome(self) -> Outcome: ...
    @property
    def categories(self) -> tuple[str, ...]: ...


class Whose(Protocol):
    """A conversation, or its fixed facts: whose key seals its texts, and who its patient is."""

    @property
    def practice_id(self) -> UUID | None: ...
    @property
    def key_subject_id(self) -> UUID: ...
    @property
    def patient_id(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A message that has its place, and what the moderator said of it. `patient_id` is the conversation's."""

    id: UUID
    conversation_id: UUID
    practice_id: UUID | None
    key_subject_id: UUID
    patient_id: UUID | None
    sender_id: UUID
    seq: int
    outcome: Outcome
    categories: tuple[str, ...]
    at: datetime

    @classmethod
    def of(cls, message: Placed, room: Whose, said: Said, *, at: datetime) -> Self:
        """What was said at that moment of a message of this room."""
        return cls(
            id=message.id,
            conversation_id=message.conversation_id,
            practice_id=room.practice_id,
            key_subject_id=room.key_subject_id,
            patient_id=room.patient_id,
            sender_id=message.sender_id,
            seq=message.seq,
            outcome=said.outcome,
            categories=said.categories,
            at=at,
        )

    @property
    def is_alarm(self) -> bool:
        """A patient may be in danger."""
        return self.outcome is Outcome.CRISIS and self.sender_id == self.patient_id


def has_any(outcome: Outcome) -> bool:
    """Whether a message with this outcome brings anything with it."""
    return outcome in {Outcome.BLUR, Outcome.CRISIS} or bool(registry.subscriptions(MessageSent.name))


def events_of(message: Judged, *, is_new: bool = True) -> Iterator[Event]:
    """The events to record in the transaction that stores the message, or its new text (`is_new` False)."""
    about: dict[str, Any] = {
        "object_id": message.id,
        "practice_id": message.practice_id,
        "subject_id": message.key_subject_id,
        "conversation_id": message.conversation_id,
    }
    if message.outcome is Outcome.CRISIS:
        yield MessageCrisis(**about, sender_id=message.sender_id, categories=message.categories)
    if message.outcome is Outcome.BLUR:
        yield MessageBlurred(**about, categories=message.categories)
    if is_new and registry.subscriptions(MessageSent.name):
        yield MessageSent(**about, seq=message.seq)


def recheck_of(message: Judged) -> Recheck:
    """The wish to have the live service look at a message that the rules alone have judged."""
    return Recheck(
        conversation_id=message.conversation_id,
        message_id=message.id,
        practice_id=message.practice_id,
        created_at=message.at,
        due_at=message.at + FIRST_RECHECK_AFTER,
    )


def alerts_of(
    message: Judged, therapist_ids: Iterable[UUID], *, acknowledged_at: datetime | None = None
) -> list[CrisisAlert]:
    """The alerts to add in the same transaction, one for each of these therapists."""
    if not message.is_alarm:
        return []
    return [
        CrisisAlert(
            practice_id=message.practice_id,
            conversation_id=message.conversation_id,
            message_id=message.id,
            patient_id=message.sender_id,
            therapist_id=therapist_id,
            raised_at=message.at,
            acknowledged_at=acknowledged_at,
            reach_due_at=None if acknowledged_at else message.at + settings.CRISIS_WIDENS_AFTER,
        )
        for therapist_id in therapist_ids
    ]


def alerts_raise(message: Judged) -> None:
    """Alert the conversation's therapists to what a patient's message says now, in the caller's transaction,
    which holds the conversation's lock.

    An alert that was acknowledged stands again and begins anew: its therapist has not seen these words. One
    that still waits goes on as it does, with whoever looks after it. Whoever has none for this message gets
    one.
    """
    if not message.is_alarm:
        return
    therapists = set(
        Member.objects.unscoped(reason="whom to alert to a patient in danger")
        .filter(conversation_id=message.conversation_id, role=MemberRole.THERAPIST.value, left_at=None)
        .values_list("user_id", flat=True)
    )
    # Not of those who have left since: what is written now is not for them.
    standing = CrisisAlert.objects.unscoped(reason="the alerts of a message that is one again").filter(
        message_id=message.id, therapist_id__in=therapists
    )
    alerted = set(standing.values_list("therapist_id", flat=True))
    alerts_stand(standing, at=message.at)
    CrisisAlert.objects.bulk_create(alerts_of(message, sorted(therapists - alerted)))
    alerts_tell(
        Q(conversation_id=message.conversation_id),
        Q(message_id=message.id),
        therapists,
        event_id=uuid.uuid5(message.id, message.at.isoformat()),
        practice_id=message.practice_id,
        at=message.at,
    )
    # Whoever put the conversation away, and even muted it, has it before their eyes again; also who does so
    # in this moment: their row is waited for.
    Member.objects.unscoped(reason="an alert brings a conversation back").filter(
        conversation_id=message.conversation_id, role=MemberRole.THERAPIST.value
    ).update(archived_seq=None)


def alerts_stand(standing: PrivateQuerySet[CrisisAlert], *, at: datetime) -> None:
    """These alerts are raised again: one that was acknowledged begins anew, one that waits goes on."""
    standing.filter(acknowledged_at=None).update(raised_at=at)
    standing.filter(acknowledged_at__isnull=False).update(
        raised_at=at,
        acknowledged_at=None,
        reach=AlertReach.THERAPIST,
        reach_due_at=at + settings.CRISIS_WIDENS_AFTER,
        taken_by_id=None,
        taken_at=None,
    )


def alerts_tell(
    together: Q,
    raised: Q,
    therapists: Collection[UUID],
    *,
    event_id: UUID,
    practice_id: UUID | None,
    code: str = "danger",
    at: datetime,
) -> None:
    """Tell these therapists of the alert that was `raised`: in the app each time, by mail only where no
    earlier mail of those that belong `together` is new.
    """
    waiting = CrisisAlert.objects.unscoped(reason="whom to tell of a patient in danger").filter(
        together, acknowledged_at=None, therapist_id__in=therapists
    )
    told = set(waiting.filter(raised).values_list("therapist_id", flat=True))
    recent = at - settings.CRISIS_MAIL_EVERY
    mailed = set(waiting.filter(mailed_at__gt=recent).values_list("therapist_id", flat=True))
    waiting.filter(raised).exclude(therapist_id__in=mailed).update(mailed_at=at)
    for ids, by_mail in ((told - mailed, True), (told & mailed, False)):
        accounts.notice_send(
            _ACTOR,
            notice_kinds.ALERTS,
            code,
            ids,
            event_id=event_id,
            practice_id=practice_id,
            by_mail=by_mail,
            at=at,
        )


_ACTOR = Actor.for_system("crisis_alerts")
