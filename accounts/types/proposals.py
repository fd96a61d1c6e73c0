"""How care begins: a proposal, and who has said yes to it so far."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from accounts.types.people import PersonRef
from accounts.types.practices import PracticeRef

MESSAGE_LENGTH = 2000
# A proposal that nobody answers is no longer true after this many days.
LAPSE_DAYS = 14
# Whoever was declined does not propose the same again before this many days have passed.
COOL_DOWN_DAYS = 30
# What one patient may have waiting at once, and ask for in a day.
REQUESTS_OPEN = 3
REQUESTS_PER_DAY = 5


class ProposalKind(StrEnum):
    """REQUEST: a patient asks a therapist. OFFER: a practice or platform staff bring two people together.
    TRANSFER: a patient shall go from one therapist's care into another's.
    """

    REQUEST = "request"
    OFFER = "offer"
    TRANSFER = "transfer"


class ProposalState(StrEnum):
    """Whose yes is missing, or how it ended."""

    WITH_PATIENT = "with_patient"
    WITH_THERAPIST = "with_therapist"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def is_open(self) -> bool:
        return self in OPEN_STATES


OPEN_STATES = frozenset({ProposalState.WITH_PATIENT, ProposalState.WITH_THERAPIST})


class ProposalStep(StrEnum):
    """What somebody does with an open proposal."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


class ProposalParty(StrEnum):
    """What somebody is to a proposal; ARRANGER: the practice's owner or platform staff."""

    PATIENT = "patient"
    THERAPIST = "therapist"
    PROPOSER = "proposer"
    ARRANGER = "arranger"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """A proposal as its viewer sees it. `steps` are what this viewer may do with it now.

    The texts are None when there is none, when they are not the viewer's to read, or when the patient's key
    was destroyed; one that alarms says that somebody may be in danger. `agreement` is what the patient wrote
    to the therapist when they agreed, `seen_at` when they read how their own request ended. `from_therapist`
    is who cares for the patient until a transfer is accepted.
    """

    id: UUID
    kind: ProposalKind
    state: ProposalState
    patient: PersonRef
    therapist: PersonRef
    practice: PracticeRef
    proposed_by: PersonRef
    from_therapist: PersonRef | None
    message: str | None
    agreement: str | None
    answer: str | None
    message_alarms: bool
    agreement_alarms: bool
    answer_alarms: bool
    created_at: datetime
    due_at: datetime
    agreed_at: datetime | None
    closed_at: datetime | None
    seen_at: datetime | None
    closed_by: PersonRef | None
    assignment_id: UUID | None
    steps: frozenset[ProposalStep]

    @property
    def is_open(self) -> bool:
        return self.state.is_open

    @property
    def may_answer(self) -> bool:
        """Is it the viewer for whose yes or no this waits?"""
        return ProposalStep.ACCEPT in self.steps

    @property
    def alarms(self) -> bool:
        """Does anything that this viewer may read say that somebody may be in danger?"""
        return self.message_alarms or self.agreement_alarms or self.answer_alarms

    @property
    def may_withdraw(self) -> bool:
        return ProposalStep.WITHDRAW in self.steps


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalBrief:
    """A proposal on somebody's first page: between them and whom. `alarms`: what was written with it may mean
    that somebody is in danger.
    """

    id: UUID
    other: PersonRef
    alarms: bool
    created_at: datetime
    due_at: datetime
