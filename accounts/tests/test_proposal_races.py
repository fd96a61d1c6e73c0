"""Two answers at once: one counts."""

import pytest
from django.db import connection, connections

from accounts import errors, selectors, services
from accounts.tests import factories as make
from accounts.tests.proposing import AT, LATER, accept, ask, cares, listed
from accounts.types import (
    REQUESTS_OPEN,
    ProposalState,
)
from bloom.kernel.testing import at_once


@pytest.fixture(params=["read committed", "serializable"])
def isolation(request, monkeypatch):
    level = request.param.replace(" ", "\\ ")
    flag = f"-c default_transaction_isolation={level}"
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", flag)
    connections.close_all()
    yield request.param
    connections.close_all()


def failures(answers):
    return [answer for answer in answers if isinstance(answer, Exception)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("isolation")
class TestAtOnce:
    def test_two_acceptances_begin_one_care(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        answers = at_once(*[lambda: accept(therapist, asked)] * 4)
        lost = failures(answers)
        assert [type(each) for each in lost] == [errors.ProposalOver] * 3
        assert cares().count() == 1
        assert len(make.recorded("accounts.proposal.accepted")) == 1

    def test_accept_against_withdraw(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        answers = at_once(
            lambda: accept(therapist, asked),
            lambda: services.proposal_withdraw(make.actor(patient), asked.id, at=LATER),
        )
        assert [type(each) for each in failures(answers)] == [errors.ProposalOver]
        done = selectors.proposal_get(make.SYSTEM, asked.id)
        assert cares().exists() == (done.state is ProposalState.ACCEPTED)

    def test_accept_against_staff_who_begin_the_same(self):
        patient, therapist, admin = make.patient(), listed(), make.actor(make.admin())
        asked = ask(patient, therapist)
        at_once(
            lambda: accept(therapist, asked),
            lambda: services.assignment_start(admin, patient.id, therapist.id, None, "", at=LATER),
        )
        assert cares().filter(ended_at=None).count() == 1
        assert selectors.proposal_get(make.SYSTEM, asked.id).state is ProposalState.ACCEPTED

    def test_two_therapists_accept_their_own(self):
        patient, one, other = make.patient(), listed(), listed()
        first, second = ask(patient, one), ask(patient, other)
        answers = at_once(lambda: accept(one, first), lambda: accept(other, second))
        assert failures(answers) == []
        assert cares().filter(patient_id=patient.id, ended_at=None).count() == 2

    def test_the_last_place_among_the_requests_is_taken_once(self):
        patient = make.patient()
        for _ in range(REQUESTS_OPEN - 1):
            ask(patient, listed())
        others = [listed() for _ in range(3)]
        answers = at_once(*[lambda other=other: ask(patient, other) for other in others])
        assert [type(each) for each in failures(answers)] == [errors.RequestsFull] * 2

    def test_a_transfer_to_two_at_once_is_one(self):
        patient, therapist, others = make.patient(), make.therapist(), [listed(), listed()]
        care = make.assignment(patient, therapist)
        answers = at_once(
            *[
                lambda other=other: services.proposal_transfer(
                    make.actor(therapist), care.id, other.id, "", at=AT
                )
                for other in others
            ]
        )
        assert [type(each) for each in failures(answers)] == [errors.ProposalOpen]

    def test_a_transfer_accepted_while_its_care_is_ended(self):
        patient, therapist, other = make.patient(), make.therapist(), listed()
        care = make.assignment(patient, therapist)
        proposed = services.proposal_transfer(make.actor(therapist), care.id, other.id, "", at=AT)
        accept(patient, proposed)
        at_once(
            lambda: accept(other, proposed),
            lambda: services.assignment_end(make.actor(patient), care.id, "", at=LATER),
        )
        assert not selectors.assignment_is_active(make.SYSTEM, patient.id, therapist.id)
        assert selectors.assignment_is_active(make.SYSTEM, patient.id, other.id)
        assert len(make.recorded("accounts.assignment.ended")) == 1
