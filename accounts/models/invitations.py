"""Whom a practice has asked to work there."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from accounts import roles
from accounts.models.people import User
from accounts.models.practices import Practice, working_as
from accounts.models.shared import NOTHING
from accounts.types import InvitationOutcome, MembershipRole, PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel


class Invitation(PrivateModel):
    """An address was asked to join a practice in a role. Only a keyed hash of the link's secret is kept."""

    practice_id = None
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in MembershipRole])
    hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        max_length=10, blank=True, choices=[(each.value, each.value) for each in InvitationOutcome]
    )

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["practice", "email"], condition=Q(closed_at=None), name="invitation_open_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | (Q(closed_at__isnull=False) & ~Q(outcome="")),
                name="invitation_closed_says_how",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("created_at")), name="invitation_lasts"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["practice", "-created_at", "id"], name="invitation_of_practice"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Those of the practice that the actor acts for, when they may manage its members; and all for
        platform staff. Whoever holds its link is shown it by the link.
        """
        if actor.is_system or actor.has_role(*roles.STAFF_ROLES):
            return Q()
        if actor.user_id is None or actor.practice_id is None:
            return NOTHING
        return Q(working_as(actor, PracticeMay.MANAGE_MEMBERS), practice_id=actor.practice_id)
