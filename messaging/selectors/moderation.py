"""What a practice has chosen about moderation, and what waits for staff."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, OuterRef

from bloom.kernel.actor import Actor
from messaging.models import ModerationCase, ModerationChoice, QueueItem
from messaging.types import CaseState, PracticeModeration

COUNTED = timedelta(days=30)


def moderation_get(actor: Actor, practice_id: UUID) -> PracticeModeration:
    """Whether the live service reads the messages of the practice that the actor acts for."""
    choice = ModerationChoice.objects.visible_to(actor).filter(practice_id=practice_id).first()
    return PracticeModeration(
        is_offered=bool(settings.OPENAI_API_KEY),
        is_live=choice is None or choice.is_live,
        changed_at=choice.changed_at if choice else None,
    )


def queue_counts(actor: Actor, *, at: datetime) -> Mapping[str, int]:
    """How many verdicts of the last days wait for a decision of staff, by outcome. One query."""
    decided = ModerationCase.objects.visible_to(actor).filter(audit_id=OuterRef("pk"))
    rows = (
        QueueItem.objects.visible_to(actor)
        .filter(~Exists(decided.exclude(state=CaseState.TAKEN.value)), recorded_at__gte=at - COUNTED)
        .order_by()
        .values_list("outcome")
        .annotate(count=Count("id"))
    )
    return dict(rows)
