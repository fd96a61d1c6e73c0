"""How care begins: somebody proposes it, and it begins when both of its people have said yes.

What may follow on what stands in rules.proposals. The patient's row is the lock of whatever is proposed for
them, the proposal's row of whatever is done with it.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from accounts import errors, events, roles, rules, selectors
from accounts.models import Assignment, Proposal, User
from accounts.services.care import (
    CONSTRAINTS,
    care_begin,
    care_end,
    pair_check,
    proposal_about,
    proposal_alarm,
    proposal_close,
    proposal_waits_tell,
    roles_check,
    text_check,
    words_set,
)
from accounts.services.practices import practice_check
from accounts.types import (
    LAPSE_DAYS,
    MESSAGE_LENGTH,
    OPEN_STATES,
    REQUESTS_OPEN,
    REQUESTS_PER_DAY,
    PracticeMay,
    ProposalKind,
    ProposalState,
    ProposalStep,
    ProposalView,
    RoleName,
)
from bloom.kernel import alarms, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed, NotFound, RateLimited
from observability import services as observability_services

LAPSED_AT_ONCE = 200


@transactional(constraints=CONSTRAINTS)
def proposal_request(
    actor: Actor, therapist_id: UUID, message: str, *, at: datetime, practice_id: UUID | None = None
) -> ProposalView:
    """A patient asks a therapist whom they can find to take them into care.

    Raises NotAllowed (somebody who is no patient), NotFound, Invalid, AlreadyAssigned, OwnTherapist,
    ProposalOpen, AskedRecently, RequestsFull, RateLimited.
    """
    patient_id = actor.require_user()
    if not actor.has_role(RoleName.PATIENT):
        raise NotAllowed(object_kind=events.USER, object_id=therapist_id, exists=True)
    text_check(message, "message", MESSAGE_LENGTH)
    selectors.person_get(actor, therapist_id)
    roles_check(actor, patient_id, therapist_id)
    if therapist_id == patient_id:
        raise errors.OwnTherapist
    _lock_patient(patient_id)
    if selectors.assignment_is_active(actor, patient_id, therapist_id):
        raise errors.AlreadyAssigned
    _accepting_check(actor, therapist_id)
    _requests_check(patient_id, at)
    _again_check(actor, patient_id, therapist_id, at)
    asked = selectors.practices_asked(actor, therapist_id)
    if practice_id is None and asked:
        practice_id = asked[0].id
    if practice_id is None or practice_id not in {practice.id for practice in asked}:
        raise Invalid(errors={"practice": [_("This therapist does not work in this practice.")]})
    return _propose(actor, ProposalKind.REQUEST, patient_id, therapist_id, practice_id, message, at=at)


@transactional(constraints=CONSTRAINTS)
def proposal_offer(
    actor: Actor,
    patient_id: UUID,
    therapist_id: UUID,
    practice_id: UUID | None,
    message: str,
    *,
    at: datetime,
) -> ProposalView:
    """Two people are brought together: by platform staff, or by the practice's owner with a patient whom it
    knows. The patient is asked first.

    Raises NotAllowed, NotFound, Invalid, AlreadyAssigned, OwnTherapist, ProposalOpen, AskedRecently.
    """
    text_check(message, "message", MESSAGE_LENGTH)
    if not (actor.has_role(*roles.STAFF_ROLES) or actor.practice_id):
        raise NotAllowed
    for person_id in (therapist_id, patient_id):
        selectors.person_get(actor, person_id)
    practice_id = practice_id or selectors.practice_only(actor, therapist_id)
    if practice_id is None:
        raise Invalid(errors={"practice": [_("Say at which practice: this therapist works in several.")]})
    practice_check(actor, practice_id, PracticeMay.ARRANGE_CARE)
    pair_check(actor, patient_id, therapist_id, practice_id)
    _lock_patient(patient_id)
    if selectors.assignment_is_active(actor, patient_id, therapist_id):
        raise errors.AlreadyAssigned
    _again_check(actor, patient_id, therapist_id, at)
    return _propose(actor, ProposalKind.OFFER, patient_id, therapist_id, practice_id, message, at=at)


@transactional(constraints=CONSTRAINTS)
def proposal_transfer(
    actor: Actor,
    assignment_id: UUID,
    therapist_id: UUID,
    message: str,
    *,
    at: datetime,
    practice_id: UUID | None = None,
) -> ProposalView:
    """A patient shall go on with another therapist, of the same practice or of another. For the therapist of
    this care, its practice's owner and platform staff. The patient is asked first; what is, lasts until both
    have said yes.

    Raises NotFound, NotAllowed, Invalid, AssignmentOver, AlreadyAssigned, ProposalOpen, AskedRecently.
    """
    text_check(message, "message", MESSAGE_LENGTH)
    care = Assignment.objects.visible_to(actor).get_or_refuse(pk=assignment_id)
    if actor.user_id != care.therapist_id:
        practice_check(
            actor,
            care.practice_id,
            PracticeMay.ARRANGE_CARE,
            kind=events.ASSIGNMENT,
            object_id=care.id,
        )
    selectors.person_get(actor, therapist_id)
    roles_check(actor, care.patient_id, therapist_id)
    if practice_id is None:
        works_here = selectors.care_may_be_given(actor, therapist_id, care.practice_id)
        asked = selectors.practices_asked(actor, therapist_id)
        practice_id = care.practice_id if works_here else asked[0].id if asked else care.practice_id
    if actor.token_id is not None and practice_id != actor.practice_id is not None:
        # A token knows of its practice alone, and would not see what it made.
        raise NotAllowed(object_kind=events.ASSIGNMENT, object_id=care.id, exists=True)
    pair_check(actor, care.patient_id, therapist_id, practice_id)
    _lock_patient(care.patient_id)
    care = Assignment.objects.visible_to(actor).select_for_update().get_or_refuse(pk=assignment_id)
    if care.ended_at is not None:
        raise errors.AssignmentOver
    if selectors.assignment_is_active(actor, care.patient_id, therapist_id):
        raise errors.AlreadyAssigned
    _accepting_check(actor, therapist_id)
    _again_check(actor, care.patient_id, therapist_id, at)
    return _propose(
        actor,
        ProposalKind.TRANSFER,
        care.patient_id,
        therapist_id,
        practice_id,
        message,
        from_assignment_id=care.id,
        at=at,
    )


@transactional(constraints=CONSTRAINTS)
def proposal_accept(actor: Actor, proposal_id: UUID, message: str = "", *, at: datetime) -> ProposalView:
    """Say yes: as the patient who was asked, or as the therapist; with the last yes care begins, and with a
    transfer's the earlier one ends in the same moment. Of two answers at once one counts.

    `message` goes with the yes: a patient's to the therapist who is asked next. Raises NotFound, NotAllowed,
    Invalid, ProposalOver, AlreadyAssigned.
    """
    text_check(message, "message", MESSAGE_LENGTH)
    proposal = _locked(actor, proposal_id, ProposalStep.ACCEPT, at)
    if proposal.agreed_at is None:
        proposal.agreed_at = at
    state = rules.proposal_next(
        ProposalState(proposal.state),
        ProposalStep.ACCEPT,
        therapist_proposed=proposal.proposed_by_id == proposal.therapist_id,
    )
    if state is ProposalState.ACCEPTED:
        _begin(actor, proposal, message, at=at)
    else:
        proposal.state = state
        proposal.due_at = at + timedelta(days=LAPSE_DAYS)
        if message.strip():
            words_set(proposal, "agreement", message)
        proposal.save(update_fields=["state", "agreed_at", "due_at", "agreement", "agreement_alarms"])
        event_id = observability_services.event_record(
            actor, events.ProposalAgreed(**proposal_about(proposal)), at=at
        )
        if proposal.agreement_alarms:
            proposal_alarm(actor, proposal, at=at)
        proposal_waits_tell(actor, proposal, event_id=event_id, at=at)
    return selectors.proposal_get(actor, proposal.id)


@transactional
def proposal_decline(actor: Actor, proposal_id: UUID, message: str = "", *, at: datetime) -> ProposalView:
    """Say no, for whoever is asked; nothing begins or ends. Raises NotFound, NotAllowed, Invalid,
    ProposalOver.
    """
    text_check(message, "message", MESSAGE_LENGTH)
    proposal = _locked(actor, proposal_id, ProposalStep.DECLINE, at)
    proposal_close(actor, proposal, ProposalState.DECLINED, answer=message, at=at)
    return selectors.proposal_get(actor, proposal.id)


@transactional
def proposal_withdraw(actor: Actor, proposal_id: UUID, *, at: datetime) -> ProposalView:
    """Take it back, before it is answered: for whoever proposed it, for a patient who has said yes, and for
    whoever arranges care. Raises NotFound, NotAllowed, ProposalOver.
    """
    proposal = _locked(actor, proposal_id, ProposalStep.WITHDRAW, at)
    proposal_close(actor, proposal, ProposalState.WITHDRAWN, at=at)
    return selectors.proposal_get(actor, proposal.id)


@transactional
def proposal_seen(actor: Actor, proposal_id: UUID, *, at: datetime) -> None:
    """The patient has read how their request ended: their first page tells of it no more. For whoever else
    looks, and a second time, it changes nothing. Raises NotFound.
    """
    proposal = Proposal.objects.visible_to(actor).select_for_update().get_or_refuse(pk=proposal_id)
    is_theirs = actor.user_id is not None and actor.user_id == proposal.patient_id == proposal.proposed_by_id
    if not is_theirs or proposal.closed_at is None or proposal.seen_at is not None:
        return
    proposal.seen_at = at
    proposal.save(update_fields=["seen_at"])
    observability_services.event_record(actor, events.ProposalSeen(**proposal_about(proposal)), at=at)


@transactional
def proposals_lapse(actor: Actor, *, at: datetime) -> list[ProposalView]:
    """The sweep: what nobody answered in time is over. So many at once, the oldest first."""
    if not actor.is_system:
        raise NotAllowed
    due = (
        Proposal.objects.unscoped(reason="what nobody answered in time")
        .filter(state__in=OPEN_STATES, due_at__lte=at)
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True)
    )
    lapsed = list(due[:LAPSED_AT_ONCE])
    for proposal in lapsed:
        proposal_close(actor, proposal, ProposalState.LAPSED, at=at)
    ids = [proposal.id for proposal in lapsed]
    rows = Proposal.objects.unscoped(reason="what has just lapsed").filter(id__in=ids)
    return selectors.proposal_views(actor, list(rows.with_parents("practice", "from_assignment")))


def _begin(actor: Actor, proposal: Proposal, message: str, *, at: datetime) -> None:
    """Both have said yes: the earlier care of a transfer ends, the new one begins."""
    pair_check(actor, proposal.patient_id, proposal.therapist_id, proposal.practice_id)
    if proposal.from_assignment_id is not None:
        earlier = (
            Assignment.objects.unscoped(reason="the care that its patient leaves by this transfer")
            .select_for_update()
            .get(id=proposal.from_assignment_id)
        )
        # It may have ended by itself meanwhile; the new one begins all the same.
        if earlier.ended_at is None:
            names = selectors.person_refs(actor, [proposal.therapist_id])
            reason = _("Moved to the care of %(name)s.") % {"name": names[proposal.therapist_id].name}
            care_end(actor, earlier, reason, ended_by=proposal.proposed_by_id, at=at)
    if message.strip():
        words_set(proposal, "answer", message)
    proposal.save(update_fields=["answer", "answer_alarms", "agreed_at"])
    care_begin(
        actor,
        proposal.patient_id,
        proposal.therapist_id,
        proposal.practice_id,
        None,
        accepted=proposal.id,
        at=at,
    )


def _propose(
    actor: Actor,
    kind: ProposalKind,
    patient_id: UUID,
    therapist_id: UUID,
    practice_id: UUID,
    message: str,
    *,
    at: datetime,
    from_assignment_id: UUID | None = None,
) -> ProposalView:
    proposal_id = uuid4()
    text, place = message.strip(), selectors.proposal_place(proposal_id, "message")
    proposal = Proposal.objects.create(
        id=proposal_id,
        practice_id=practice_id,
        patient_id=patient_id,
        therapist_id=therapist_id,
        kind=kind,
        state=rules.proposal_first_state(kind),
        proposed_by_id=actor.require_user(),
        from_assignment_id=from_assignment_id,
        message=vault.seal(patient_id, text, place) if text else None,
        message_alarms=alarms.text_alarms(text),
        created_at=at,
        due_at=at + timedelta(days=LAPSE_DAYS),
        agreed_at=at if actor.user_id == patient_id else None,
    )
    event_id = observability_services.event_record(
        actor, events.ProposalMade(**proposal_about(proposal)), at=at
    )
    proposal_waits_tell(actor, proposal, event_id=event_id, at=at)
    if proposal.message_alarms:
        proposal_alarm(actor, proposal, at=at)
    return selectors.proposal_get(actor, proposal_id)


def _locked(actor: Actor, proposal_id: UUID, step: ProposalStep, at: datetime) -> Proposal:
    """The proposal, locked, when the actor may take this step with it now."""
    proposal = Proposal.objects.visible_to(actor).select_for_update().get_or_refuse(pk=proposal_id)
    owns = selectors.practice_may(actor, proposal.practice_id, PracticeMay.ARRANGE_CARE)
    if ProposalState(proposal.state) not in OPEN_STATES or proposal.due_at <= at:
        raise errors.ProposalOver
    parties = selectors.proposal_parties(actor, proposal, owns_practice=owns)
    if step not in rules.proposal_steps(ProposalState(proposal.state), parties):
        raise NotAllowed(object_kind=events.PROPOSAL, object_id=proposal.id, exists=True)
    return proposal


def _lock_patient(patient_id: UUID) -> None:
    """What is proposed for one patient is proposed one after the other."""
    if User.objects.select_for_update().filter(id=patient_id).first() is None:
        raise NotFound(object_kind=events.USER, object_id=patient_id)


def _accepting_check(actor: Actor, therapist_id: UUID) -> None:
    """Somebody who says that they take no new patients is not asked. Raises NotAccepting."""
    listing = selectors.listings_of(actor, [therapist_id]).get(therapist_id)
    if listing is not None and not listing.accepts_new:
        raise errors.NotAccepting


def _requests_check(patient_id: UUID, at: datetime) -> None:
    """Few requests of one patient wait at once, and few are made in a day. Raises RequestsFull or
    RateLimited.
    """
    own = Proposal.objects.unscoped(reason="how much a patient has asked for").filter(
        patient_id=patient_id, kind=ProposalKind.REQUEST
    )
    if own.filter(state__in=OPEN_STATES).count() >= REQUESTS_OPEN:
        raise errors.RequestsFull
    since = at - timedelta(days=1)
    today = list(own.filter(created_at__gt=since).order_by("created_at").values_list("created_at", flat=True))
    if len(today) >= REQUESTS_PER_DAY:
        free_at = today[-REQUESTS_PER_DAY] + timedelta(days=1)
        raise RateLimited(
            _("You have asked several therapists today. Please wait until tomorrow before you ask another."),
            retry_after=int((free_at - at).total_seconds()) + 1,
        )


def _again_check(actor: Actor, patient_id: UUID, therapist_id: UUID, at: datetime) -> None:
    """What was declined is not proposed again at once, but by whoever declined it. Raises AskedRecently."""
    again_from = selectors.proposal_again_from(actor, patient_id, therapist_id, at=at)
    if again_from is not None:
        raise errors.AskedRecently(again_on=again_from.date().isoformat())
