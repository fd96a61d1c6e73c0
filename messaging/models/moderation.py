"""What moderation keeps beside the messages: whom to ask again, and what a practice has chosen."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from messaging.models.conversations import Conversation, Message


class Recheck(PrivateModel):
    """The rules alone judged this message, because the live service did not answer: it is asked again when
    it is due, until it answers. `refusals` counts how often it would not take this very text.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], name="messaging_recheck_due"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Nobody's to see: the sweep's own list."""
        return Q(pk__in=[])


class ModerationChoice(PrivateModel):
    """Whether a practice lets the live service read its messages; without a row it does."""

    practice_id = models.UUIDField(unique=True)
    is_live = models.BooleanField()
    changed_by_id = models.UUIDField(null=True, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.practice_id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Those who act for the practice."""
        return Q(pk__in=[]) if actor.practice_id is None else Q(practice_id=actor.practice_id)
