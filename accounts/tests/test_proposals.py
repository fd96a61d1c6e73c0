"""How care is asked for, and what becomes of it."""

import random
from datetime import timedelta

import pytest

from accounts import errors, rules, seed, seed_connections, selectors, services
from accounts.models import Proposal, User
from accounts.tests import factories as make
from accounts.tests.proposing import AT, LATER, STATES, accept, ask, cares, decline, listed
from accounts.types import (
    COOL_DOWN_DAYS,
    LAPSE_DAYS,
    REQUESTS_OPEN,
    REQUESTS_PER_DAY,
    ProposalKind,
    ProposalParty,
    ProposalState,
    ProposalStep,
)
from bloom.kernel import vault
from bloom.kernel.errors import Invalid, NotAllowed, NotFound, RateLimited
from bloom.kernel.registry import SeedContext


class TestRules:
    @pytest.mark.parametrize("state", STATES)
    def test_what_is_over_stays_over(self, state):
        everything = frozenset(ProposalParty)
        assert bool(rules.proposal_steps(state, everything)) == state.is_open

    @pytest.mark.parametrize("party", list(ProposalParty))
    def test_only_whose_turn_it_is_answers(self, party):
        for state, turn in [
            (ProposalState.WITH_PATIENT, ProposalParty.PATIENT),
            (ProposalState.WITH_THERAPIST, ProposalParty.THERAPIST),
        ]:
            steps = rules.proposal_steps(state, {party})
            assert (ProposalStep.ACCEPT in steps) == (ProposalStep.DECLINE in steps) == (party is turn)

    def test_nobody_without_a_part_does_anything(self):
        assert not any(rules.proposal_steps(state, ()) for state in STATES)

    def test_care_never_begins_without_the_patients_yes(self):
        for kind in ProposalKind:
            first = rules.proposal_first_state(kind)
            assert (first is ProposalState.WITH_THERAPIST) == (kind is ProposalKind.REQUEST)


@pytest.mark.django_db
class TestRequest:
    def test_a_patient_asks_and_the_therapist_accepts(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        assert (asked.kind, asked.state) == (ProposalKind.REQUEST, ProposalState.WITH_THERAPIST)
        assert asked.steps == {ProposalStep.WITHDRAW}
        assert asked.due_at == AT + timedelta(days=LAPSE_DAYS)
        seen = selectors.proposal_get(make.actor(therapist), asked.id)
        assert (seen.message, seen.may_answer) == ("I do not sleep.", True)
        assert selectors.proposals_waiting_count(make.actor(therapist)) == 1
        assert selectors.proposals_waiting_count(make.actor(patient)) == 0
        done = accept(therapist, asked, "Come on Tuesday.")
        assert done.state is ProposalState.ACCEPTED
        assert done.closed_by.id == therapist.id
        care = cares().get()
        assert done.assignment_id == care.id
        assert (care.practice_id, care.started_at) == (make.practice_of(therapist), LATER)
        assert selectors.assignment_is_active(make.SYSTEM, patient.id, therapist.id)
        told = selectors.proposal_get(make.actor(patient), asked.id)
        assert (told.answer, told.steps) == ("Come on Tuesday.", frozenset())
        assert selectors.proposals_waiting_count(make.actor(therapist)) == 0

    def test_each_step_is_on_record_without_words(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        accept(therapist, asked, "Come on Tuesday.")
        (made,) = make.recorded("accounts.proposal.made")
        assert (made.actor_user_id, made.subject_id, made.object_id) == (patient.id, patient.id, asked.id)
        assert made.data == {
            "kind": "request",
            "patient_id": str(patient.id),
            "therapist_id": str(therapist.id),
        }
        (accepted,) = make.recorded("accounts.proposal.accepted")
        assert accepted.data["assignment_id"] == str(cares().get().id)
        assert len(make.recorded("accounts.assignment.started")) == 1

    def test_the_words_are_sealed_with_the_patients_key(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        decline(therapist, asked, "I am full, sorry.")
        row = Proposal.objects.unscoped(reason="what the table holds").get()
        assert b"sleep" not in bytes(row.message)
        assert b"full" not in bytes(row.answer)
        vault.key_destroy(make.SYSTEM, patient.id, at=AT)
        gone = selectors.proposal_get(make.actor(therapist), asked.id)
        assert (gone.message, gone.answer) == (None, None)

    def test_a_therapist_declines_with_a_message(self):
        patient, therapist = make.patient(), listed()
        done = decline(therapist, ask(patient, therapist), "I am full until spring.")
        assert done.state is ProposalState.DECLINED
        assert selectors.proposal_get(make.actor(patient), done.id).answer == "I am full until spring."
        assert not cares().exists()
        assert len(make.recorded("accounts.proposal.declined")) == 1

    def test_a_patient_withdraws(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        done = services.proposal_withdraw(make.actor(patient), asked.id, at=LATER)
        assert done.state is ProposalState.WITHDRAWN
        with pytest.raises(errors.ProposalOver):
            accept(therapist, asked)
        assert not cares().exists()

    def test_a_therapist_does_not_withdraw_what_they_are_asked(self):
        patient, therapist = make.patient(), make.therapist()
        practice_id = make.practice(make.therapist(), therapist, is_listed=True)
        asked = ask(patient, therapist, practice_id=practice_id)
        with pytest.raises(NotAllowed):
            services.proposal_withdraw(make.actor(therapist, practice_id=practice_id), asked.id, at=LATER)

    def test_nobody_answers_for_the_therapist(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        for user in (patient, make.admin(), make.support()):
            with pytest.raises(NotAllowed):
                accept(user, asked)
            with pytest.raises(NotAllowed):
                decline(user, asked)
        for user in (make.patient(), make.therapist()):
            with pytest.raises(NotFound) as refused:
                accept(user, asked)
            assert refused.value.exists
        assert not cares().exists()

    def test_a_practice_asked_is_one_where_they_work(self):
        patient, therapist = make.patient(), make.therapist()
        group = make.practice(make.therapist(), therapist, is_listed=True)
        # Their own practice shows nobody: care would begin at the group's.
        own = next(each.id for each in selectors.practice_list(make.actor(therapist)) if each.id != group)
        services.practice_list(make.SYSTEM, own, listed=False, at=AT)
        assert ask(patient, therapist).practice.id == group
        with pytest.raises(Invalid):
            ask(make.patient(), therapist, practice_id=make.practice_of(make.therapist()))
        with pytest.raises(Invalid):
            ask(make.patient(), therapist, practice_id=own)

    def test_whom_one_cannot_find_one_cannot_ask(self):
        with pytest.raises(NotFound) as refused:
            ask(make.patient(), make.therapist())
        assert refused.value.exists

    def test_only_patients_ask(self):
        with pytest.raises(NotAllowed):
            ask(make.therapist(), listed())

    def test_nobody_asks_themselves(self):
        both = listed()
        services.role_grant(make.SYSTEM, both.id, "patient", at=AT)
        with pytest.raises(errors.OwnTherapist):
            ask(both, both)

    def test_in_care_already(self):
        patient, therapist = make.patient(), listed()
        make.assignment(patient, therapist)
        with pytest.raises(errors.AlreadyAssigned):
            ask(patient, therapist)

    def test_once_is_enough(self):
        patient, therapist = make.patient(), listed()
        ask(patient, therapist)
        with pytest.raises(errors.ProposalOpen):
            ask(patient, therapist)

    @pytest.mark.parametrize(("text", "field"), [("x" * 2001, "message"), ("a\x00b", "message")])
    def test_text_that_cannot_be_kept(self, text, field):
        with pytest.raises(Invalid) as refused:
            ask(make.patient(), listed(), text)
        assert set(refused.value.errors) == {field}

    def test_who_takes_nobody_is_not_asked(self):
        patient, therapist = make.patient(), listed()
        services.listing_change(make.actor(therapist), {"accepts_new": False}, at=AT)
        with pytest.raises(errors.NotAccepting):
            ask(patient, therapist)

    def test_few_wait_at_once(self):
        patient = make.patient()
        asked = [ask(patient, listed()) for _ in range(REQUESTS_OPEN)]
        with pytest.raises(errors.RequestsFull):
            ask(patient, listed())
        services.proposal_withdraw(make.actor(patient), asked[0].id, at=LATER)
        ask(patient, listed())

    def test_few_in_a_day(self):
        patient = make.patient()
        for _ in range(REQUESTS_PER_DAY):
            asked = ask(patient, listed())
            services.proposal_withdraw(make.actor(patient), asked.id, at=AT)
        with pytest.raises(RateLimited) as refused:
            ask(patient, listed(), at=LATER)
        assert refused.value.retry_after == pytest.approx(21 * 3600, abs=2)
        ask(patient, listed(), at=AT + timedelta(days=1))

    def test_who_was_declined_waits(self):
        patient, therapist = make.patient(), listed()
        decline(therapist, ask(patient, therapist))
        with pytest.raises(errors.AskedRecently) as refused:
            ask(patient, therapist, at=LATER + timedelta(days=COOL_DOWN_DAYS - 1))
        assert refused.value.fields == {"again_on": "2026-12-02"}
        assert ask(patient, therapist, at=LATER + timedelta(days=COOL_DOWN_DAYS)).is_open

    def test_who_left_this_care_may_ask_for_it_again(self):
        patient, therapist = make.patient(), listed()
        care = make.assignment(patient, therapist)
        services.assignment_end(make.actor(patient), care.id, "", at=AT)
        assert accept(therapist, ask(patient, therapist)).state is ProposalState.ACCEPTED

    def test_the_therapist_has_left_the_practice_meanwhile(self):
        patient, therapist = make.patient(), make.person(None)
        services.role_grant(make.SYSTEM, therapist.id, "therapist", at=AT)
        group = make.practice(make.therapist(), is_listed=True)
        member = services.membership_start(make.SYSTEM, group, therapist.id, "clinician", at=AT)
        make.listing(therapist)
        asked = ask(patient, therapist, practice_id=group)
        services.membership_end(make.actor(make.admin()), member, at=AT)
        with pytest.raises(NotFound):
            services.proposal_accept(make.actor(therapist), asked.id, at=LATER)
        # A request that began while they still worked there.
        with pytest.raises(Invalid):
            accept(therapist, asked)
        assert not cares().exists()

    def test_staff_who_begin_that_care_answer_the_request(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        admin = make.actor(make.admin())
        care = services.assignment_start(admin, patient.id, therapist.id, None, "", at=LATER)
        done = selectors.proposal_get(make.actor(patient), asked.id)
        assert (done.state, done.assignment_id) == (ProposalState.ACCEPTED, care.id)


@pytest.mark.django_db
class TestLapse:
    def test_what_nobody_answers_is_over(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        fresh = ask(patient, listed(), at=LATER)
        (lapsed,) = services.proposals_lapse(make.SYSTEM, at=asked.due_at)
        assert (lapsed.id, lapsed.state) == (asked.id, ProposalState.LAPSED)
        assert services.proposals_lapse(make.SYSTEM, at=asked.due_at) == []
        assert selectors.proposal_get(make.actor(patient), fresh.id).is_open
        (event,) = make.recorded("accounts.proposal.lapsed")
        assert event.object_id == asked.id
        # It was not declined, so the patient may ask again.
        ask(patient, therapist, at=asked.due_at)

    def test_it_is_over_before_the_sweep_has_come(self):
        patient, therapist = make.patient(), listed()
        asked = ask(patient, therapist)
        with pytest.raises(errors.ProposalOver):
            accept(therapist, asked, at=asked.due_at)

    def test_only_the_sweep_does_it(self):
        with pytest.raises(NotAllowed):
            services.proposals_lapse(make.actor(make.admin()), at=AT)


@pytest.mark.django_db
def test_the_demos_connections():
    """What the seed makes is what the services would have made, twice the same and once only."""
    context = SeedContext(seed=1, scale=0, at=AT, random=random.Random(1), say=lambda text: None)
    seed.people(context)
    for _ in range(2):
        seed_connections.connections(context)
    admin = make.actor(User.objects.get(email="admin@bloom.demo"))
    found = selectors.proposal_list(admin).items
    states = sorted(each.state.value for each in found)
    assert states == ["declined", "with_patient", *["with_therapist"] * 3]
    assert len(make.recorded("accounts.proposal.made")) == len(found)
    therapist = make.actor(User.objects.get(email="therapist@bloom.demo"))
    assert selectors.proposals_waiting_count(therapist) == 2
    patient2 = User.objects.get(email="patient2@bloom.demo")
    (transfer,) = selectors.proposals_own(make.actor(patient2))
    assert transfer.may_answer
    assert "night shifts" in transfer.message
    patient = User.objects.get(email="patient@bloom.demo")
    (declined,) = selectors.proposal_list(make.actor(patient), is_open=False).items
    assert "Thank you for writing." in declined.answer
    assert accept(patient2, transfer, at=AT).state is ProposalState.WITH_THERAPIST
