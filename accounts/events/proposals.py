"""How care begins, or does not."""

from dataclasses import dataclass
from uuid import UUID

from accounts.types import ProposalKind
from bloom.kernel.events import Event

PROPOSAL = "accounts.proposal"


@dataclass(frozen=True, slots=True, kw_only=True)
class _ProposalEvent(Event):
    """`kind` says who proposed what to whom."""

    object_kind = PROPOSAL
    kind: ProposalKind
    patient_id: UUID
    therapist_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalMade(_ProposalEvent):
    name = "accounts.proposal.made"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalAlarmed(_ProposalEvent):
    """What was written with it may mean that somebody is in danger: help was shown, and it is marked.
    `reader_id` is the therapist whom a patient's words reach; None for words of others, and where no
    therapist learns of it: then `answerer_id` is who proposed it, or who answers in their place, and reads
    no words.
    """

    name = "accounts.proposal.alarmed"
    reader_id: UUID | None
    answerer_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalAgreed(_ProposalEvent):
    """The patient has said yes; now the therapist is asked."""

    name = "accounts.proposal.agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalAccepted(_ProposalEvent):
    """Both have said yes: `assignment_id` is the care that began by it."""

    name = "accounts.proposal.accepted"
    assignment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDeclined(_ProposalEvent):
    name = "accounts.proposal.declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalWithdrawn(_ProposalEvent):
    name = "accounts.proposal.withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalSeen(_ProposalEvent):
    """The patient who asked has read how it ended."""

    name = "accounts.proposal.seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalLapsed(_ProposalEvent):
    """Nobody answered in time."""

    name = "accounts.proposal.lapsed"
