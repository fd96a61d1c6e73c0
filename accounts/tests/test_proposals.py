"""How care begins: who asks whom, what follows from a yes or a no, and that two at once end in one."""

import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, connections

from accounts import errors, rules, seed, seed_connections, selectors, services
from accounts.models import Assignment, Proposal, User
from accounts.tests import factories as make
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

AT = make.AT
LATER = AT + timedelta(hours=3)
STATES = list(ProposalState)


def listed(**facts):
    therapist = make.therapist(**facts)
    make.practice_list_publicly(make.practice_of(therapist))
    return therapist


def ask(patient, therapist, message="I do not sleep.", at=AT, **more):
    return services.proposal_request(make.actor(patient), therapist.id, message, at=at, **more)


def accept(user, proposal, message="", at=LATER):
    return services.proposal_accept(make.actor(user), proposal.id, message, at=at)


def decline(user, proposal, message="", at=LATER):
    return services.proposal_decline(make.actor(user), proposal.id, message, at=at)


def cares():
    return Assignment.objects.unscoped(reason="test")


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
            services.proposal_withdraw(make.actor(therapist), asked.id, at=LATER)

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


# Races ------------------------------------------------------------------------------------------------------


def at_once(*works):
    """Each in a thread of its own, on a connection of its own; what each gave or raised."""
    ready, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        try:
            ready.wait(10)
            answers[place] = work()
        except Exception as error:
            answers[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


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
