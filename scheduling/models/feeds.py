"""Calendars that leave Bloom by an address."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from scheduling.models.shared import NOTHING


class CalendarFeed(PrivateModel):
    """An address at which somebody's appointments can be read by a calendar program of theirs: when and
    where, never with whom or why. Of its secret only a keyed hash is kept. One a person; a new one ends the
    one before. `session_id` is that of the session which made it, as Actor.session_id.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    secret_hash = models.BinaryField(max_length=32)
    session_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    made_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["secret_hash"], name="scheduling_calendarfeed_secret"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own."""
        if actor.is_system:
            return Q()
        return NOTHING if actor.user_id is None else Q(user_id=actor.user_id)
