"""When a practice reads its messages, and which of its therapists are away."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from messaging.types import AWAY_TEXT_LENGTH


class PracticeHours(PrivateModel):
    """A practice's weekly hours and days apart, as rules.hours reads them, and what it says of them. Without
    a row it has said nothing; with none in `week`, no hours. Everybody who writes to it reads the text.
    """

    practice_id = models.UUIDField(unique=True)
    time_zone = models.CharField(max_length=64)
    # Seven days from Monday, each a list of [first minute, minute after the last].
    week = models.JSONField(default=list)
    # By ISO date.
    dates = models.JSONField(default=dict)
    text = models.CharField(max_length=AWAY_TEXT_LENGTH, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_by_id = models.UUIDField(null=True, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.practice_id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Those who act for the practice. Patients read what follows from it (selectors.away_notices)."""
        return Q(pk__in=[]) if actor.practice_id is None else Q(practice_id=actor.practice_id)


class AwayPeriod(PrivateModel):
    """Days on which a therapist is away, wherever they work: one such time each, the next or the present one.
    The text is sealed with their own key.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField()
    time_zone = models.CharField(max_length=64)
    text = SealedField(null=True, blank=True)
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="messaging_away_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own. Those whom they talk with read what follows from it (selectors.away_notices)."""
        return Q(pk__in=[]) if actor.user_id is None else Q(user_id=actor.user_id)
