"""Appointments that come again."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from scheduling.models.calendars import Calendar
from scheduling.models.shared import patients_own, works_by
from scheduling.types import DAY_MINUTES
from scheduling.types.series import RULE_LENGTH


class Series(PrivateModel):
    """A patient and a therapist meet again and again: `rule` is a recurrence rule (RFC 5545) that begins on
    `starts_on`, at `starts_minute` after midnight by the clock of `time_zone`. Each time is an appointment of
    its own. Those up to `made_until` were made; at `next_due_at` more are. `skipped` are days that were left
    out. From the day after `ends_on` on nothing comes, whatever the rule says.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField()
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=RULE_LENGTH)
    time_zone = models.CharField(max_length=64)
    starts_on = models.DateField()
    starts_minute = models.PositiveSmallIntegerField()
    ends_on = models.DateField(null=True, blank=True)
    skipped = models.JSONField(default=list)
    made_until = models.DateField()
    next_due_at = models.DateTimeField(null=True, blank=True)
    made_by_id = models.UUIDField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(starts_minute__lt=DAY_MINUTES), name="scheduling_series_minute"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["next_due_at"],
                condition=Q(next_due_at__isnull=False),
                name="scheduling_series_due",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """As its appointments."""
        if actor.is_system:
            return Q()
        return patients_own(actor) | works_by(actor)
