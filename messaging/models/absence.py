"""Who was written to about what they have not read."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from messaging.models.conversations import Conversation


class AbsenceNotice(PrivateModel):
    """A member who was away was last told at `told_at` that something waits in a conversation, when its
    newest message was number `seq`.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    seq = models.PositiveIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "user"], name="messaging_absence_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own."""
        return Q(pk__in=[]) if actor.user_id is None else Q(user_id=actor.user_id)
