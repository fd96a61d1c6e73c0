"""What a practice has chosen about moderation."""

from uuid import UUID

from django.conf import settings

from bloom.kernel.actor import Actor
from messaging.models import ModerationChoice
from messaging.types import PracticeModeration


def moderation_get(actor: Actor, practice_id: UUID) -> PracticeModeration:
    """Whether the live service reads the messages of the practice that the actor acts for."""
    choice = ModerationChoice.objects.visible_to(actor).filter(practice_id=practice_id).first()
    return PracticeModeration(
        is_offered=bool(settings.OPENAI_API_KEY),
        is_live=choice is None or choice.is_live,
        changed_at=choice.changed_at if choice else None,
    )
