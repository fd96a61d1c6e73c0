"""Where practices are told of what happens, what they were told, how far the record was read for it, and
until when somebody sends.
"""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.addresses import URL_LENGTH
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from bloom.webhooks.types import DeliveryState, Fault, Off


def _of_practice(actor: Actor) -> Q:
    """Those of the practice that the actor acts for; what they may do there, the services ask."""
    if actor.is_system:
        return Q()
    if actor.user_id is None or actor.practice_id is None:
        return Q(pk__in=[])
    return Q(practice_id=actor.practice_id)


class Endpoint(PrivateModel):
    """An address of a practice's own program. Its secrets are sealed with the system's key. One worker at a
    time serves it, until `busy_until`; who was served longest ago comes first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practice_id = models.UUIDField()
    url = models.CharField(max_length=URL_LENGTH)
    events = models.JSONField()
    secret = SealedField()
    older_secret = SealedField(null=True)
    older_until = models.DateTimeField(null=True)
    off = models.CharField(max_length=8, blank=True, choices=[(each.value, each.value) for each in Off])
    failing_since = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    busy_until = models.DateTimeField(null=True)
    created_by_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["practice_id", "created_at"], name="webhooks_endpoint_practice"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return _of_practice(actor)


class Delivery(PrivateModel):
    """One thing that an endpoint is told: ids only. `source_id` is the row of the record that it tells of."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="+")
    practice_id = models.UUIDField()
    source_id = models.UUIDField()
    event = models.CharField(max_length=64)
    payload = models.JSONField()
    state = models.CharField(
        max_length=8,
        choices=[(each.value, each.value) for each in DeliveryState],
        default=DeliveryState.WAITING.value,
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    fault = models.CharField(max_length=12, blank=True, choices=[(each.value, each.value) for each in Fault])
    took_ms = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["endpoint", "source_id"], name="webhooks_delivery_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["endpoint", "due_at"], condition=Q(state="waiting"), name="webhooks_delivery_due"
            ),
            models.Index(fields=["endpoint", "created_at"], name="webhooks_delivery_latest"),
            models.Index(fields=["created_at"], name="webhooks_delivery_age"),
        ]

    def __str__(self) -> str:
        return self.event

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return _of_practice(actor)


class Cursor(models.Model):
    """The last seal of the record that was read for webhooks; its row is the lock of whoever reads on."""

    name = models.CharField(primary_key=True, max_length=20)
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class Turn(models.Model):
    """Whose work goes on one run at a time; `until` then, whatever became of the run."""

    name = models.CharField(primary_key=True, max_length=20)
    until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
