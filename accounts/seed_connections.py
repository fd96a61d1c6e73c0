"""The demo's connections: requests that wait, one that was declined, a transfer before its patient."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts import events, notice_kinds, selectors, services
from accounts.models import Assignment, Proposal
from accounts.seed import person_id
from accounts.types import DEMO_DOMAIN, LAPSE_DAYS, ProposalKind, ProposalState
from bloom.kernel import vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.registry import SeedContext
from observability import services as observability_services

_NAMESPACE = UUID("b1003000-0000-5000-8000-000000000002")
_ACTOR = Actor.for_system("seed_demo", via=Via.COMMAND)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """`hours` ago, `patient` and `therapist` (the local parts of their addresses) were proposed."""

    patient: str
    therapist: str
    hours: int
    message: str
    source: str = ""
    answer: str = ""


_WISHES = (
    _Wish(
        patient="patient7",
        therapist="therapist",
        hours=51,
        message=(
            "Hello, my doctor gave me your name. Since the spring I get a racing heart on the train and have"
            " begun to walk to work instead, which takes over an hour. I would like to be able to ride again."
            " Evenings after five are best for me."
        ),
    ),
    _Wish(
        patient="patient17",
        therapist="therapist",
        hours=6,
        message="I was in therapy once before and it helped. We are moving in June and I sleep badly again.",
    ),
    _Wish(
        patient="patient12",
        therapist="therapist2",
        hours=30,
        message="My partner and I would both like to come, if we may. We have a baby of four months.",
    ),
    _Wish(
        patient="patient",
        therapist="therapist2",
        hours=12 * 24,
        message="I am looking for somebody for the two of us, beside my own sessions.",
        answer=(
            "Thank you for writing. I have no room for new couples until the spring, and I would not want you"
            " to wait that long. My colleague Mei-Ling Chao works with couples, too."
        ),
    ),
    _Wish(
        patient="patient2",
        therapist="therapist4",
        source="therapist",
        hours=20,
        message=(
            "Daniel, we talked about this: sleep and the night shifts are where you are stuck, and Tom knows"
            " that field far better than I do. Nothing changes unless you want it to."
        ),
    ),
)


def connections(ctx: SeedContext) -> None:
    """Make the demo's proposals unless they are there."""
    wanted = {_id(ctx.seed, wish): wish for wish in _WISHES}
    known = Proposal.objects.unscoped(reason="which of the demo's proposals are there").filter(id__in=wanted)
    if not known.exists():
        _plant(ctx, wanted)
        ctx.say(f"{len(wanted)} connections that were asked for")


@transactional
def _plant(ctx: SeedContext, wanted: dict[UUID, _Wish]) -> None:
    for proposal_id, wish in wanted.items():
        patient_id, therapist_id = _person(ctx, wish.patient), _person(ctx, wish.therapist)
        source_id = _person(ctx, wish.source) if wish.source else None
        made_at = ctx.at - timedelta(hours=wish.hours)
        practice_id = selectors.practice_default(_ACTOR, therapist_id)
        assert practice_id is not None  # the house came first
        closed_at = made_at + timedelta(hours=26) if wish.answer else None
        proposal = Proposal(
            id=proposal_id,
            practice_id=practice_id,
            patient_id=patient_id,
            therapist_id=therapist_id,
            kind=ProposalKind.TRANSFER if source_id else ProposalKind.REQUEST,
            state=_state(wish),
            proposed_by_id=source_id or patient_id,
            from_assignment=_care(patient_id, source_id) if source_id else None,
            message=vault.seal(patient_id, wish.message, selectors.proposal_place(proposal_id, "message")),
            created_at=made_at,
            due_at=made_at + timedelta(days=LAPSE_DAYS),
            agreed_at=None if source_id else made_at,
            closed_at=closed_at,
            closed_by_id=therapist_id if closed_at else None,
        )
        if wish.answer:
            place = selectors.proposal_place(proposal_id, "answer")
            proposal.answer = vault.seal(patient_id, wish.answer, place)
        proposal.save(force_insert=True)
        _record(proposal, made_at, closed_at)


def _state(wish: _Wish) -> ProposalState:
    if wish.answer:
        return ProposalState.DECLINED
    return ProposalState.WITH_PATIENT if wish.source else ProposalState.WITH_THERAPIST


def _record(proposal: Proposal, made_at: datetime, closed_at: datetime | None) -> None:
    about: dict[str, Any] = {
        "object_id": proposal.id,
        "practice_id": proposal.practice_id,
        "subject_id": proposal.patient_id,
        "kind": ProposalKind(proposal.kind),
        "patient_id": proposal.patient_id,
        "therapist_id": proposal.therapist_id,
    }
    event_id = observability_services.event_record(_ACTOR, events.ProposalMade(**about), at=made_at)
    if proposal.state == ProposalState.WITH_PATIENT:
        _tell(proposal, "asked", proposal.patient_id, event_id, made_at)
    elif closed_at is None:
        _tell(proposal, "asked", proposal.therapist_id, event_id, made_at)
    else:
        event_id = observability_services.event_record(_ACTOR, events.ProposalDeclined(**about), at=closed_at)
        _tell(proposal, "declined", proposal.patient_id, event_id, closed_at)


def _tell(proposal: Proposal, code: str, person_id: UUID, event_id: UUID, at: datetime) -> None:
    """In the app alone: nobody reads the demo's mail."""
    services.notice_send(
        _ACTOR,
        notice_kinds.CARE,
        code,
        [person_id],
        event_id=event_id,
        practice_id=proposal.practice_id,
        own={proposal.patient_id},
        params={
            "proposal": proposal.id,
            "patient": proposal.patient_id,
            "therapist": proposal.therapist_id,
        },
        by_mail=False,
        at=at,
    )


def _care(patient_id: UUID, therapist_id: UUID) -> Assignment:
    lasting = Assignment.objects.unscoped(reason="the demo's care that a transfer would end")
    return lasting.get(patient_id=patient_id, therapist_id=therapist_id, ended_at=None)


def _person(ctx: SeedContext, local: str) -> UUID:
    return person_id(ctx.seed, f"{local}@{DEMO_DOMAIN}")


def _id(seed: int, wish: _Wish) -> UUID:
    return uuid.uuid5(_NAMESPACE, f"{seed}/proposal/{wish.patient}/{wish.therapist}")
