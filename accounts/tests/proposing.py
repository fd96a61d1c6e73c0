"""Care that is asked for, as tests do it."""

from datetime import timedelta

from accounts import services
from accounts.models import Assignment
from accounts.tests import factories as make
from accounts.types import (
    ProposalState,
)

AT = make.AT
LATER = AT + timedelta(hours=3)
STATES = list(ProposalState)


def listed(**facts):
    therapist = make.therapist(**facts)
    make.practice_list_publicly(make.practice_of(therapist))
    return therapist


def ask(patient, therapist, message="I do not sleep.", at=AT, **more):
    return services.proposal_request(make.actor(patient), therapist.id, message, at=at, **more)


def answering(user, proposal):
    """Its therapist acts for its practice; everybody else for their first."""
    is_therapist = user.id == proposal.therapist.id
    return make.actor(user, practice_id=proposal.practice.id if is_therapist else None)


def accept(user, proposal, message="", at=LATER):
    return services.proposal_accept(answering(user, proposal), proposal.id, message, at=at)


def decline(user, proposal, message="", at=LATER):
    return services.proposal_decline(answering(user, proposal), proposal.id, message, at=at)


def cares():
    return Assignment.objects.unscoped(reason="test")
