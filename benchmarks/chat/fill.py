"""People, their care and their past in Bloom's database: `python -m benchmarks.chat.fill COUNT FILE`.

COUNT conversations of two people each, made through the services, go with their tokens into FILE. Beside
them stands a past as large as the baseline's, so that PostgreSQL plans for a practice and not for empty
tables.
"""

import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

PAST_CONVERSATIONS = 1_000
PAST_MESSAGES = 10
PAGE = 500
TEXT = "past text " * 8


def main(count: int, file: Path) -> None:
    django.setup()
    from django.db import connection

    from accounts.models import Practice
    from accounts.types import PracticeKind
    from bloom.kernel import clock

    with connection.cursor() as cursor:
        # What is filled in may be lost with the machine; only what is measured must be durable.
        cursor.execute("SET synchronous_commit = off")
    practice = Practice.objects.create(name="All of them", kind=PracticeKind.GROUP, created_at=clock.now())
    fixture = [conversation(practice.id) for _each in range(count)]
    for _start in range(0, PAST_CONVERSATIONS, PAGE):
        past(practice.id)
    file.write_text(json.dumps({"conversations": fixture}))


def conversation(practice_id: uuid.UUID) -> dict[str, Any]:
    """A patient and a therapist with tokens, and their open conversation."""
    from accounts import services as accounts_services
    from accounts.types import MembershipRole, RoleName
    from bloom.kernel import clock
    from bloom.kernel.actor import Actor, Via
    from messaging import services

    system, at = Actor.for_system("benchmark", via=Via.COMMAND), clock.now()
    patient, therapist = people(2)
    accounts_services.role_grant(system, patient.id, RoleName.PATIENT, at=at)
    accounts_services.membership_start(system, practice_id, therapist.id, MembershipRole.CLINICIAN, at=at)
    accounts_services.role_grant(system, therapist.id, RoleName.THERAPIST, at=at)
    accounts_services.assignment_start(system, patient.id, therapist.id, practice_id, "", at=at)
    as_patient = Actor(user_id=patient.id, via=Via.COMMAND, roles=frozenset({RoleName.PATIENT.value}))
    opened = services.conversation_open(as_patient, therapist.id, at=at).conversation
    users = [
        {
            "id": str(user.id),
            "token": accounts_services.token_issue(
                system, user.id, "benchmark", ["conversations:write"], 2, at=at
            ).raw,
        }
        for user in (patient, therapist)
    ]
    return {"id": str(opened.id), "users": users}


def past(practice_id: uuid.UUID) -> None:
    """A page of conversations that were: sealed, numbered, and on record."""
    from bloom.kernel import clock, vault
    from messaging.models import Conversation, Member, Message, MessageAudit
    from messaging.types import ConversationKind, MemberRole

    at, users = clock.now(), people(2 * PAGE)
    patients, therapists = users[:PAGE], users[PAGE:]
    vault.keys_create(patient.id for patient in patients)
    places = [
        Conversation(
            practice_id=practice_id,
            kind=ConversationKind.DIRECT.value,
            patient_id=patient.id,
            therapist_id=therapist.id,
            key_subject_id=patient.id,
            created_at=at,
            last_sent_at=at,
            last_seq=PAST_MESSAGES,
            last_change=PAST_MESSAGES,
        )
        for patient, therapist in zip(patients, therapists, strict=True)
    ]
    Conversation.objects.bulk_create(places)
    Member.objects.bulk_create(
        Member(
            practice_id=practice_id,
            conversation_id=place.id,
            user_id=user.id,
            role=role.value,
            joined_at=at,
            read_seq=PAST_MESSAGES,
        )
        for place, *pair in zip(places, patients, therapists, strict=True)
        for user, role in zip(pair, (MemberRole.PATIENT, MemberRole.THERAPIST), strict=True)
    )
    lines = [line for place in places for line in messages(place)]
    Message.objects.bulk_create((message for message, _record in lines), batch_size=500)
    MessageAudit.objects.bulk_create((record for _message, record in lines), batch_size=500)


def messages(place: Any) -> Iterator[tuple[Any, Any]]:
    """Each with its line of the record."""
    from bloom.kernel import vault
    from bloom.kernel.actor import Actor, Via
    from messaging import audit, present
    from messaging.models import Message, MessageAudit
    from messaging.moderation.types import Outcome, Verdict
    from messaging.types import AuditAction

    key, verdict = vault.key_get_or_create(place.key_subject_id), Verdict(Outcome.ALLOW, source="benchmark")
    actor = Actor(user_id=place.patient_id, via=Via.COMMAND)
    for seq in range(1, PAST_MESSAGES + 1):
        message_id, client_id = uuid.uuid4(), uuid.uuid4()
        body_hash = present.body_hash(place.id, place.patient_id, client_id, TEXT)
        yield (
            Message(
                id=message_id,
                practice_id=place.practice_id,
                conversation_id=place.id,
                seq=seq,
                change=seq,
                sent_change=seq,
                client_id=client_id,
                sender_id=place.patient_id,
                body=vault.seal_with(key, TEXT, present.body_place(message_id, place.id, place.patient_id)),
                body_hash=body_hash,
                outcome=verdict.outcome.value,
                sent_at=place.created_at,
            ),
            MessageAudit(
                **audit.audit_values(
                    actor,
                    action=AuditAction.SENT,
                    practice_id=place.practice_id,
                    conversation_id=place.id,
                    message_id=message_id,
                    subject_id=place.key_subject_id,
                    body_hash=body_hash,
                    verdict=verdict,
                    at=place.created_at,
                )
            ),
        )


def people(count: int) -> list[Any]:
    from accounts.models import User

    users = [
        User(id=(user_id := uuid.uuid4()), email=f"{user_id}@example.org", name="Somebody", password="!")
        for _each in range(count)
    ]
    return list(User.objects.bulk_create(users))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
