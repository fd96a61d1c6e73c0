"""Calendars elsewhere, of which it is read when somebody is busy."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from scheduling.models.shared import NOTHING, choices
from scheduling.types.outside import OUTSIDE_NAME_LENGTH, OutsideFault


class OutsideCalendar(PrivateModel):
    """A calendar of a therapist elsewhere: its address (`url`, sealed with the system's key, since whoever
    has it reads the calendar), or none where it came as a file, which is kept (`file`, sealed with its
    therapist's key) until it was read. It is read, or read again, at `next_due_at`. What was read of it
    stands in BusyTime, with this id as `source_id`, and stays while it cannot be read.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    therapist = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=OUTSIDE_NAME_LENGTH)
    host = models.CharField(max_length=253, blank=True)
    url = SealedField(null=True)
    file = SealedField(null=True)
    read_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=12, blank=True, choices=choices(OutsideFault))
    fails = models.PositiveSmallIntegerField(default=0)
    stretches = models.PositiveIntegerField(default=0)
    next_due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["next_due_at"],
                condition=Q(next_due_at__isnull=False),
                name="scheduling_outside_due",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own."""
        if actor.is_system:
            return Q()
        return NOTHING if actor.user_id is None else Q(therapist_id=actor.user_id)
