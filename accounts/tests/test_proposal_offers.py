"""Care that others propose: offered, handed on; and who sees what of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts import errors, selectors, services
from accounts.models import Proposal
from accounts.tests import factories as make
from accounts.tests.proposing import AT, LATER, accept, ask, cares, decline, listed
from accounts.types import (
    LAPSE_DAYS,
    ProposalState,
    ProposalStep,
)
from bloom.kernel import vault
from bloom.kernel.errors import NotAllowed, NotFound


@pytest.mark.django_db
class TestOffer:
    def house(self):
        owner, colleague = make.therapist(), make.person(None)
        services.role_grant(make.SYSTEM, colleague.id, "therapist", at=AT)
        practice_id = make.practice(owner, colleague)
        patient = make.patient()
        make.assignment(patient, owner, practice_id=practice_id)
        return make.actor(owner, practice_id=practice_id), owner, colleague, patient, practice_id

    def test_the_patient_is_asked_first_and_then_the_therapist(self):
        as_owner, _owner, colleague, patient, practice_id = self.house()
        offered = services.proposal_offer(
            as_owner, patient.id, colleague.id, practice_id, "She knows your kind of work.", at=AT
        )
        assert offered.state is ProposalState.WITH_PATIENT
        with pytest.raises(NotFound):
            selectors.proposal_get(make.actor(colleague), offered.id)
        with pytest.raises(NotFound):
            accept(colleague, offered)
        agreed = accept(patient, offered)
        assert (agreed.state, agreed.steps) == (ProposalState.WITH_THERAPIST, {ProposalStep.WITHDRAW})
        assert agreed.due_at == LATER + timedelta(days=LAPSE_DAYS)
        assert len(make.recorded("accounts.proposal.agreed")) == 1
        assert accept(colleague, offered).state is ProposalState.ACCEPTED
        assert cares().filter(therapist_id=colleague.id, patient_id=patient.id).exists()

    def test_a_patients_no_is_the_end_of_it(self):
        as_owner, _owner, colleague, patient, practice_id = self.house()
        offered = services.proposal_offer(as_owner, patient.id, colleague.id, practice_id, "", at=AT)
        assert decline(patient, offered).state is ProposalState.DECLINED
        with pytest.raises(NotFound):
            selectors.proposal_get(make.actor(colleague), offered.id)
        with pytest.raises(errors.AskedRecently):
            services.proposal_offer(as_owner, patient.id, colleague.id, practice_id, "", at=LATER)
        # The patient who said no may think again.
        make.practice_list_publicly(practice_id)
        assert ask(patient, colleague, at=LATER).is_open

    def test_an_owner_who_is_the_therapist_has_said_yes_already(self):
        owner, colleague, patient = make.therapist(), make.therapist(), make.patient()
        practice_id = make.practice(owner, colleague)
        make.assignment(patient, colleague, practice_id=practice_id)
        as_owner = make.actor(owner, practice_id=practice_id)
        offered = services.proposal_offer(as_owner, patient.id, owner.id, practice_id, "", at=AT)
        assert accept(patient, offered).state is ProposalState.ACCEPTED

    @pytest.mark.parametrize("who", [make.support, make.admin])
    def test_platform_staff_offer_and_read_no_answer(self, who):
        staff, patient, therapist = make.actor(who()), make.patient(), make.therapist()
        offered = services.proposal_offer(staff, patient.id, therapist.id, None, "You asked us.", at=AT)
        assert offered.message == "You asked us."
        decline(patient, offered, "I am in hospital.")
        seen = selectors.proposal_get(staff, offered.id)
        assert (seen.state, seen.answer) == (ProposalState.DECLINED, None)

    def test_staff_do_not_read_what_a_patient_writes(self):
        asked = ask(make.patient(), listed())
        for user in (make.support(), make.admin()):
            assert selectors.proposal_get(make.actor(user), asked.id).message is None

    @pytest.mark.parametrize("who", ["patient", "clinician", "stranger"])
    def test_others_may_not(self, who):
        _as_owner, _owner, colleague, patient, practice_id = self.house()
        actor = {
            "patient": make.actor(patient),
            "clinician": make.actor(colleague, practice_id=practice_id),
            "stranger": make.actor(make.therapist()),
        }[who]
        with pytest.raises((NotAllowed, NotFound)):
            services.proposal_offer(actor, patient.id, colleague.id, practice_id, "", at=AT)
        assert not Proposal.objects.unscoped(reason="test").exists()

    def test_whoever_arranges_takes_it_back(self):
        as_owner, _owner, colleague, patient, practice_id = self.house()
        offered = services.proposal_offer(as_owner, patient.id, colleague.id, practice_id, "", at=AT)
        done = services.proposal_withdraw(make.actor(make.support()), offered.id, at=LATER)
        assert done.state is ProposalState.WITHDRAWN


@pytest.mark.django_db
class TestTransfer:
    def setup_method(self):
        self.patient, self.therapist, self.other = make.patient(), make.therapist(), listed()
        self.care = make.assignment(self.patient, self.therapist)

    def propose(self, at=AT, message="She has evening hours.", actor=None, to=None):
        return services.proposal_transfer(
            actor or make.actor(self.therapist), self.care.id, (to or self.other).id, message, at=at
        )

    def test_both_say_yes_and_one_care_follows_the_other(self):
        proposed = self.propose()
        assert proposed.practice.id == make.practice_of(self.other)
        accept(self.patient, proposed)
        assert selectors.assignment_get(make.actor(self.patient), self.care.id).is_active
        seen = selectors.proposal_get(make.actor(self.other), proposed.id)
        assert (seen.message, seen.from_therapist.id) == ("She has evening hours.", self.therapist.id)
        done = accept(self.other, proposed, "Welcome.")
        assert done.state is ProposalState.ACCEPTED
        before = selectors.assignment_get(make.actor(self.therapist), self.care.id)
        assert (before.is_active, before.ended_at) == (False, LATER)
        assert before.end_reason == f"Moved to the care of {self.other.name}."
        after = selectors.assignment_get(make.actor(self.patient), done.assignment_id)
        assert (after.is_active, after.started_at) == (True, LATER)
        assert selectors.proposal_get(make.actor(self.therapist), proposed.id).answer == "Welcome."

    def test_what_the_patient_writes_with_a_yes_is_sealed_for_the_therapist_who_is_asked_next(self):
        proposed = self.propose()
        accept(self.patient, proposed, "I would like mornings.")
        row = Proposal.objects.unscoped(reason="what a test made").get(id=proposed.id)
        assert b"mornings" not in bytes(row.agreement)
        for reader in (self.patient, self.other):
            seen = selectors.proposal_get(make.actor(reader), proposed.id)
            assert seen.agreement == "I would like mornings."
        for other in (self.therapist, make.admin()):
            assert selectors.proposal_get(make.actor(other), proposed.id).agreement is None
        # The therapist's own answer does not replace it.
        accept(self.other, proposed, "Mornings it is.")
        seen = selectors.proposal_get(make.actor(self.patient), proposed.id)
        assert (seen.agreement, seen.answer) == ("I would like mornings.", "Mornings it is.")

    def test_nobody_elsewhere_learns_of_it_before_the_patient_agrees(self):
        proposed = self.propose()
        with pytest.raises(NotFound) as refused:
            selectors.proposal_get(make.actor(self.other), proposed.id)
        assert refused.value.exists
        assert selectors.proposal_list(make.actor(self.other)).items == []

    def test_without_the_patients_yes_nothing_moves(self):
        proposed = self.propose()
        decline(self.patient, proposed, "I want to stay.")
        assert selectors.assignment_get(make.actor(self.patient), self.care.id).is_active
        assert selectors.proposal_get(make.actor(self.therapist), proposed.id).answer == "I want to stay."

    def test_without_the_other_therapists_yes_the_care_stays(self):
        proposed = self.propose()
        accept(self.patient, proposed)
        decline(self.other, proposed, "I am full.")
        assert selectors.assignment_get(make.actor(self.patient), self.care.id).is_active

    def test_a_patient_thinks_again(self):
        proposed = self.propose()
        accept(self.patient, proposed)
        services.proposal_withdraw(make.actor(self.patient), proposed.id, at=LATER)
        with pytest.raises(errors.ProposalOver):
            accept(self.other, proposed)
        assert selectors.assignment_get(make.actor(self.patient), self.care.id).is_active

    def test_the_care_has_ended_meanwhile(self):
        proposed = self.propose()
        accept(self.patient, proposed)
        services.assignment_end(make.actor(self.patient), self.care.id, "", at=LATER)
        assert accept(self.other, proposed).state is ProposalState.ACCEPTED
        assert selectors.assignment_is_active(make.SYSTEM, self.patient.id, self.other.id)

    def test_one_transfer_at_a_time(self):
        self.propose()
        with pytest.raises(errors.ProposalOpen):
            self.propose(to=listed())

    def test_care_that_is_over_goes_nowhere(self):
        services.assignment_end(make.actor(self.therapist), self.care.id, "", at=AT)
        with pytest.raises(errors.AssignmentOver):
            self.propose()

    def test_not_to_oneself_and_not_to_who_has_them(self):
        with pytest.raises(errors.AlreadyAssigned):
            self.propose(to=self.therapist)

    @pytest.mark.parametrize("who", ["patient", "stranger"])
    def test_others_may_not(self, who):
        actor = make.actor({"patient": self.patient, "stranger": make.therapist()}[who])
        with pytest.raises((NotAllowed, NotFound)):
            self.propose(actor=actor)

    @pytest.mark.parametrize("who", [make.support, make.admin])
    def test_platform_staff_may(self, who):
        assert self.propose(actor=make.actor(who())).state is ProposalState.WITH_PATIENT

    def test_a_token_stays_in_its_practice(self):
        token = replace(make.actor(self.therapist), token_id=make.NOBODY)
        with pytest.raises(NotAllowed):
            self.propose(actor=token)

    def test_begun_directly_it_does_not_end_what_was(self):
        proposed = self.propose()
        admin = make.actor(make.admin())
        services.assignment_start(admin, self.patient.id, self.other.id, None, "", at=LATER)
        assert selectors.proposal_get(admin, proposed.id).state is ProposalState.WITHDRAWN
        assert selectors.assignment_get(admin, self.care.id).is_active

    def test_a_failure_on_the_way_leaves_all_as_it_was(self, monkeypatch):
        proposed = self.propose()
        accept(self.patient, proposed)
        make.assignment(self.patient, self.other, practice_id=make.practice_of(self.other))
        proposal = Proposal.objects.unscoped(reason="as if both had come at once")
        proposal.update(state="with_therapist", closed_at=None, closed_by=None)
        with pytest.raises(errors.AlreadyAssigned):
            accept(self.other, proposed)
        assert selectors.assignment_get(make.actor(self.patient), self.care.id).is_active


@pytest.mark.django_db
class TestSeeing:
    def test_each_sees_their_own(self):
        patient, therapist = make.patient(), listed()
        mine, theirs = ask(patient, therapist), ask(make.patient(), listed())

        def seen(user):
            return {each.id for each in selectors.proposal_list(make.actor(user)).items}

        assert seen(patient) == seen(therapist) == {mine.id}
        assert seen(make.support()) == {mine.id, theirs.id}
        assert seen(make.patient()) == seen(make.therapist()) == set()

    def test_an_owner_sees_that_somebody_asked_and_not_why(self):
        owner, clinician, patient = make.therapist(), make.person(None), make.patient()
        services.role_grant(make.SYSTEM, clinician.id, "therapist", at=AT)
        practice_id = make.practice(owner, clinician, is_listed=True)
        asked = ask(patient, clinician, practice_id=practice_id)
        seen = selectors.proposal_get(make.actor(owner, practice_id=practice_id), asked.id)
        assert (seen.message, seen.steps) == (None, {ProposalStep.WITHDRAW})
        with pytest.raises(NotFound):
            selectors.proposal_get(replace(make.actor(owner), practice_id=None), asked.id)

    def test_a_token_sees_its_practice_and_no_other(self):
        therapist = make.therapist()
        here, there = make.practice_of(therapist), make.practice(make.therapist(), therapist, is_listed=True)
        make.practice_list_publicly(here)
        ours = ask(make.patient(), therapist, practice_id=here)
        ask(make.patient(), therapist, practice_id=there)
        token = replace(make.actor(therapist, practice_id=here), token_id=make.NOBODY)
        assert [each.id for each in selectors.proposal_list(token).items] == [ours.id]

    def test_pages_follow_each_other(self):
        therapist = listed()
        made = [ask(make.patient(), therapist, at=AT + timedelta(minutes=n // 2)).id for n in range(5)]
        actor, found, cursor = make.actor(therapist), [], None
        while True:
            page = selectors.proposal_list(actor, is_open=True, limit=2, cursor=cursor)
            found += [each.id for each in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(found) == sorted(made)

    def test_costs_the_same_for_one_and_for_many(self, django_assert_num_queries):
        therapist = listed()
        actor = make.actor(therapist)
        for count in (1, 9):
            for _each in range(count):
                ask(make.patient(), therapist)
            vault.cache_clear()
            vault.keys_load([])
            with django_assert_num_queries(4):
                selectors.proposal_list(actor)
