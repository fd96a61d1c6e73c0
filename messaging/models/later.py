"""Messages that go later."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q, Value

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from messaging.models.conversations import Conversation, member_of
from messaging.types import ScheduledState, StopReason


class ScheduledMessage(PrivateModel):
    """What somebody wrote to be sent at `due_at`, sealed as a message is. It is sent with its `client_id`, so
    that it is one message however often it is tried.

    A sweep takes it at `next_at`. While `is_sending`, somebody has taken it and nothing may change before
    `next_at`: then whoever took it has died, and leaves it to the next sweep or, stopped, to its author.
    Once it went, only `message_id` is left of it.

    `session_id` and `token_id` are what its author planned it with, or changed it last, at `changed_at`: it
    does not go when that was thrown out since. `upload_ids` are the files that go along, held for it.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    client_id = models.UUIDField()
    body = SealedField(null=True, blank=True)
    due_at = models.DateTimeField()
    next_at = models.DateTimeField()
    is_sending = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=[(state.value, state.value) for state in ScheduledState])
    reason = models.CharField(
        max_length=8, blank=True, choices=[(reason.value, reason.value) for reason in StopReason]
    )
    categories = models.JSONField(default=list)
    upload_ids = models.JSONField(default=list, blank=True, db_default=Value([], models.JSONField()))
    message_id = models.UUIDField(null=True, blank=True)
    session_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    token_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["conversation", "author", "client_id"], name="messaging_scheduled_once"
            ),
            models.CheckConstraint(
                condition=Q(state=ScheduledState.SENT.value, body__isnull=True, message_id__isnull=False)
                | ~Q(state=ScheduledState.SENT.value) & Q(body__isnull=False, message_id__isnull=True),
                name="messaging_scheduled_words_until_sent",
            ),
            models.CheckConstraint(
                condition=Q(state=ScheduledState.STOPPED.value) & ~Q(reason="")
                | ~Q(state=ScheduledState.STOPPED.value) & Q(reason=""),
                name="messaging_scheduled_stops_for_a_reason",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["next_at"],
                condition=Q(state=ScheduledState.WAITING.value),
                name="messaging_scheduled_due",
            ),
            # What is over, for whoever forgets it.
            models.Index(
                fields=["changed_at"],
                condition=Q(state__in=[ScheduledState.SENT.value, ScheduledState.STOPPED.value]),
                name="messaging_scheduled_over",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def uploads(self) -> tuple[UUID, ...]:
        """The files that go along, in their order."""
        return tuple(UUID(each) for each in self.upload_ids)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, where one takes part."""
        return Q(author_id=actor.user_id) & member_of(actor, "conversation_id")
