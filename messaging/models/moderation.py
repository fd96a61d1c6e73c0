"""What moderation keeps beside the messages: whom to ask again, and what a practice has chosen."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from messaging.models.conversations import Conversation, Message
from messaging.models.record import QUEUED, MessageAudit
from messaging.types import CaseState


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


class QueueItem(MessageAudit):
    """A verdict that somebody may have to look at: a row of the record, without the text. Whoever must read
    the text breaks the glass for it, elsewhere.
    """

    class Meta:
        proxy = True
        base_manager_name = "instances"
        verbose_name = _("message to look at")
        verbose_name_plural = _("messages to look at")

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Platform staff: who, when and why, in ids and codes."""
        return QUEUED if actor.has_role("support", "admin") else Q(pk__in=[])


class ModerationCase(PrivateModel):
    """What staff made of one verdict: who looks at it, and what they decided. Made when one first acts."""

    audit_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=8, choices=[(state.value, state.value) for state in CaseState])
    assigned_to_id = models.UUIDField()
    opened_at = models.DateTimeField()
    decided_by_id = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(state=CaseState.TAKEN.value, decided_at=None)
                | ~Q(state=CaseState.TAKEN.value) & Q(decided_at__isnull=False),
                name="messaging_case_decided_once",
            ),
        ]

    def __str__(self) -> str:
        return self.state

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return Q() if actor.has_role("support", "admin") else Q(pk__in=[])


class CaseNote(PrivateModel):
    """What staff wrote down about a verdict, for each other. Sealed with the key of the message's patient: it
    goes with what it is about.
    """

    audit_id = models.UUIDField()
    author_id = models.UUIDField()
    body = SealedField()
    written_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["audit_id", "written_at"], name="messaging_case_note_of"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return Q() if actor.has_role("support", "admin") else Q(pk__in=[])
