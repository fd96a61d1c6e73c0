"""Practices, read by this app alone and unguarded; and who works in them."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import practice_roles, roles
from accounts.models.people import User
from accounts.models.shared import NOTHING
from accounts.types import NAME_LENGTH, MembershipRole, PracticeKind, PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel


class Practice(models.Model):
    """Where therapists work. A listed practice shows its verified therapists in the directory."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in PracticeKind])
    is_listed = models.BooleanField(default=False)
    logo_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("practice")
        verbose_name_plural = _("practices")

    def __str__(self) -> str:
        return self.name


class Membership(PrivateModel):
    """A person works in a practice, in one role, for a time."""

    practice_id = None
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in MembershipRole])
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["user", "practice", "role"], condition=Q(ended_at=None), name="membership_held_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.role

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, those of colleagues in the practice one acts for, and all for platform staff."""
        if actor.has_role(*roles.STAFF_ROLES):
            return Q()
        if actor.user_id is None:
            return NOTHING
        seen = Q(user_id=actor.user_id)
        if actor.practice_id is not None:
            seen |= Q(practice_id=actor.practice_id)
        return seen


def in_practice_of(actor: Actor) -> Q:
    """Rows of the practice that the actor acts for."""
    return NOTHING if actor.practice_id is None else Q(practice_id=actor.practice_id)


def working_as(actor: Actor, may: PracticeMay, practice: str = "practice_id") -> Exists:
    """Whether the actor works in a row's practice in a role that may do this."""
    return Exists(
        Membership.objects.unscoped(reason="what the actor's roles in a practice let them do").filter(
            user_id=actor.require_user(),
            practice_id=OuterRef(practice),
            role__in=practice_roles.roles_that_may(may),
            ended_at=None,
        )
    )
