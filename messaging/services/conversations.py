"""Conversations come and go with the care that they belong to."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from accounts import events as accounts_events
from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.db import savepoint, transactional
from messaging import selectors
from messaging.errors import NoSharedCare
from messaging.models import Conversation
from messaging.services import opening
from messaging.services.care_team import team_follow
from messaging.types import ConversationKind, MemberRole, OpenResult


def conversation_open(actor: Actor, person_id: UUID, *, at: datetime) -> OpenResult:
    """The conversation with somebody in whose care the actor is, or who is in the actor's.

    Without care at present, an earlier conversation is given to read. Raises NotFound for a person whom the
    actor may not find, and NoSharedCare.
    """
    own_id = actor.require_user()
    for patient_id, therapist_id in ((own_id, person_id), (person_id, own_id)):
        care = accounts_selectors.assignment_get_active(actor, patient_id, therapist_id)
        if care is not None:
            opened = _follow(actor, care.practice_id, patient_id, therapist_id, at=at)
            # None: the care has ended since.
            if opened is not None:
                conversation_id, created = opened
                return OpenResult(
                    conversation=selectors.conversation_get(actor, conversation_id), created=created
                )
    earlier = (
        Conversation.objects.visible_to(actor)
        .filter(kind=ConversationKind.DIRECT.value, patient_id__in=(own_id, person_id))
        .filter(therapist_id__in=(own_id, person_id))
        .order_by("-last_sent_at")
        .values_list("id", flat=True)
        .first()
    )
    if earlier is not None:
        return OpenResult(conversation=selectors.conversation_get(actor, earlier), created=False)
    accounts_selectors.person_get(actor, person_id)
    raise NoSharedCare(object_kind=accounts_events.USER, object_id=person_id, exists=True)


def conversation_follow(
    actor: Actor, *, patient_id: UUID, therapist_id: UUID, practice_id: UUID, at: datetime
) -> None:
    """Make the conversation of these two, and that of the patient's care team, what their care at this
    practice now says: open while it lasts, to be read only once it has ended. Looks at the present, so it may
    run late, twice, or out of order.
    """
    _follow(actor, practice_id, patient_id, therapist_id, at=at)
    team_follow(actor, practice_id, patient_id, at=at)


@transactional
def _follow(
    actor: Actor, practice_id: UUID, patient_id: UUID, therapist_id: UUID, *, at: datetime
) -> tuple[UUID, bool] | None:
    """Returns the open conversation's id, and whether it is new; None where no care lasts."""
    conversation = _locked(practice_id, patient_id, therapist_id)
    # Asked under the conversation's lock and held from then on: what has changed while we waited is seen, and
    # what changes later has to wait for us.
    if not accounts_selectors.assignment_hold(actor, patient_id, therapist_id, practice_id):
        if conversation is not None:
            opening.conversation_close(actor, conversation, at=at)
        return None
    created = conversation is None
    if conversation is None:
        try:
            with savepoint():
                conversation = _create(practice_id, patient_id, therapist_id, at=at)
        except IntegrityError:
            # Somebody else was first, and has recorded it.
            conversation = _locked(practice_id, patient_id, therapist_id)
            if conversation is None:
                raise
            return conversation.id, False
    elif conversation.read_only_at is None:
        return conversation.id, False
    opening.opened_record(actor, conversation, at=at)
    return conversation.id, created


def _locked(practice_id: UUID, patient_id: UUID, therapist_id: UUID) -> Conversation | None:
    return (
        Conversation.objects.unscoped(reason="the one conversation of these two, about to follow their care")
        .select_for_update()
        .filter(
            kind=ConversationKind.DIRECT.value,
            practice_id=practice_id,
            patient_id=patient_id,
            therapist_id=therapist_id,
        )
        .first()
    )


def _create(practice_id: UUID, patient_id: UUID, therapist_id: UUID, *, at: datetime) -> Conversation:
    conversation = Conversation(
        practice_id=practice_id,
        kind=ConversationKind.DIRECT.value,
        patient_id=patient_id,
        therapist_id=therapist_id,
        key_subject_id=patient_id,
        created_at=at,
        last_sent_at=at,
    )
    roles = {patient_id: MemberRole.PATIENT, therapist_id: MemberRole.THERAPIST}
    opening.conversation_start(conversation, roles, at=at)
    return conversation
