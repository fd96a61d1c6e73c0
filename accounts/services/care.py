"""The beginning and the end of care as such: who may ask for them is decided by whoever calls."""

import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import errors, events, selectors
from accounts.models import Assignment, Proposal
from accounts.types import OPEN_STATES, ProposalKind, ProposalState, RoleName
from bloom.kernel import registry, vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Invalid
from bloom.kernel.events import Event
from observability import logs
from observability import services as observability_services

log = logs.get_logger(__name__)

CONSTRAINTS = {
    "assignment_active_once": errors.AlreadyAssigned,
    "assignment_not_with_oneself": errors.OwnTherapist,
    "proposal_open_once": errors.ProposalOpen,
    "proposal_transfer_once": errors.ProposalOpen,
    "proposal_not_with_oneself": errors.OwnTherapist,
}


def pair_check(actor: Actor, patient_id: UUID, therapist_id: UUID, practice_id: UUID) -> None:
    """The one is a patient, and the other a therapist who works in this practice. Raises Invalid."""
    roles_check(actor, patient_id, therapist_id)
    if not selectors.care_may_be_given(actor, therapist_id, practice_id):
        raise Invalid(errors={"practice": [_("This therapist does not work in this practice.")]})


def roles_check(actor: Actor, patient_id: UUID, therapist_id: UUID) -> None:
    """The one is a patient, and the other a therapist. Raises Invalid."""
    held = selectors.roles_of(actor, [patient_id, therapist_id])
    if RoleName.PATIENT not in held.get(patient_id, ()):
        raise Invalid(errors={"patient": [_("This person is not a patient.")]})
    if RoleName.THERAPIST not in held.get(therapist_id, ()):
        raise Invalid(errors={"therapist": [_("This person is not a therapist.")]})


def care_begin(
    actor: Actor,
    patient_id: UUID,
    therapist_id: UUID,
    practice_id: UUID,
    reason: str | None,
    *,
    at: datetime,
    accepted: UUID | None = None,
) -> Assignment:
    """One assignment, on record. The proposal that is `accepted` by it is closed, and so is one that asked
    for the same; a transfer that was not answered is withdrawn, since it would also have ended something.
    """
    waiting = list(
        Proposal.objects.unscoped(reason="what asked for the care that begins")
        .filter(
            patient_id=patient_id, therapist_id=therapist_id, practice_id=practice_id, state__in=OPEN_STATES
        )
        # Before the assignment is made, as whoever accepts does.
        .select_for_update()
    )
    assignment_id = uuid.uuid4()
    assignment = Assignment.objects.create(
        id=assignment_id,
        practice_id=practice_id,
        patient_id=patient_id,
        therapist_id=therapist_id,
        reason=reason_seal(patient_id, assignment_id, "reason", reason),
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
    for proposal in waiting:
        if proposal.kind == ProposalKind.TRANSFER and proposal.id != accepted:
            proposal_close(actor, proposal, ProposalState.WITHDRAWN, at=at)
        else:
            proposal_close(actor, proposal, ProposalState.ACCEPTED, at=at, assignment_id=assignment_id)
    return assignment


def care_end(
    actor: Actor, assignment: Assignment, reason: str | None, *, ended_by: UUID | None, at: datetime
) -> None:
    """End one assignment, which the caller has locked and found to last."""
    assignment.ended_at = at
    assignment.ended_by_id = ended_by
    assignment.end_reason = reason_seal(assignment.patient_id, assignment.id, "end_reason", reason)
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


def proposal_close(
    actor: Actor,
    proposal: Proposal,
    state: ProposalState,
    *,
    at: datetime,
    assignment_id: UUID | None = None,
    answer: str = "",
) -> None:
    """How an open proposal, which the caller has locked, ended; on record."""
    proposal.state = state
    proposal.closed_at = at
    proposal.closed_by_id = actor.user_id
    proposal.assignment_id = assignment_id
    if answer.strip():
        answer_set(proposal, answer)
    proposal.save(
        update_fields=[
            "state",
            "closed_at",
            "closed_by",
            "assignment",
            "answer",
            "answer_alarms",
            "agreed_at",
        ]
    )
    about = proposal_about(proposal)
    if proposal.answer_alarms:
        observability_services.event_record(actor, events.ProposalAlarmed(**about), at=at)
    event: Event
    match state:
        case ProposalState.ACCEPTED:
            assert assignment_id is not None
            event = events.ProposalAccepted(**about, assignment_id=assignment_id)
        case ProposalState.DECLINED:
            event = events.ProposalDeclined(**about)
        case ProposalState.WITHDRAWN:
            event = events.ProposalWithdrawn(**about)
        case _:
            event = events.ProposalLapsed(**about)
    observability_services.event_record(actor, event, at=at)


def answer_set(proposal: Proposal, words: str) -> None:
    """What goes with the answer, sealed; and whether it says that somebody may be in danger."""
    proposal.answer = vault.seal(
        proposal.patient_id, words.strip(), selectors.proposal_place(proposal.id, "answer")
    )
    proposal.answer_alarms = text_alarms(words)


def text_alarms(text: str) -> bool:
    """Does it say that somebody may be in danger? The rooms that know are asked; one that fails says nothing:
    what people ask for each other goes through all the same.
    """
    for key, judge in registry.alarm.items():
        try:
            if judge(text):
                return True
        except Exception:
            log.exception("accounts.alarm_failed", judge=key)
    return False


def proposal_about(proposal: Proposal) -> dict[str, Any]:
    """What every event of a proposal says of it."""
    return {
        "object_id": proposal.id,
        "practice_id": proposal.practice_id,
        "subject_id": proposal.patient_id,
        "kind": ProposalKind(proposal.kind),
        "patient_id": proposal.patient_id,
        "therapist_id": proposal.therapist_id,
    }


def text_check(text: str, field: str, length: int) -> None:
    """A text of people that can be kept. Raises Invalid at `field`."""
    if len(text) > length:
        raise Invalid(errors={field: [_("Please use at most %(count)s characters.") % {"count": length}]})
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Invalid(errors={field: [_("This text holds a character that cannot be stored.")]})


def reason_seal(patient_id: UUID, assignment_id: UUID, column: str, reason: str | None) -> bytes | None:
    """A reason as it is stored; None for none."""
    if not reason or not reason.strip():
        return None
    return vault.seal(patient_id, reason.strip(), selectors.reason_place(assignment_id, column))
