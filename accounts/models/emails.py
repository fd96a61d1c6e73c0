"""Changes of somebody's address."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.people import User
from accounts.models.shared import NOTHING
from accounts.types import EmailChangeState
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel


class EmailChange(PrivateModel):
    """Somebody wants to be reached, and to sign in, by another address.

    Its code, of which only a keyed hash is kept, is bound to the session in which it was asked for. Until
    `undo_until` the old address can take the change back.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_id = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=[(each.value, each.value) for each in EmailChangeState])
    old_email = models.EmailField()
    email = models.EmailField()
    code_hash = models.BinaryField(max_length=32)
    wrong = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    undo_until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state=EmailChangeState.WAITING.value),
                name="email_change_waiting_once",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["old_email"], name="email_change_of_address"),
        ]

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own."""
        return NOTHING if actor.user_id is None else Q(user_id=actor.user_id)
