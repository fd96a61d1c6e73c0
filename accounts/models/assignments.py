"""Who cares for whom."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models.people import User
from accounts.models.practices import Practice, in_practice_of, working_as
from accounts.models.shared import NOTHING
from accounts.types import PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField


class Assignment(PrivateModel):
    """A patient is in a therapist's care at a practice, for a time. Clinical permissions hang on it."""

    practice_id = None
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Sealed with the patient's key: why somebody is in care, or left it, is about their health.
    reason = SealedField(null=True)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    end_reason = SealedField(null=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["patient", "therapist", "practice"],
                condition=Q(ended_at=None),
                name="assignment_active_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="assignment_ends_after_start",
            ),
            models.CheckConstraint(condition=~Q(patient=F("therapist")), name="assignment_not_with_oneself"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["therapist", "-started_at", "id"], name="assignment_of_therapist"),
            models.Index(fields=["patient", "-started_at", "id"], name="assignment_of_patient"),
            models.Index(fields=["practice", "-started_at", "id"], name="assignment_of_practice"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Its patient, always; its therapist and who may see the care of its practice, while they act for
        that practice; platform staff, and jobs of the system. A token stays within its practice.
        """
        if actor.is_system or actor.has_role(*roles.STAFF_ROLES):
            return Q()
        if actor.user_id is None:
            return NOTHING
        seen = Q(patient_id=actor.user_id) | Q(therapist_id=actor.user_id) & in_practice_of(actor)
        if actor.token_id is not None and actor.practice_id is not None:
            seen &= Q(practice_id=actor.practice_id)
        if actor.practice_id is not None:
            seen |= Q(working_as(actor, PracticeMay.SEE_CARE), practice_id=actor.practice_id)
        return seen
