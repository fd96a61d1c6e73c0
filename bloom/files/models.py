"""Which files there are."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel


class StoredFile(PrivateModel):
    """One file. Its bytes lie sealed, with its owner's key, in the default storage under `name`. It is
    removed at `remove_at`: a new one soon, unless its app keeps it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.UUIDField()
    name = models.CharField(max_length=100)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    remove_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["remove_at"], condition=Q(remove_at__isnull=False), name="file_to_remove"),
        ]

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Nobody's by itself: the owning app decides who gets the link."""
        return Q() if actor.is_system else Q(pk__in=[])
