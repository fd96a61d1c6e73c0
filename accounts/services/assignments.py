"""Care begins and ends at the hand of whoever arranges it. Asking for it first: proposals."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import endings, errors, events, notice_kinds, roles, selectors
from accounts.models import Assignment
from accounts.services.care import CONSTRAINTS, care_begin, care_end, pair_check, roles_check, text_check
from accounts.services.notices import notice_send
from accounts.services.practices import practice_check
from accounts.types import AssignmentView, PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from bloom.kernel.money import Money

REASON_LENGTH = 500


@transactional(constraints=CONSTRAINTS)
def assignment_start(
    actor: Actor, patient_id: UUID, therapist_id: UUID, practice_id: UUID | None, reason: str, *, at: datetime
) -> AssignmentView:
    """A patient comes into a therapist's care at a practice.

    For platform staff, and for the practice's owner with patients whom it knows already. `practice_id` may
    be None for a therapist who works in one practice only. Raises NotAllowed, CareEndedByOther, NotFound (a
    person whom the actor may not see), Invalid, AlreadyAssigned, OwnTherapist.
    """
    text_check(reason, "reason", REASON_LENGTH)
    if not actor.is_system:
        if not (actor.has_role(*roles.STAFF_ROLES) or actor.practice_id):
            raise NotAllowed
        for person_id in (patient_id, therapist_id):
            selectors.person_get(actor, person_id)
    roles_check(actor, patient_id, therapist_id)
    if practice_id is None:
        practice_id = selectors.practice_only(actor, therapist_id)
        if practice_id is None:
            raise Invalid(errors={"practice": [_("Say at which practice: this therapist works in several.")]})
    practice_check(actor, practice_id, PracticeMay.ARRANGE_CARE)
    pair_check(actor, patient_id, therapist_id, practice_id)
    _return_check(actor, patient_id, therapist_id)
    assignment = care_begin(actor, patient_id, therapist_id, practice_id, reason, at=at)
    return selectors.assignment_views(actor, [assignment])[0]


@transactional
def assignment_end(
    actor: Actor, assignment_id: UUID, reason: str, *, fees_seen: Sequence[Money] = (), at: datetime
) -> AssignmentView:
    """The care ends, and its people are told; what was written stays (rules.care_policy). For its patient and
    its therapist, the practice's owner, and platform staff. `fees_seen`: what the actor was shown that this
    costs them in other rooms.

    Raises NotFound, NotAllowed, Invalid, AssignmentOver, LateFeeUnseen.
    """
    text_check(reason, "reason", REASON_LENGTH)
    assignment = Assignment.objects.visible_to(actor).select_for_update().get_or_refuse(pk=assignment_id)
    if actor.user_id not in {assignment.patient_id, assignment.therapist_id}:
        practice_check(
            actor,
            assignment.practice_id,
            PracticeMay.ARRANGE_CARE,
            kind=events.ASSIGNMENT,
            object_id=assignment.id,
        )
    if assignment.ended_at is not None:
        raise errors.AssignmentOver
    care = endings.care(assignment.patient_id, assignment.therapist_id, assignment.practice_id)
    endings.fees_check(actor, care, fees_seen, at=at)
    event_id = care_end(actor, assignment, reason, ended_by=actor.user_id, at=at)
    notice_send(
        actor,
        notice_kinds.CARE,
        "ended",
        {assignment.patient_id, assignment.therapist_id} - {actor.user_id},
        event_id=event_id,
        practice_id=assignment.practice_id,
        own={assignment.patient_id},
        params={
            "assignment": assignment.id,
            "patient": assignment.patient_id,
            "therapist": assignment.therapist_id,
        },
        at=at,
    )
    return selectors.assignment_views(actor, [assignment])[0]


def _return_check(actor: Actor, patient_id: UUID, therapist_id: UUID) -> None:
    """Who was taken out of this therapist's care, or left it, comes back by platform staff, or by whoever of
    the practice took them out; else by nobody but the therapist who let them go.
    """
    if actor.is_system or actor.has_role(*roles.STAFF_ROLES):
        return
    ended = (
        Assignment.objects.unscoped(reason="who ended the last care of these two")
        .filter(patient_id=patient_id, therapist_id=therapist_id, ended_at__isnull=False)
        .order_by("-ended_at", "-id")
        .values_list("ended_by_id", flat=True)
    )
    if any(ended_by_id not in {therapist_id, actor.user_id} for ended_by_id in ended[:1]):
        raise errors.CareEndedByOther(object_kind=events.USER, object_id=patient_id, exists=True)
