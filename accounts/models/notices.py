"""What people want to be told of."""

import uuid
from typing import Any, ClassVar

from django.db import models

from accounts.models.people import User
from accounts.models.shared import NOTHING
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel


class NoticeChoice(PrivateModel):
    """One person's yes or no to one kind of notice (registry.notice_kind) by one way; none: as it is for
    everybody.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    channel = models.CharField(max_length=16)
    is_wanted = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "kind", "channel"], name="notice_choice_once"),
        ]

    @classmethod
    def visibility(cls, actor: Actor) -> models.Q:
        """One's own."""
        return NOTHING if actor.user_id is None else models.Q(user_id=actor.user_id)
