"""Copies of one's own data, from the wish to the end of the link."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from accounts.models.people import User
from accounts.models.shared import NOTHING
from accounts.types import ExportState
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel


class DataExport(PrivateModel):
    """A copy that somebody asked for. The file lies sealed, with the person's key, in the default storage.

    With a `topic` it is not of their own data but of the thing `about_id` (registry.copy_topic), in `format`,
    and sealed with the key of whom that tells of.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=32, blank=True, default="", db_default="")
    about_id = models.UUIDField(null=True, blank=True)
    format = models.CharField(max_length=8, blank=True, default="", db_default="")
    state = models.CharField(max_length=8, choices=[(state.value, state.value) for state in ExportState])
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    file = models.CharField(max_length=100, default="")
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["user", "topic"],
                condition=Q(state__in=[ExportState.ASKED, ExportState.MAKING]),
                name="export_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ExportState]), name="export_state_is_known"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-asked_at"], name="export_of_person"),
            models.Index(fields=["state", "expires_at"], name="export_due"),
        ]

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own."""
        return NOTHING if actor.user_id is None else Q(user_id=actor.user_id)
