"""The record of messages."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from messaging.models.conversations import OUTCOMES
from messaging.moderation.types import Outcome
from messaging.types import AuditAction

# Verdicts that staff may have to look at: few rows of a long record.
QUEUED = Q(
    outcome__in=[Outcome.BLUR.value, Outcome.BLOCK.value, Outcome.CRISIS.value],
    action__in=[
        action.value
        for action in (AuditAction.SENT, AuditAction.EDITED, AuditAction.BLOCKED, AuditAction.MODERATED)
    ],
)


class MessageAudit(PrivateModel):
    """The record of messages: append-only, authenticated row by row (`mac`), sealed with the other records.

    One row for each message, edit, deletion, refusal and reveal, for each look at another's history, and for
    each copy of a whole conversation that somebody fetches: who
    and through which door, what the moderator said and by which rules, and a keyed hash of the content, never
    the content. It names its objects by id alone, so that it outlives them.
    """

    # As in Message: without an index of its own. It stays first, for a row's mac is over its columns in their
    # order.
    practice_id = models.UUIDField(null=True, blank=True, editable=False)
    action = models.CharField(max_length=12, choices=[(action.value, action.value) for action in AuditAction])
    conversation_id = models.UUIDField()
    message_id = models.UUIDField(null=True, blank=True, db_index=True)
    subject_id = models.UUIDField()
    body_hash = models.BinaryField(max_length=32, null=True)
    outcome = models.CharField(max_length=8, choices=OUTCOMES)
    categories = models.JSONField(default=list)
    source = models.CharField(max_length=32)
    rules = models.JSONField(default=list)
    actor_user_id = models.UUIDField(null=True, blank=True)
    session_id = models.CharField(max_length=64, blank=True)
    token_id = models.UUIDField(null=True, blank=True)
    system = models.CharField(max_length=64, blank=True)
    via = models.CharField(max_length=8)
    ip = models.GenericIPAddressField(null=True, blank=True)
    device = models.CharField(max_length=200, blank=True)
    request_id = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    mac = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("message record")
        verbose_name_plural = _("message records")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["recorded_at", "id"], name="messaging_audit_by_time"),
            models.Index(fields=["recorded_at", "id"], condition=QUEUED, name="messaging_audit_queue"),
        ]

    def __str__(self) -> str:
        return self.action

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Admins, who answer for the record; it holds ids and codes only."""
        return Q() if actor.has_role("admin") else Q(pk__in=[])
