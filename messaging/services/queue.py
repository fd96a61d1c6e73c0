"""What staff decide about verdicts: take one up, let it stand, or lift it. Nobody reads a text for that."""

import uuid
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import selectors as accounts_selectors
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid
from messaging import audit, present
from messaging.errors import CannotLift, CaseDecided
from messaging.events import CaseAssigned, CaseClosed, CaseNoted, CaseTaken
from messaging.models import (
    CaseNote,
    Conversation,
    Message,
    MessageAudit,
    ModerationCase,
    QueueItem,
    Recheck,
)
from messaging.moderation.types import Outcome, Source, Verdict
from messaging.services.moderation import verdict_apply
from messaging.services.sending import text_clean
from messaging.types import CaseState
from observability import services as observability_services


@transactional
def case_take(actor: Actor, audit_id: UUID, *, at: datetime) -> None:
    """The actor looks at this verdict now, also in another's place. Raises NotFound and CaseDecided."""
    item = QueueItem.objects.visible_to(actor).get_or_refuse(pk=audit_id)
    case = _case_held(actor, item, at=at)
    case.assigned_to_id = actor.require_user()
    case.save(update_fields=["assigned_to_id"])
    taken = CaseTaken(object_id=case.id, practice_id=item.practice_id, subject_id=item.subject_id)
    observability_services.event_record(actor, taken, at=at)


@transactional
def case_assign(actor: Actor, audit_id: UUID, person_id: UUID, *, at: datetime) -> None:
    """Somebody of the staff looks at this verdict from now on. Raises NotFound, CaseDecided, and Invalid for
    whoever is no staff.
    """
    item = QueueItem.objects.visible_to(actor).get_or_refuse(pk=audit_id)
    if person_id not in {each.id for each in accounts_selectors.staff_list(actor)}:
        raise Invalid(errors={"assigned_to": [_("Please choose somebody of the staff.")]})
    case = _case_held(actor, item, at=at)
    case.assigned_to_id = person_id
    case.save(update_fields=["assigned_to_id"])
    assigned = CaseAssigned(
        object_id=case.id,
        practice_id=item.practice_id,
        subject_id=item.subject_id,
        assigned_to_id=person_id,
    )
    observability_services.event_record(actor, assigned, at=at)


@transactional
def case_note(actor: Actor, audit_id: UUID, body: str, *, at: datetime) -> None:
    """Write something down about a verdict, for the staff, also after it was decided. Raises NotFound, and
    Invalid for what could be no message either.
    """
    item = QueueItem.objects.visible_to(actor).get_or_refuse(pk=audit_id)
    words = text_clean(body)
    note = CaseNote(
        id=uuid.uuid4(),
        practice_id=item.practice_id,
        audit_id=item.id,
        author_id=actor.require_user(),
        written_at=at,
    )
    note.body = vault.seal(item.subject_id, words, present.note_place(note.id))
    note.save(force_insert=True)
    noted = CaseNoted(
        object_id=note.id, practice_id=item.practice_id, subject_id=item.subject_id, audit_id=item.id
    )
    observability_services.event_record(actor, noted, at=at)


@transactional
def case_decide(actor: Actor, audit_id: UUID, *, lift: bool, at: datetime) -> None:
    """Let a verdict stand, or lift it: then everybody in the conversation reads the message, on every device.

    Raises NotFound, CaseDecided, and CannotLift: a crisis is never lifted, what was blocked was never sent,
    and what was judged anew since has another verdict.
    """
    item = QueueItem.objects.visible_to(actor).get_or_refuse(pk=audit_id)
    case = _case_held(actor, item, at=at)
    if lift:
        _lift(actor, item, at=at)
    case.state = (CaseState.LIFTED if lift else CaseState.UPHELD).value
    case.decided_by_id, case.decided_at = actor.require_user(), at
    case.save(update_fields=["state", "decided_by_id", "decided_at"])
    closed = CaseClosed(
        object_id=case.id,
        practice_id=item.practice_id,
        subject_id=item.subject_id,
        decision=case.state,
    )
    observability_services.event_record(actor, closed, at=at)


def _case_held(actor: Actor, item: QueueItem, *, at: datetime) -> ModerationCase:
    """The case of a verdict, locked; made where there is none yet. Of two at once the second waits."""
    case, _made = (
        ModerationCase.objects.unscoped(reason="staff act on a verdict that they may see")
        .select_for_update()
        .get_or_create(
            audit_id=item.id,
            defaults={
                "practice_id": item.practice_id,
                "state": CaseState.TAKEN.value,
                "assigned_to_id": actor.require_user(),
                "opened_at": at,
            },
        )
    )
    if case.state != CaseState.TAKEN.value:
        raise CaseDecided
    return case


def _lift(actor: Actor, item: QueueItem, *, at: datetime) -> None:
    if item.message_id is None or item.outcome == Outcome.CRISIS.value:
        raise CannotLift
    place = (
        Conversation.objects.unscoped(reason="staff lift a verdict, and never read the text")
        .select_for_update()
        .get(pk=item.conversation_id)
    )
    message = (
        Message.objects.unscoped(reason="staff lift a verdict, and never read the text")
        .filter(pk=item.message_id, deleted_at=None)
        .first()
    )
    newest = (
        MessageAudit.objects.unscoped(reason="whether this verdict is the newest")
        .filter(message_id=item.message_id, action__in=audit.JUDGING)
        .order_by("-recorded_at")
        .values_list("pk", flat=True)
        .first()
    )
    if message is None or newest != item.id:
        raise CannotLift
    Recheck.objects.unscoped(reason="a person has decided").filter(message_id=message.id).delete()
    verdict_apply(actor, place, message, Verdict(Outcome.ALLOW, source=Source.PERSON), at=at)
