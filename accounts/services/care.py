"""The beginning and the end of care as such: who may ask for them is decided by whoever calls."""

import uuid
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import errors, events, notice_kinds, roles, selectors
from accounts.models import Assignment, Proposal
from accounts.services.notices import notice_send
from accounts.types import OPEN_STATES, PracticeMay, ProposalKind, ProposalState, RoleName
from bloom.kernel import alarms, vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Invalid
from bloom.kernel.events import Event
from observability import services as observability_services

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
) -> UUID:
    """End one assignment, which the caller has locked and found to last. The event's id."""
    assignment.ended_at = at
    assignment.ended_by_id = ended_by
    assignment.end_reason = reason_seal(assignment.patient_id, assignment.id, "end_reason", reason)
    assignment.save(update_fields=["ended_at", "ended_by", "end_reason"])
    return observability_services.event_record(
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
        words_set(proposal, "answer", answer)
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
        proposal_alarm(actor, proposal, at=at)
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
    event_id = observability_services.event_record(actor, event, at=at)
    told = {proposal.patient_id, proposal.proposed_by_id}
    if proposal.from_assignment_id is not None:
        source = Assignment.objects.unscoped(reason="who cares until a transfer is answered")
        told.add(source.values_list("therapist_id", flat=True).get(id=proposal.from_assignment_id))
    if proposal.agreed_at is not None:
        told.add(proposal.therapist_id)
    _tell(actor, proposal, state.value, told, event_id=event_id, at=at)


def proposal_alarm(actor: Actor, proposal: Proposal, *, at: datetime) -> None:
    """What the actor has written with it may mean danger: on record, with whom a patient's words reach, or
    who is to see to them where no therapist learns of it.
    """
    about, reader_id, answerer_id = proposal_about(proposal), None, None
    if actor.user_id == proposal.patient_id:
        if proposal.agreed_at is not None or proposal.proposed_by_id == proposal.therapist_id:
            reader_id = proposal.therapist_id
        elif proposal.from_assignment_id is not None:
            source = Assignment.objects.unscoped(reason="who cares for a patient who declines a transfer")
            # They read it where they care for the patient, which the transfer may lead away from.
            care = source.get(id=proposal.from_assignment_id)
            reader_id, about["practice_id"] = care.therapist_id, care.practice_id
        else:
            answerer_id, about["practice_id"] = _answerer(proposal)
    alarmed = events.ProposalAlarmed(**about, reader_id=reader_id, answerer_id=answerer_id)
    observability_services.event_record(actor, alarmed, at=at)


def _answerer(proposal: Proposal) -> tuple[UUID | None, UUID | None]:
    """Who sees to a patient whose no to an offer may mean danger, and for which practice; None for the
    platform, and where there is nobody. Who made the offer, as what they are now; if they may do nothing any
    more, somebody who answers for the practice, or else staff of the platform. Never the therapist who was
    offered.
    """
    maker_id, practice_id = proposal.proposed_by_id, proposal.practice_id
    answering = selectors.members_that_may(practice_id, PracticeMay.ANSWER_ALERTS)
    if maker_id in answering | selectors.members_that_may(practice_id, PracticeMay.ARRANGE_CARE):
        return maker_id, practice_id
    system = Actor.for_system("proposal_alarms")
    if roles.is_staff(selectors.roles_of(system, [maker_id]).get(maker_id, ())):
        # The practice, to which the patient said no, learns nothing by this.
        return maker_id, None
    kept_out = {proposal.patient_id, proposal.therapist_id}
    if answering - kept_out:
        return min(answering - kept_out), practice_id
    staff = (each.id for each in selectors.staff_list(system) if each.id not in kept_out)
    return next(staff, None), None


def proposal_waits_tell(actor: Actor, proposal: Proposal, *, event_id: UUID, at: datetime) -> None:
    """Tell whose answer an open proposal waits for; and who proposed it, that the patient has said yes."""
    patient_id, therapist_id = proposal.patient_id, proposal.therapist_id
    if proposal.state == ProposalState.WITH_PATIENT:
        _tell(actor, proposal, "asked", {patient_id}, event_id=event_id, at=at)
        return
    _tell(actor, proposal, "asked", {therapist_id}, event_id=event_id, at=at)
    if proposal.kind != ProposalKind.REQUEST:
        others = {proposal.proposed_by_id} - {patient_id, therapist_id}
        _tell(actor, proposal, "agreed", others, event_id=event_id, at=at)


def _tell(
    actor: Actor, proposal: Proposal, code: str, to: set[UUID], *, event_id: UUID, at: datetime
) -> None:
    """Tell of a proposal whoever has to know, but for who has just acted, and who has left its practice.
    Staff of the platform, who propose, are told as themselves: they work in none.
    """
    patient_id, others = proposal.patient_id, to - {proposal.patient_id, actor.user_id}
    here = selectors.members_among(actor, proposal.practice_id, others)
    held = selectors.roles_of(actor, others)
    staff = {person_id for person_id, names in held.items() if roles.is_staff(names)}
    notice_send(
        actor,
        notice_kinds.CARE,
        code,
        (to & {patient_id} | here | staff) - {actor.user_id},
        event_id=event_id,
        practice_id=proposal.practice_id,
        own={patient_id, *staff - here},
        params={
            "proposal": proposal.id,
            "patient": proposal.patient_id,
            "therapist": proposal.therapist_id,
        },
        at=at,
    )


def words_set(proposal: Proposal, column: Literal["agreement", "answer"], words: str) -> None:
    """What goes with a yes or no, sealed; and whether it says that somebody may be in danger."""
    place = selectors.proposal_place(proposal.id, column)
    setattr(proposal, column, vault.seal(proposal.patient_id, words.strip(), place))
    setattr(proposal, f"{column}_alarms", alarms.text_alarms(words))


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
