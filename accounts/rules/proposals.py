"""The one state machine for how care begins.

Care begins when both of its people have said yes. Whoever proposes has said theirs; the patient is asked
before the therapist, so that nobody learns of a patient's care whom the patient does not want to know.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from accounts.types import (
    COOL_DOWN_DAYS,
    OPEN_STATES,
    ProposalKind,
    ProposalParty,
    ProposalState,
    ProposalStep,
)

_ANSWERS = frozenset({ProposalStep.ACCEPT, ProposalStep.DECLINE})
_TURN = {
    ProposalState.WITH_PATIENT: ProposalParty.PATIENT,
    ProposalState.WITH_THERAPIST: ProposalParty.THERAPIST,
}


def proposal_first_state(kind: ProposalKind) -> ProposalState:
    """Whose yes a new proposal waits for."""
    return ProposalState.WITH_THERAPIST if kind is ProposalKind.REQUEST else ProposalState.WITH_PATIENT


def proposal_steps(state: ProposalState, parties: Collection[ProposalParty]) -> frozenset[ProposalStep]:
    """What somebody who is `parties` to a proposal may do with it in this state."""
    if state not in OPEN_STATES:
        return frozenset()
    steps: set[ProposalStep] = set()
    if _TURN[state] in parties:
        steps |= _ANSWERS
    if ProposalParty.PROPOSER in parties or ProposalParty.ARRANGER in parties:
        steps.add(ProposalStep.WITHDRAW)
    # Who has said yes may think again for as long as nothing has begun.
    if ProposalParty.PATIENT in parties and state is ProposalState.WITH_THERAPIST:
        steps.add(ProposalStep.WITHDRAW)
    return frozenset(steps)


def proposal_next(state: ProposalState, step: ProposalStep, *, therapist_proposed: bool) -> ProposalState:
    """Where an allowed step leads; a therapist who proposed has said yes by that."""
    if step is ProposalStep.DECLINE:
        return ProposalState.DECLINED
    if step is ProposalStep.WITHDRAW:
        return ProposalState.WITHDRAWN
    if state is ProposalState.WITH_PATIENT and not therapist_proposed:
        return ProposalState.WITH_THERAPIST
    return ProposalState.ACCEPTED


def proposal_again_from(declined_at: datetime) -> datetime:
    """From when on the same may be proposed again to whoever declined it."""
    return declined_at + timedelta(days=COOL_DOWN_DAYS)
