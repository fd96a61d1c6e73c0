"""Conversations for tests, made through the services."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser

from accounts.tests import factories as people
from bloom.files import services as files_services
from bloom.kernel import vault
from bloom.kernel.actor import Actor, Via
from messaging import present, services
from messaging.models import Conversation, Member, Message, MessageAudit
from messaging.moderation.types import Outcome, Verdict
from messaging.types import MessageView

AT = people.AT
User = get_user_model()
Event = apps.get_model("observability", "Event")

HARMLESS = "I slept well, thank you."
BLURRED = "You stupid bitch."
CRISIS = "I want to kill myself tonight."
BLOCKED = "My card is 4111 1111 1111 1111."


class LenientModerator:
    """A moderator of other days: lets everything through."""

    def judge(self, text: str) -> Verdict:
        return Verdict(Outcome.ALLOW, source="lenient")


@dataclass(frozen=True, slots=True)
class Talk:
    """A patient and a therapist with a conversation."""

    id: UUID
    patient: AbstractBaseUser
    therapist: AbstractBaseUser
    practice_id: UUID
    assignment_id: UUID
    as_patient: Actor
    as_therapist: Actor


def talk(
    patient: AbstractBaseUser | None = None,
    therapist: AbstractBaseUser | None = None,
    *,
    practice_id: UUID | None = None,
) -> Talk:
    """Two people in care, in the therapist's first practice unless told, and their conversation."""
    patient = patient or people.patient()
    therapist = therapist or people.therapist()
    care = people.assignment(patient, therapist, practice_id=practice_id)
    opened = services.conversation_open(people.actor(patient), therapist.id, at=AT)
    return Talk(
        opened.conversation.id,
        patient,
        therapist,
        care.practice_id,
        care.id,
        as_patient=people.actor(patient, via=Via.API),
        as_therapist=people.actor(therapist, via=Via.API, practice_id=care.practice_id),
    )


def send(
    actor: Actor,
    conversation_id: UUID,
    body: str = HARMLESS,
    *,
    client_id: UUID | None = None,
    attachments: Sequence[UUID] = (),
    at: datetime = AT,
) -> MessageView:
    return services.message_send(
        actor, conversation_id, client_id or uuid.uuid4(), body, attachments=attachments, at=at
    ).message


def upload(
    actor: Actor, content: bytes = b"Breathe in, and out.", *, name: str = "plan.txt", at: datetime = AT
) -> UUID:
    """A file of this person's that was sent, checked, and waits to be put to use."""
    asked = files_services.upload_ask(actor, name=name, content_type="", size=len(content), at=at)
    files_services.upload_receive(actor, asked.form.fields, content, at=at)
    files_services.upload_complete(actor, asked.upload.id, at=at)
    files_services.upload_check(people.SYSTEM, asked.upload.id, at=at)
    return asked.upload.id


def follow(talk: Talk) -> None:
    """What the outbox does when care begins or ends."""
    services.conversation_follow(
        people.SYSTEM,
        patient_id=talk.patient.id,
        therapist_id=talk.therapist.id,
        practice_id=talk.practice_id,
        at=AT,
    )


def conversation_row(conversation_id: UUID) -> Conversation:
    return Conversation.objects.unscoped(reason="test").get(pk=conversation_id)


def member_row(conversation_id: UUID, user_id: UUID) -> Member:
    return Member.objects.unscoped(reason="test").get(conversation_id=conversation_id, user_id=user_id)


def message_rows(conversation_id: UUID) -> list[Message]:
    rows = Message.objects.unscoped(reason="test").filter(conversation_id=conversation_id)
    return list(rows.order_by("seq"))


def place_of(row: Message) -> vault.Place:
    """Where this message's body opens."""
    return present.body_place(row.id, row.conversation_id, row.sender_id)


def audit_rows(conversation_id: UUID) -> list[MessageAudit]:
    rows = MessageAudit.objects.unscoped(reason="test").filter(conversation_id=conversation_id)
    return list(rows.order_by("recorded_at"))


def event_names() -> list[str]:
    """What messaging recorded, in order."""
    rows = Event.objects.unscoped(reason="test").filter(name__startswith="messaging.")
    return list(rows.order_by("recorded_at").values_list("name", flat=True))
