"""What staff decide about verdicts: take one up, let it stand, or lift it. Nobody reads a text for that."""

from datetime import datetime
from uuid import UUID

from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from messaging import audit
from messaging.errors import CannotLift, CaseDecided
from messaging.events import CaseClosed, CaseTaken
from messaging.models import Conversation, Message, MessageAudit, ModerationCase, QueueItem, Recheck
from messaging.moderation.types import Outcome, Source, Verdict
from messaging.services.moderation import verdict_apply
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
        .order_by("-recorded_at", "-at")
        .values_list("pk", flat=True)
        .first()
    )
    if message is None or newest != item.id:
        raise CannotLift
    Recheck.objects.unscoped(reason="a person has decided").filter(message_id=message.id).delete()
    verdict_apply(actor, place, message, Verdict(Outcome.ALLOW, source=Source.PERSON), at=at)
