"""Care: who may begin and end it, who sees it, and that it exists once."""

import threading
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections

from accounts import errors, selectors, services
from accounts.models import Assignment
from accounts.tests import factories as make
from accounts.types import MembershipRole
from bloom.kernel import db, vault
from bloom.kernel.errors import Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db

LATER = make.AT + timedelta(days=30)


def start(actor, patient, therapist, practice_id=None, reason="Referred by a friend."):
    return services.assignment_start(actor, patient.id, therapist.id, practice_id, reason, at=make.AT)


class TestStart:
    @pytest.mark.parametrize("who", [make.support, make.admin])
    def test_platform_staff_begin_care(self, who):
        patient, therapist = make.patient(), make.therapist()
        care = start(make.actor(who()), patient, therapist)
        assert care.patient.id == patient.id
        assert care.therapist.id == therapist.id
        assert care.practice_id == make.practice_of(therapist)
        assert selectors.assignment_get(make.actor(therapist), care.id).reason == "Referred by a friend."
        assert care.is_active
        assert selectors.assignment_is_active(make.SYSTEM, patient.id, therapist.id)

    def test_leaves_a_record_without_words(self):
        staff, patient, therapist = make.support(), make.patient(), make.therapist()
        care = start(make.actor(staff), patient, therapist, reason="Panic attacks since May.")
        (event,) = make.recorded("accounts.assignment.started")
        assert event.object_id == care.id
        assert event.subject_id == patient.id
        assert event.practice_id == care.practice_id
        assert event.actor_user_id == staff.id
        assert event.data == {"patient_id": str(patient.id), "therapist_id": str(therapist.id)}

    def test_the_reason_is_sealed_with_the_patients_key(self):
        patient, therapist = make.patient(), make.therapist()
        care = start(make.actor(make.admin()), patient, therapist, reason="Panic attacks since May.")
        stored = Assignment.objects.unscoped(reason="what the table holds").get()
        assert b"Panic" not in bytes(stored.reason)
        vault.key_destroy(make.SYSTEM, patient.id, at=make.AT)
        assert selectors.assignment_get(make.actor(therapist), care.id).reason is None

    def test_its_owner_begins_care_in_a_practice_with_patients_it_knows(self):
        owner, colleague, patient = make.therapist(), make.person(None), make.patient()
        services.role_grant(make.SYSTEM, colleague.id, "therapist", at=make.AT)
        practice_id = make.practice(owner, colleague)
        make.assignment(patient, owner, practice_id=practice_id)
        care = start(make.actor(owner, practice_id=practice_id), patient, colleague, practice_id)
        assert care.practice_id == practice_id

    def test_an_owner_does_not_take_a_stranger(self):
        owner, stranger = make.therapist(), make.patient()
        with pytest.raises(NotFound) as refused:
            start(make.actor(owner), stranger, owner)
        assert refused.value.exists

    def test_an_owner_does_not_arrange_another_practice(self):
        owner, other, patient = make.therapist(), make.therapist(), make.patient()
        make.assignment(patient, owner)
        make.practice_list_publicly(make.practice_of(other))
        with pytest.raises(NotAllowed):
            start(make.actor(owner), patient, other, make.practice_of(other))

    def test_owning_one_practice_says_nothing_about_the_one_acted_for(self):
        owner, employer, patient = make.therapist(), make.therapist(), make.patient()
        practice_id = make.practice(employer, owner)
        make.assignment(patient, owner, practice_id=practice_id)
        acting_there = make.actor(owner, practice_id=practice_id)
        with pytest.raises(NotAllowed):
            start(acting_there, patient, owner, practice_id)
        with pytest.raises(NotAllowed):
            start(acting_there, patient, owner, make.practice_of(owner))

    @pytest.mark.parametrize("who", ["patient", "clinician"])
    def test_others_may_not(self, who):
        owner, clinician, patient = make.therapist(), make.therapist(), make.patient()
        practice_id = make.practice(owner, clinician)
        make.assignment(patient, clinician, practice_id=practice_id)
        actor = make.actor(patient) if who == "patient" else make.actor(clinician, practice_id=practice_id)
        with pytest.raises(NotAllowed):
            start(actor, patient, owner, practice_id)
        assert Assignment.objects.unscoped(reason="test").count() == 1

    def test_people_must_be_what_they_are_taken_for(self):
        admin, patient, therapist = make.actor(make.admin()), make.patient(), make.therapist()
        for one, other, field in [
            (therapist, therapist, "patient"),
            (patient, patient, "therapist"),
            (patient, make.support(), "therapist"),
        ]:
            with pytest.raises(Invalid) as refused:
                start(admin, one, other)
            assert set(refused.value.errors) == {field}

    def test_a_therapist_cannot_be_their_own(self):
        both = make.therapist()
        services.role_grant(make.SYSTEM, both.id, "patient", at=make.AT)
        with pytest.raises(errors.OwnTherapist):
            start(make.actor(make.admin()), both, both)

    def test_the_therapist_must_work_there(self):
        with pytest.raises(Invalid):
            start(
                make.actor(make.admin()), make.patient(), make.therapist(), make.practice_of(make.therapist())
            )

    def test_the_practice_is_asked_for_when_there_are_several(self):
        therapist = make.therapist()
        make.practice(make.therapist(), therapist)
        with pytest.raises(Invalid) as refused:
            start(make.actor(make.admin()), make.patient(), therapist)
        assert set(refused.value.errors) == {"practice"}

    @pytest.mark.parametrize("reason", ["x" * 501, "a\x00b"])
    def test_refuses_reasons_that_cannot_be_kept(self, reason):
        with pytest.raises(Invalid):
            start(make.actor(make.admin()), make.patient(), make.therapist(), reason=reason)

    def test_once_at_a_time(self):
        admin, patient, therapist = make.actor(make.admin()), make.patient(), make.therapist()
        care = start(admin, patient, therapist)
        with pytest.raises(errors.AlreadyAssigned):
            start(admin, patient, therapist)
        services.assignment_end(admin, care.id, "Moved.", at=LATER)
        assert services.assignment_start(admin, patient.id, therapist.id, None, "", at=LATER).is_active

    @pytest.mark.parametrize("ended_by", ["patient", "staff"])
    def test_a_therapist_does_not_take_back_who_left_or_was_taken_from_them(self, ended_by):
        patient, therapist, staff = make.patient(), make.therapist(), make.support()
        first = make.assignment(patient, therapist)
        services.assignment_end(make.actor(therapist), first.id, "", at=make.AT)
        actor = make.actor(therapist)
        care = services.assignment_start(actor, patient.id, therapist.id, None, "", at=LATER)
        enders = {"patient": patient, "staff": staff}
        services.assignment_end(make.actor(enders[ended_by]), care.id, "", at=LATER)
        with pytest.raises(errors.CareEndedByOther) as refused:
            services.assignment_start(actor, patient.id, therapist.id, None, "", at=LATER)
        assert refused.value.object_id == patient.id
        assert not selectors.assignment_is_active(make.SYSTEM, patient.id, therapist.id)
        again = services.assignment_start(make.actor(staff), patient.id, therapist.id, None, "", at=LATER)
        assert again.is_active

    def test_nor_does_the_owner_for_a_colleague_but_whom_they_took_out_they_bring_back(self):
        owner, colleague, patient = make.therapist(), make.therapist(), make.patient()
        practice_id = make.practice(owner, colleague)
        care = make.assignment(patient, colleague, practice_id=practice_id)
        acting = make.actor(owner, practice_id=practice_id)
        services.assignment_end(acting, care.id, "", at=make.AT)
        care = start(acting, patient, colleague, practice_id)
        services.assignment_end(make.actor(patient), care.id, "", at=LATER)
        with pytest.raises(errors.CareEndedByOther):
            services.assignment_start(acting, patient.id, colleague.id, practice_id, "", at=LATER)

    def test_works_when_the_first_try_fails(self):
        with db.failing_once():
            care = start(make.actor(make.admin()), make.patient(), make.therapist())
        assert Assignment.objects.unscoped(reason="test").get().id == care.id
        assert len(make.recorded("accounts.assignment.started")) == 1


class TestEnd:
    @pytest.fixture
    def care(self):
        return make.assignment(make.patient(), make.therapist())

    def user(self, user_id):
        from accounts.models import User

        return User.objects.get(id=user_id)

    def test_the_therapist_ends_it_with_a_reason(self, care):
        ended = services.assignment_end(
            make.actor(self.user(care.therapist.id)), care.id, "Goals reached.", at=LATER
        )
        assert ended.ended_at == LATER
        assert ended.end_reason == "Goals reached."
        assert not selectors.assignment_is_active(make.SYSTEM, care.patient.id, care.therapist.id)
        assert selectors.assignment_between(make.SYSTEM, care.patient.id, care.therapist.id)
        (event,) = make.recorded("accounts.assignment.ended")
        assert event.object_id == care.id

    def test_the_patient_ends_it(self, care):
        patient = self.user(care.patient.id)
        ended = services.assignment_end(make.actor(patient), care.id, "It did not help.", at=LATER)
        assert (ended.ended_at, ended.end_reason) == (LATER, "It did not help.")
        assert not selectors.assignment_is_active(make.SYSTEM, care.patient.id, care.therapist.id)
        (event,) = make.recorded("accounts.assignment.ended")
        assert event.actor_user_id == patient.id

    def test_a_colleague_of_the_practice_does_not_end_it(self):
        owner, colleague = make.therapist(), make.therapist()
        practice_id = make.practice(owner, colleague)
        care = make.assignment(make.patient(), owner, practice_id=practice_id)
        with pytest.raises(NotFound):
            services.assignment_end(make.actor(colleague, practice_id=practice_id), care.id, "", at=LATER)
        assert make.recorded("accounts.assignment.ended") == []

    @pytest.mark.parametrize("who", [make.patient, make.therapist])
    def test_to_strangers_it_does_not_exist(self, care, who):
        with pytest.raises(NotFound) as refused:
            services.assignment_end(make.actor(who()), care.id, "", at=LATER)
        assert refused.value.exists

    def test_twice_is_a_conflict(self, care):
        admin = make.actor(make.admin())
        services.assignment_end(admin, care.id, "", at=LATER)
        with pytest.raises(errors.AssignmentOver):
            services.assignment_end(admin, care.id, "", at=LATER)
        assert len(make.recorded("accounts.assignment.ended")) == 1


class TestSeeing:
    def test_each_sees_their_own(self):
        patient, other = make.patient(), make.patient()
        therapist, colleague = make.therapist(), make.therapist()
        mine = make.assignment(patient, therapist)
        theirs = make.assignment(other, colleague)

        def seen(user, **facts):
            return {care.id for care in selectors.assignment_list(make.actor(user, **facts)).items}

        assert seen(patient) == seen(therapist) == {mine.id}
        assert seen(other) == seen(colleague) == {theirs.id}
        assert seen(make.support()) == {mine.id, theirs.id}
        assert seen(make.patient()) == seen(make.therapist()) == set()

    def test_a_session_and_a_token_see_their_practice_and_no_other(self):
        therapist, patient, other = make.therapist(), make.patient(), make.patient()
        here = make.practice_of(therapist)
        there = make.practice(make.therapist(), therapist)
        ours = make.assignment(patient, therapist, practice_id=here)
        theirs = make.assignment(other, therapist, practice_id=there)
        session = make.actor(therapist, practice_id=here)
        token = replace(session, token_id=uuid.uuid4())

        def seen(actor):
            return {care.id for care in selectors.assignment_list(actor).items}

        assert seen(make.actor(other)) == seen(make.actor(therapist, practice_id=there)) == {theirs.id}
        for actor in (session, token):
            assert seen(actor) == {ours.id}
            with pytest.raises(NotFound):
                services.assignment_end(actor, theirs.id, "", at=LATER)
            assert selectors.assignment_get_active(actor, other.id, therapist.id) is None
            found = selectors.people_list(actor, role="patient").items
            assert {person.id for person in found} == {patient.id}

    def test_why_is_for_the_two_and_for_who_answers_for_the_practice(self):
        owner, therapist, patient = make.therapist(), make.therapist(), make.patient()
        practice_id = make.practice(owner, therapist)
        care = make.assignment(patient, therapist, practice_id=practice_id, reason="Panic attacks.")
        carer = make.actor(therapist, practice_id=practice_id)
        services.assignment_end(carer, care.id, "Moved.", at=LATER)

        def told(actor):
            seen = selectors.assignment_get(actor, care.id)
            assert [seen] == selectors.assignment_list(actor).items
            return (seen.reason, seen.end_reason)

        why = ("Panic attacks.", "Moved.")
        assert told(make.actor(patient)) == told(carer) == why
        assert told(make.actor(owner, practice_id=practice_id)) == why
        assert told(make.actor(make.support())) == told(make.actor(make.admin())) == (None, None)
        # An admin who also owns some practice answers for that one.
        admin = make.admin()
        make.practice(admin)
        assert told(make.actor(admin)) == (None, None)

    def test_an_owner_sees_the_practice_and_a_clinician_does_not(self):
        owner, clinician, patient = make.therapist(), make.person(None), make.patient()
        practice_id = make.practice(owner, clinician)
        make.assignment(patient, owner, practice_id=practice_id)
        boss = make.person(None)
        services.membership_start(make.SYSTEM, practice_id, boss.id, MembershipRole.OWNER, at=make.AT)
        assert len(selectors.assignment_list(make.actor(boss, practice_id=practice_id)).items) == 1
        assert selectors.assignment_list(make.actor(clinician, practice_id=practice_id)).items == []

    def test_pages_follow_each_other_without_gap_or_repeat(self):
        therapist = make.therapist()
        made = [
            make.assignment(make.patient(), therapist, at=make.AT + timedelta(minutes=number // 2)).id
            for number in range(7)
        ]
        actor, found, cursor = make.actor(therapist), [], None
        while True:
            page = selectors.assignment_list(actor, limit=2, cursor=cursor)
            found += [care.id for care in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(found) == sorted(made)
        assert len(found) == 7

    @pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "é"])
    def test_a_made_up_cursor_is_invalid(self, cursor):
        with pytest.raises(Invalid):
            selectors.assignment_list(make.actor(make.patient()), cursor=cursor)

    def test_costs_the_same_for_one_and_for_many(self, django_assert_num_queries):
        therapist = make.therapist()
        actor = make.actor(therapist)
        for count in (1, 9):
            for _each in range(count):
                make.assignment(make.patient(), therapist)
            with django_assert_num_queries(2):
                selectors.assignment_list(actor)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one():
    patient, therapist, admin = make.patient(), make.therapist(), make.actor(make.admin())
    ready, answers = threading.Barrier(4), []

    def race():
        try:
            ready.wait(10)
            answers.append(start(admin, patient, therapist, reason=""))
        except errors.AlreadyAssigned as refused:
            answers.append(refused)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 4
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert Assignment.objects.unscoped(reason="test").count() == 1
    assert len(make.recorded("accounts.assignment.started")) == 1
