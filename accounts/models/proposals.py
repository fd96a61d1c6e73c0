"""How care begins: who proposed it, and who has said yes."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import roles
from accounts.models.assignments import Assignment
from accounts.models.people import User
from accounts.models.practices import Practice, in_practice_of, working_as
from accounts.models.shared import NOTHING
from accounts.types import OPEN_STATES, PracticeMay, ProposalKind, ProposalState
from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField

_OPEN = sorted(state.value for state in OPEN_STATES)


class Proposal(PrivateModel):
    """A patient may come into a therapist's care at a practice, once both have said yes."""

    practice_id = None
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in ProposalKind])
    state = models.CharField(max_length=16, choices=[(state.value, state.value) for state in ProposalState])
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # The care that a transfer ends.
    from_assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, null=True, related_name="+")
    # The care that began.
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, null=True, related_name="+")
    # All sealed with the patient's key: why somebody looks for care is about their health. `agreement`: what
    # the patient writes to the therapist when they agree to what others have proposed.
    message = SealedField(null=True)
    agreement = SealedField(null=True)
    answer = SealedField(null=True)
    # Whether they say that somebody may be in danger (registry.alarm).
    message_alarms = models.BooleanField(default=False)
    agreement_alarms = models.BooleanField(default=False)
    answer_alarms = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    # When the patient said yes; until then the therapist does not learn of it.
    agreed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    # When the patient read how what they had asked for ended.
    seen_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("request for care")
        verbose_name_plural = _("requests for care")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["patient", "therapist", "practice"],
                condition=Q(state__in=_OPEN),
                name="proposal_open_once",
            ),
            models.UniqueConstraint(
                fields=["from_assignment"], condition=Q(state__in=_OPEN), name="proposal_transfer_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, closed_at=None)
                | (~Q(state__in=_OPEN) & Q(closed_at__isnull=False)),
                name="proposal_closed_or_open",
            ),
            models.CheckConstraint(
                condition=~Q(state=ProposalState.WITH_THERAPIST.value) | Q(agreed_at__isnull=False),
                name="proposal_patient_first",
            ),
            models.CheckConstraint(
                condition=Q(kind=ProposalKind.TRANSFER.value, from_assignment__isnull=False)
                | (~Q(kind=ProposalKind.TRANSFER.value) & Q(from_assignment=None)),
                name="proposal_transfer_from_care",
            ),
            models.CheckConstraint(condition=~Q(patient=F("therapist")), name="proposal_not_with_oneself"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["therapist", "-created_at", "id"], name="proposal_of_therapist"),
            models.Index(fields=["patient", "-created_at", "id"], name="proposal_of_patient"),
            models.Index(fields=["due_at"], condition=Q(state__in=_OPEN), name="proposal_due"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Its patient, always. While they act for its practice: who proposed it, and once the patient has
        said yes, its therapist and who may see the care there; who proposed a transfer, also in the practice
        that it leads away from. Platform staff, and jobs of the system. A token stays within its practice.
        """
        if actor.is_system or actor.has_role(*roles.STAFF_ROLES):
            return Q()
        if actor.user_id is None:
            return NOTHING
        agreed = Q(agreed_at__isnull=False)
        here = in_practice_of(actor)
        left = Assignment.objects.unscoped(reason="from which practice a patient would go").filter(
            here, id=OuterRef("from_assignment_id")
        )
        seen = Q(patient_id=actor.user_id) | Q(proposed_by_id=actor.user_id) & (here | Q(Exists(left)))
        seen |= Q(therapist_id=actor.user_id) & here & agreed
        if actor.token_id is not None and actor.practice_id is not None:
            seen &= Q(practice_id=actor.practice_id)
        if actor.practice_id is not None:
            seen |= Q(working_as(actor, PracticeMay.SEE_CARE), practice_id=actor.practice_id) & agreed
        return seen
