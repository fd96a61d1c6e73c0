"""Care begins and ends."""

import uuid
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import errors, events, roles, selectors
from accounts.models import Assignment
from accounts.services.practices import practice_check
from accounts.types import (
    AssignmentView,
    RoleName,
)
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from observability import services as observability_services

REASON_LENGTH = 500


@transactional(
    constraints={
        "assignment_active_once": errors.AlreadyAssigned,
        "assignment_not_with_oneself": errors.OwnTherapist,
    }
)
def assignment_start(
    actor: Actor, patient_id: UUID, therapist_id: UUID, practice_id: UUID | None, reason: str, *, at: datetime
) -> AssignmentView:
    """A patient comes into a therapist's care at a practice.

    For platform staff, and for the practice's owner with patients whom it knows already. `practice_id` may
    be None for a therapist who works in one practice only. Raises NotAllowed, CareEndedByOther, NotFound (a
    person whom the actor may not see), Invalid, AlreadyAssigned, OwnTherapist.
    """
    _reason_check(reason)
    if not actor.is_system:
        if not (actor.has_role(*roles.STAFF_ROLES) or actor.practice_id):
            raise NotAllowed
        for person_id in (patient_id, therapist_id):
            selectors.person_get(actor, person_id)
    held = selectors.roles_of(actor, [patient_id, therapist_id])
    if RoleName.PATIENT not in held.get(patient_id, ()):
        raise Invalid(errors={"patient": [_("This person is not a patient.")]})
    if RoleName.THERAPIST not in held.get(therapist_id, ()):
        raise Invalid(errors={"therapist": [_("This person is not a therapist.")]})
    if practice_id is None:
        practice_id = selectors.practice_only(actor, therapist_id)
        if practice_id is None:
            raise Invalid(errors={"practice": [_("Say at which practice: this therapist works in several.")]})
    practice_check(actor, practice_id)
    if not selectors.membership_is_active(actor, therapist_id, practice_id):
        raise Invalid(errors={"practice": [_("This therapist does not work in this practice.")]})
    _return_check(actor, patient_id, therapist_id)
    assignment_id = uuid.uuid4()
    assignment = Assignment.objects.create(
        id=assignment_id,
        practice_id=practice_id,
        patient_id=patient_id,
        therapist_id=therapist_id,
        reason=_reason_seal(patient_id, assignment_id, "reason", reason),
        started_at=at,
        started_by_id=actor.user_id,
    )
    observability_services.event_record(
        actor,
        events.AssignmentStarted(
            object_id=assignment_id,
            practice_id=practice_id,
            subject_id=patient_id,
            patient_id=patient_id,
            therapist_id=therapist_id,
        ),
        at=at,
    )
    return selectors.assignment_views(actor, [assignment])[0]


@transactional
def assignment_end(actor: Actor, assignment_id: UUID, reason: str, *, at: datetime) -> AssignmentView:
    """The care ends; what was written stays. For its patient and its therapist, the practice's owner, and
    platform staff.

    Raises NotFound, NotAllowed, Invalid, AssignmentOver.
    """
    _reason_check(reason)
    assignment = Assignment.objects.visible_to(actor).select_for_update().get_or_refuse(pk=assignment_id)
    if actor.user_id not in {assignment.patient_id, assignment.therapist_id}:
        practice_check(actor, assignment.practice_id, kind=events.ASSIGNMENT, object_id=assignment.id)
    if assignment.ended_at is not None:
        raise errors.AssignmentOver
    assignment.ended_at = at
    assignment.ended_by_id = actor.user_id
    assignment.end_reason = _reason_seal(assignment.patient_id, assignment.id, "end_reason", reason)
    assignment.save(update_fields=["ended_at", "ended_by", "end_reason"])
    observability_services.event_record(
        actor,
        events.AssignmentEnded(
            object_id=assignment.id,
            practice_id=assignment.practice_id,
            subject_id=assignment.patient_id,
            patient_id=assignment.patient_id,
            therapist_id=assignment.therapist_id,
        ),
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


def _reason_check(reason: str) -> None:
    if len(reason) > REASON_LENGTH:
        raise Invalid(
            errors={"reason": [_("Please use at most %(count)s characters.") % {"count": REASON_LENGTH}]}
        )
    if "\x00" in reason:
        raise Invalid(errors={"reason": [_("This text holds a character that cannot be stored.")]})


def _reason_seal(patient_id: UUID, assignment_id: UUID, column: str, reason: str) -> bytes | None:
    if not reason.strip():
        return None
    return vault.seal(patient_id, reason.strip(), selectors.reason_place(assignment_id, column))
