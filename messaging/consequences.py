"""What a judged message brings with it: events for whoever must act, and alerts to a patient's therapists."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, Self
from uuid import UUID

from bloom.kernel import registry
from bloom.kernel.events import Event
from messaging.events import MessageBlurred, MessageCrisis, MessageSent
from messaging.models import CrisisAlert, Member, Message, Recheck
from messaging.moderation.types import Outcome, Verdict
from messaging.types import MemberRole

FIRST_RECHECK_AFTER = timedelta(seconds=10)


class Whose(Protocol):
    """A conversation, or its fixed facts: whose key seals its texts, and who its patient is."""

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
    def of(cls, message: Message, room: Whose, verdict: Verdict, *, at: datetime) -> Self:
        """What was said now of a message that stands already."""
        return cls(
            id=message.id,
            conversation_id=message.conversation_id,
            practice_id=message.practice_id,
            key_subject_id=room.key_subject_id,
            patient_id=room.patient_id,
            sender_id=message.sender_id,
            seq=message.seq,
            outcome=verdict.outcome,
            categories=verdict.categories,
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
        )
        for therapist_id in therapist_ids
    ]


def alerts_raise(message: Judged) -> None:
    """Alert the conversation's therapists to what a patient's message says now, in the caller's transaction,
    which holds the conversation's lock.

    An alert that was acknowledged stands again: its therapist has not seen these words. Whoever has none for
    this message gets one.
    """
    if not message.is_alarm:
        return
    standing = CrisisAlert.objects.unscoped(reason="the alerts of a message that is one again").filter(
        message_id=message.id
    )
    standing.update(raised_at=message.at, acknowledged_at=None)
    therapists = (
        Member.objects.unscoped(reason="whom to alert to a patient in danger")
        .filter(conversation_id=message.conversation_id, role=MemberRole.THERAPIST.value, left_at=None)
        .exclude(user_id__in=standing.values("therapist_id"))
        .values_list("user_id", flat=True)
    )
    CrisisAlert.objects.bulk_create(alerts_of(message, therapists))
