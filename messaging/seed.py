"""The demo's conversations: texts that make sense, and short ones for as many people as `--scale` says.

The same seed writes the same messages with the same numbers. Care that is over left a conversation that can
only be read. Patients are taken page by page, so that memory stays flat.
"""

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import yaml

from accounts import selectors as accounts_selectors
from accounts.types import AssignmentView
from bloom.kernel import vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.registry import SeedContext
from messaging import audit, consequences, present, rules
from messaging.consequences import Judged
from messaging.models import Conversation, CrisisAlert, Member, Message, MessageAudit
from messaging.moderation import moderator_default
from messaging.moderation.types import Outcome, Verdict
from messaging.types import AuditAction, ConversationKind, MemberRole
from observability import services as observability_services

TEXTS = Path(__file__).with_name("demo_texts.yaml")
PAGE = 200
SHORT_TURNS = 6

_NAMESPACE = UUID("b1003000-0000-5000-8000-000000000001")
_ACTOR = Actor.for_system("seed_demo", via=Via.COMMAND)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One message of a demo text, as it was judged."""

    who: MemberRole
    after: timedelta
    text: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Line:
    """One turn in its place in a conversation."""

    seq: int
    at: datetime
    turn: _Turn
    sender_id: UUID


_Script = Sequence[tuple[datetime, _Turn]]


def conversations(ctx: SeedContext) -> None:
    """Give every assignment its conversation, unless it has one."""
    made = sent = told = 0
    for page in accounts_selectors.assignment_pages(_ACTOR, limit=PAGE):
        pairs = {(view.practice_id, view.patient.id, view.therapist.id): view for view in page}
        new = _without_conversation(list(pairs.values()))
        scripts = []
        for view in new:
            # Care that was noted without a reason is one of a crowd, and a short exchange is enough for it.
            scripts.append(_script(ctx, view, told if view.reason else None))
            told += 1 if view.reason else 0
        # Before the transaction, so that each key is at hand inside it.
        vault.keys_create(view.patient.id for view in new)
        keys = {view.patient.id: vault.key_get_or_create(view.patient.id) for view in new}
        sent += _write(ctx, list(zip(new, scripts, strict=True)), keys)
        made += len(new)
    ctx.say(f"messaging: {made} conversations, {sent} messages")


def _without_conversation(views: Sequence[AssignmentView]) -> list[AssignmentView]:
    known = set(
        Conversation.objects.unscoped(reason="which conversations the demo still lacks")
        .filter(patient_id__in=[view.patient.id for view in views], kind=ConversationKind.DIRECT.value)
        .filter(last_seq__gt=0)
        .values_list("practice_id", "patient_id", "therapist_id")
    )
    return [view for view in views if (view.practice_id, view.patient.id, view.therapist.id) not in known]


@cache
def _texts() -> tuple[tuple[_Turn, ...], ...]:
    moderator = moderator_default()
    return tuple(
        tuple(
            _Turn(
                MemberRole(turn["who"]),
                timedelta(minutes=turn["minutes_after_previous"]),
                rules.body_clean(turn["text"]),
                moderator.judge(turn["text"]),
            )
            for turn in text["turns"]
        )
        for text in yaml.safe_load(TEXTS.read_text())
    )


@cache
def _plain_texts() -> tuple[tuple[_Turn, ...], ...]:
    """Beginnings in which nothing was flagged."""
    beginnings = (text[:SHORT_TURNS] for text in _texts())
    return tuple(text for text in beginnings if all(turn.verdict.outcome is Outcome.ALLOW for turn in text))


def _script(ctx: SeedContext, view: AssignmentView, number: int | None) -> _Script:
    """What these two wrote and when: the newest some hours ago, or shortly before their care ended."""
    chance = random.Random(f"{ctx.seed}/{view.id}")  # noqa: S311 - makes up a demo, keeps no secret
    turns = chance.choice(_plain_texts()) if number is None else _texts()[number % len(_texts())]
    turns = tuple(turn for turn in turns if turn.verdict.outcome is not Outcome.BLOCK)
    ended = view.ended_at or ctx.at
    last_at = ended - timedelta(minutes=chance.randint(9, 3 * 24 * 60))
    span = sum((turn.after for turn in turns[1:]), timedelta())
    room = max(last_at - view.started_at, timedelta(hours=1))
    pace = min(1.0, room / span) if span else 1.0
    at = _at_its_hour(last_at - span * pace, turns[0].after, ZoneInfo(view.patient.time_zone))
    at = max(at, view.started_at)
    script = []
    for place, turn in enumerate(turns):
        at += turn.after * pace if place else timedelta()
        script.append((at, turn))
    return script


def _at_its_hour(at: datetime, hour: timedelta, zone: ZoneInfo) -> datetime:
    """The last moment up to `at` when it is this long after midnight there."""
    local = at.astimezone(zone)
    that_day = local.replace(hour=0, minute=0, second=0, microsecond=0) + hour
    return (that_day if that_day <= local else that_day - timedelta(days=1)).astimezone(UTC)


@transactional
def _write(
    ctx: SeedContext,
    pairs: Sequence[tuple[AssignmentView, _Script]],
    keys: dict[UUID, vault.KeyHandle],
) -> int:
    """One page of conversations with all that belongs to them; how many messages."""
    places: list[Conversation] = []
    members: list[Member] = []
    messages: list[Message] = []
    record: list[MessageAudit] = []
    alerts: list[CrisisAlert] = []
    for view, script in pairs:
        place = _place(ctx, view, script)
        people = {MemberRole.PATIENT: view.patient.id, MemberRole.THERAPIST: view.therapist.id}
        places.append(place)
        members += _members(ctx, place, people, script)
        for seq, (at, turn) in enumerate(script, start=1):
            line = _Line(seq, at, turn, people[turn.who])
            message, values = _message(ctx, place, keys[view.patient.id], line)
            messages.append(message)
            record.append(MessageAudit(**values))
            alerts += _consequences(place, message, turn.verdict, people, script[seq:])
    # The event of an assignment may have opened an empty one meanwhile.
    Conversation.objects.unscoped(reason="making room for the demo's conversations").filter(
        patient_id__in=[place.patient_id for place in places], last_seq=0
    ).delete()
    Conversation.objects.bulk_create(places)
    Member.objects.bulk_create(members)
    Message.objects.bulk_create(messages, batch_size=500)
    MessageAudit.objects.bulk_create(record, batch_size=500)
    CrisisAlert.objects.bulk_create(alerts)
    return len(messages)


def _place(ctx: SeedContext, view: AssignmentView, script: _Script) -> Conversation:
    return Conversation(
        id=_id(ctx, "conversation", view.id),
        practice_id=view.practice_id,
        kind=ConversationKind.DIRECT.value,
        patient_id=view.patient.id,
        therapist_id=view.therapist.id,
        key_subject_id=view.patient.id,
        created_at=view.started_at,
        last_sent_at=script[-1][0],
        last_seq=len(script),
        last_change=len(script),
        read_only_at=view.ended_at,
    )


def _members(
    ctx: SeedContext, place: Conversation, people: Mapping[MemberRole, UUID], script: _Script
) -> Iterator[Member]:
    """The two of them. Whoever did not write last may not have read all of it yet."""
    chance = random.Random(f"{ctx.seed}/{place.id}/read")  # noqa: S311 - makes up a demo, keeps no secret
    last_who = script[-1][1].who
    trailing = next(
        (count for count, (_, turn) in enumerate(reversed(script)) if turn.who is not last_who), len(script)
    )
    for role, user_id in people.items():
        unread = chance.randint(0, trailing) if role is not last_who and not place.read_only_at else 0
        yield Member(
            id=_id(ctx, f"member/{role}", place.id),
            practice_id=place.practice_id,
            conversation_id=place.id,
            user_id=user_id,
            role=role.value,
            joined_at=place.created_at,
            read_seq=len(script) - unread,
        )


def _message(
    ctx: SeedContext, place: Conversation, key: vault.KeyHandle, line: _Line
) -> tuple[Message, dict[str, Any]]:
    """The message and its row of the record."""
    message_id = _id(ctx, f"message/{line.seq}", place.id)
    client_id = _id(ctx, f"client/{line.seq}", place.id)
    text, verdict = line.turn.text, line.turn.verdict
    body_hash = present.body_hash(place.id, line.sender_id, client_id, text)
    message = Message(
        id=message_id,
        practice_id=place.practice_id,
        conversation_id=place.id,
        seq=line.seq,
        change=line.seq,
        sent_change=line.seq,
        client_id=client_id,
        sender_id=line.sender_id,
        body=vault.seal_with(key, text, present.body_place(message_id, place.id, line.sender_id)),
        body_hash=body_hash,
        outcome=verdict.outcome.value,
        categories=list(verdict.categories),
        sent_at=line.at,
    )
    values = audit.audit_values(
        replace(_ACTOR, user_id=line.sender_id),
        action=AuditAction.SENT,
        practice_id=place.practice_id,
        conversation_id=place.id,
        message_id=message_id,
        subject_id=place.key_subject_id,
        body_hash=body_hash,
        verdict=verdict,
        at=line.at,
    )
    return message, values


def _consequences(
    place: Conversation,
    message: Message,
    verdict: Verdict,
    people: Mapping[MemberRole, UUID],
    later: _Script,
) -> list[CrisisAlert]:
    """What the store writes beside a flagged message; an alert was seen when the therapist next wrote."""
    judged = Judged.of(message, place, verdict, at=message.sent_at)
    for event in consequences.events_of(judged):
        observability_services.event_record(_ACTOR, event, at=judged.at)
    answered_at = next((at for at, turn in later if turn.who is MemberRole.THERAPIST), None)
    return consequences.alerts_of(judged, [people[MemberRole.THERAPIST]], acknowledged_at=answered_at)


def _id(ctx: SeedContext, kind: str, of: UUID) -> UUID:
    return uuid.uuid5(_NAMESPACE, f"{ctx.seed}/{kind}/{of}")
