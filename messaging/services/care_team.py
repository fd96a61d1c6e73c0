"""The conversation of a patient with all who care for them at a practice."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.db import savepoint, transactional
from messaging import rules
from messaging.events import MemberJoined, MemberLeft
from messaging.models import Conversation, CrisisAlert, Member, Message
from messaging.services import opening
from messaging.types import ConversationKind, MemberRole
from observability import services as observability_services


@transactional
def team_follow(actor: Actor, practice_id: UUID, patient_id: UUID, *, at: datetime) -> None:
    """Make the care team's conversation what the patient's care at this practice now says.

    It is there while more than one cares for them. Who begins takes part and can read it from its first
    message; who ends keeps what was said until then. Looks at the present, as `conversation_follow` does.
    """
    conversation = _locked(practice_id, patient_id)
    therapists = accounts_selectors.care_team_hold(actor, patient_id, practice_id)
    if conversation is None:
        if rules.team_is_open(therapists):
            _create(actor, practice_id, patient_id, therapists, at=at)
        return
    _standing_follow(actor, conversation, practice_id, therapists, at=at)


def _standing_follow(
    actor: Actor,
    conversation: Conversation,
    practice_id: UUID,
    therapists: Collection[UUID],
    *,
    at: datetime,
) -> None:
    """Make the conversation that is there, and is locked, what the team now says."""
    joining, leaving = _members_follow(actor, conversation, practice_id, therapists, at=at)
    if not rules.team_is_open(therapists):
        if opening.conversation_close(actor, conversation, at=at, leaving=leaving):
            return
    elif conversation.read_only_at is not None:
        opening.opened_record(actor, conversation, at=at)
        return
    if joining or leaving:
        opening.members_tell(conversation, leaving=leaving)


def _locked(practice_id: UUID, patient_id: UUID) -> Conversation | None:
    return (
        Conversation.objects.unscoped(reason="the one conversation of a care team, about to follow its care")
        .select_for_update()
        .filter(kind=ConversationKind.TEAM.value, practice_id=practice_id, patient_id=patient_id)
        .first()
    )


def _create(
    actor: Actor, practice_id: UUID, patient_id: UUID, therapists: Collection[UUID], *, at: datetime
) -> None:
    conversation = Conversation(
        practice_id=practice_id,
        kind=ConversationKind.TEAM.value,
        patient_id=patient_id,
        key_subject_id=patient_id,
        created_at=at,
        last_sent_at=at,
    )
    roles = {patient_id: MemberRole.PATIENT, **dict.fromkeys(sorted(therapists), MemberRole.THERAPIST)}
    try:
        with savepoint():
            opening.conversation_start(conversation, roles, at=at)
    except IntegrityError:
        # Somebody else was first. They may have seen fewer of the team.
        earlier = _locked(practice_id, patient_id)
        if earlier is None:
            raise
        # Asked again behind its lock: what was read before the wait may be old.
        therapists = accounts_selectors.care_team_hold(actor, patient_id, practice_id)
        _standing_follow(actor, earlier, practice_id, therapists, at=at)
        return
    opening.opened_record(actor, conversation, at=at)


def _members_follow(
    actor: Actor,
    conversation: Conversation,
    practice_id: UUID,
    therapists: Collection[UUID],
    *,
    at: datetime,
) -> tuple[list[UUID], list[UUID]]:
    """Let the team's members be these. Gives who joined and who left by it."""
    seats = {
        seat.user_id: seat
        for seat in Member.objects.unscoped(reason="who takes part in a care team's conversation")
        .select_for_update()
        .filter(conversation_id=conversation.id, role=MemberRole.THERAPIST.value)
        .order_by("id")
    }
    # One alone is no team: nobody joins what can only be read.
    wanted = therapists if rules.team_is_open(therapists) else ()
    joining = [each for each in sorted(wanted) if each not in seats or seats[each].left_at is not None]
    leaving = [seat for id_, seat in seats.items() if id_ not in therapists and seat.left_at is None]
    for therapist_id in joining:
        _join(conversation, therapist_id, seats.get(therapist_id), at=at)
        _record(actor, MemberJoined, conversation, therapist_id, at=at)
    if leaving:
        ended = accounts_selectors.care_ended_at(actor, conversation.key_subject_id, practice_id)
        for seat in leaving:
            _leave(conversation, seat, at=min(at, ended.get(seat.user_id, at)))
            _record(actor, MemberLeft, conversation, seat.user_id, at=at)
    return joining, [seat.user_id for seat in leaving]


def _leave(conversation: Conversation, seat: Member, *, at: datetime) -> None:
    """They keep what was sent until their care ended, however late that is followed."""
    messages = Message.objects.unscoped(reason="up to where somebody who leaves reads").filter(
        conversation_id=conversation.id
    )
    first_after = messages.filter(sent_at__gt=at).order_by("seq").values_list("seq", "sent_change").first()
    seq, change = first_after or (conversation.last_seq + 1, conversation.last_change + 1)
    seat.left_at, seat.left_seq, seat.left_change = at, seq - 1, change - 1
    seat.read_seq = min(seat.read_seq, seat.left_seq)
    seat.own_unread = messages.filter(
        sender_id=seat.user_id, seq__gt=seat.read_seq, seq__lte=seat.left_seq
    ).count()
    seat.save(update_fields=["left_at", "left_seq", "left_change", "read_seq", "own_unread"])
    # What the others are asked to answer is theirs now; nobody is told that it was not answered by them.
    CrisisAlert.objects.unscoped(reason="alerts of somebody who leaves").filter(
        conversation_id=conversation.id, therapist_id=seat.user_id, acknowledged_at=None
    ).update(reach_due_at=None)


def _join(conversation: Conversation, therapist_id: UUID, seat: Member | None, *, at: datetime) -> None:
    if seat is not None:
        # What was said meanwhile is new to them.
        seat.joined_at, seat.left_at, seat.left_seq, seat.left_change = at, None, None, None
        seat.save(update_fields=["joined_at", "left_at", "left_seq", "left_change"])
        return
    Member(
        practice_id=conversation.practice_id,
        conversation_id=conversation.id,
        user_id=therapist_id,
        role=MemberRole.THERAPIST.value,
        joined_at=at,
        # They can read it all; none of it was written to them.
        read_seq=conversation.last_seq,
    ).save(force_insert=True)


def _record(
    actor: Actor,
    kind: type[MemberJoined | MemberLeft],
    conversation: Conversation,
    member_id: UUID,
    *,
    at: datetime,
) -> None:
    changed = kind(
        object_id=conversation.id,
        practice_id=conversation.practice_id,
        subject_id=conversation.key_subject_id,
        member_id=member_id,
    )
    observability_services.event_record(actor, changed, at=at)
