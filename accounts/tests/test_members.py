"""Invitations, members, ownership: who may, what is refused, what is left on record."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connections

from accounts import errors, selectors, services
from accounts.models import Invitation, Membership, Practice, Session
from accounts.tests import factories as make
from accounts.types import InvitationState, MembershipRole, PracticeKind, PracticeMay
from bloom.kernel.errors import FreshFactorNeeded, Invalid, NotAllowed, NotFound

AT = make.AT
OWNER, CLINICIAN = MembershipRole.OWNER, MembershipRole.CLINICIAN
BILLER, FRONT_DESK = MembershipRole.BILLER, MembershipRole.FRONT_DESK


class House:
    """A practice with its owner; others join by invitation."""

    def __init__(self) -> None:
        self.owner = make.therapist(name="Ada Lind")
        self.id = make.practice_of(self.owner)
        self.boss = make.actor(self.owner)

    def invite(self, email, role=CLINICIAN, at=AT):
        return services.invitation_send(self.boss, self.id, email, role, at=at)

    def join(self, user, role=CLINICIAN):
        sent = self.invite(user.email, role)
        services.invitation_accept(make.actor(user), sent.secret, at=AT)
        return make.actor(user, practice_id=self.id)

    def roles(self, user):
        rows = Membership.objects.unscoped(reason="test").filter(
            practice_id=self.id, user=user, ended_at=None
        )
        return sorted(rows.values_list("role", flat=True))


@pytest.fixture
def house(db):
    return House()


class TestInviting:
    def test_a_colleague_joins_and_the_practice_becomes_a_group(self, house):
        colleague = make.therapist()
        assert Practice.objects.get(id=house.id).kind == PracticeKind.SOLO
        sent = house.invite(colleague.email.upper())
        opened = selectors.invitation_opened(make.actor(colleague), sent.secret, at=AT)
        assert (opened.state, opened.is_for_them, opened.practice) == (
            InvitationState.OPEN,
            True,
            "Ada Lind’s practice",
        )
        told = services.invitation_accept(make.actor(colleague), sent.secret, at=AT)
        assert told.others == (house.owner.id,)
        assert house.roles(colleague) == [CLINICIAN]
        assert Practice.objects.get(id=house.id).kind == PracticeKind.GROUP
        for name in ("sent", "accepted"):
            (event,) = make.recorded(f"accounts.invitation.{name}")
            assert event.practice_id == house.id

    def test_only_a_keyed_hash_is_kept(self, house):
        sent = house.invite("new@example.org")
        row = Invitation.objects.unscoped(reason="test").get()
        assert bytes(row.hash) == selectors.invitation_hash(sent.secret)
        assert sent.secret not in str(vars(row))

    def test_the_same_address_again_gets_a_new_link_and_the_old_one_opens_nothing(self, house):
        colleague = make.therapist()
        first, second = house.invite(colleague.email), house.invite(colleague.email, BILLER)
        assert (first.role_before, second.role_before) == (None, CLINICIAN)
        with pytest.raises(errors.InvitationOver):
            services.invitation_accept(make.actor(colleague), first.secret, at=AT)
        opened = selectors.invitation_opened(make.actor(colleague), first.secret, at=AT)
        assert opened.state is InvitationState.REPLACED
        assert [each.role for each in selectors.invitation_list(house.boss, house.id, at=AT)] == [BILLER]
        services.invitation_accept(make.actor(colleague), second.secret, at=AT)
        assert house.roles(colleague) == [BILLER]

    def test_resent_and_withdrawn(self, house):
        colleague = make.therapist()
        sent = house.invite(colleague.email, at=AT - timedelta(days=8))
        assert selectors.invitation_list(house.boss, house.id, at=AT)[0].is_lapsed
        with pytest.raises(errors.InvitationOver):
            services.invitation_accept(make.actor(colleague), sent.secret, at=AT)
        again = services.invitation_resend(house.boss, sent.id, at=AT)
        services.invitation_withdraw(house.boss, again.id, at=AT)
        with pytest.raises(errors.InvitationOver):
            services.invitation_accept(make.actor(colleague), again.secret, at=AT)
        for change in (services.invitation_withdraw, services.invitation_resend):
            with pytest.raises(errors.InvitationOver):
                change(house.boss, again.id, at=AT)
        assert selectors.invitation_list(house.boss, house.id, at=AT) == []

    def test_whoever_works_here_is_not_asked_to(self, house):
        colleague = make.therapist()
        house.join(colleague)
        for email, said in ((house.owner.email, "your own address"), (colleague.email, "works here already")):
            with pytest.raises(Invalid) as refused:
                house.invite(email.upper())
            assert said in str(refused.value.errors["email"])
        assert selectors.invitation_list(house.boss, house.id, at=AT) == []

    def test_whoever_worked_here_once_can_be_asked_again(self, house):
        colleague = make.therapist()
        house.join(colleague)
        services.member_remove(house.boss, house.id, colleague.id, at=AT)
        house.join(colleague, BILLER)
        assert house.roles(colleague) == [BILLER]

    @pytest.mark.parametrize(
        "email", ["nobody", "maya@еxample.org", "a" * 250 + "@example.org", "a\x00@b.org"]
    )
    def test_an_address_that_is_none_is_refused_at_its_field(self, house, email):
        with pytest.raises(Invalid) as refused:
            house.invite(email)
        assert "email" in refused.value.errors

    def test_a_patient_is_no_clinician_but_may_sit_at_the_front_desk(self, house):
        patient = make.patient()
        sent = house.invite(patient.email)
        assert selectors.invitation_opened(make.actor(patient), sent.secret, at=AT).needs_therapist
        with pytest.raises(errors.TherapistNeeded):
            services.invitation_accept(make.actor(patient), sent.secret, at=AT)
        house.join(patient, FRONT_DESK)
        assert house.roles(patient) == [FRONT_DESK]

    def test_declined(self, house):
        colleague = make.therapist()
        sent = house.invite(colleague.email)
        services.invitation_decline(make.actor(colleague), sent.secret, at=AT)
        assert house.roles(colleague) == []
        with pytest.raises(errors.InvitationOver):
            services.invitation_accept(make.actor(colleague), sent.secret, at=AT)


class TestManaging:
    @pytest.mark.parametrize("role", [CLINICIAN, MembershipRole.SUPERVISOR, BILLER, FRONT_DESK])
    def test_nobody_but_an_owner_manages(self, house, role):
        colleague, other = make.therapist(), make.therapist()
        acting = house.join(colleague, role)
        house.join(other)
        sent = house.invite("new@example.org")
        for attempt in (
            lambda: services.invitation_send(acting, house.id, "a@example.org", FRONT_DESK, at=AT),
            lambda: services.member_change(acting, house.id, other.id, BILLER, at=AT),
            lambda: services.member_change(acting, house.id, colleague.id, BILLER, at=AT),
            lambda: services.member_remove(acting, house.id, other.id, at=AT),
            lambda: services.owner_ask(acting, house.id, colleague.id, at=AT),
            lambda: services.practice_rename(acting, house.id, "Mine", at=AT),
        ):
            with pytest.raises(NotAllowed):
                attempt()
        with pytest.raises(NotFound):
            services.invitation_withdraw(acting, sent.id, at=AT)
        assert selectors.invitation_list(acting, house.id, at=AT) == []
        assert len(selectors.member_list(acting, house.id)) == 3

    def test_a_role_changes_on_record(self, house):
        colleague = make.therapist()
        house.join(colleague)
        services.member_change(house.boss, house.id, colleague.id, BILLER, at=AT)
        assert house.roles(colleague) == [BILLER]
        (event,) = make.recorded("accounts.membership.changed")
        assert event.data == {"role": "biller", "role_before": "clinician"}

    def test_ownership_is_asked_for_never_set(self, house):
        colleague = make.therapist()
        house.join(colleague)
        with pytest.raises(Invalid):
            services.member_change(house.boss, house.id, colleague.id, OWNER, at=AT)
        sent = services.owner_ask(house.boss, house.id, colleague.id, at=AT)
        assert sent.is_member
        assert selectors.invitation_opened(make.actor(colleague), sent.secret, at=AT).is_member
        services.invitation_accept(make.actor(colleague, practice_id=house.id), sent.secret, at=AT)
        assert house.roles(colleague) == [OWNER]
        services.member_remove(house.boss, house.id, house.owner.id, at=AT)
        assert house.roles(house.owner) == []

    def test_a_member_who_is_asked_is_listed_by_name_and_a_stranger_by_address_alone(self, house):
        colleague, stranger = make.therapist(name="Clara Wu"), make.therapist(name="Nobody’s business")
        house.join(colleague)
        house.invite(stranger.email)
        services.owner_ask(house.boss, house.id, colleague.id, at=AT)
        listed = selectors.invitation_list(house.boss, house.id, at=AT)
        assert {(each.member, each.email) for each in listed} == {
            ("Clara Wu", colleague.email),
            ("", stranger.email),
        }
        html = make.browser(house.owner).get(f"/practices/{house.id}/people/").content.decode()
        waiting = html[html.index("Not answered yet") :]
        for said in ("Clara Wu", colleague.email, "Asked to be an owner", "Asked to join: Clinician"):
            assert said in waiting
        assert stranger.name not in waiting

    def test_the_last_owner_neither_goes_nor_steps_down(self, house):
        with pytest.raises(errors.LastOwner):
            services.member_remove(house.boss, house.id, house.owner.id, at=AT)
        with pytest.raises(errors.LastOwner):
            services.member_change(house.boss, house.id, house.owner.id, CLINICIAN, at=AT)

    def test_owners_are_made_and_unmade_with_a_fresh_factor_only(self, house):
        colleague = make.therapist()
        house.join(colleague)
        make.app(house.owner)
        make.app(colleague)
        stale = make.actor(house.owner, factor_at=AT - timedelta(minutes=11))
        for attempt in (
            lambda: services.owner_ask(stale, house.id, colleague.id, at=AT),
            lambda: services.invitation_send(stale, house.id, "new@example.org", OWNER, at=AT),
            lambda: services.member_change(stale, house.id, house.owner.id, CLINICIAN, at=AT),
        ):
            with pytest.raises(FreshFactorNeeded):
                attempt()
        sent = services.owner_ask(house.boss, house.id, colleague.id, at=AT)
        late = make.actor(colleague, factor_at=AT - timedelta(minutes=11))
        with pytest.raises(FreshFactorNeeded):
            services.invitation_accept(late, sent.secret, at=AT)

    def test_nobody_goes_while_patients_are_in_their_care(self, house):
        colleague = make.therapist()
        acting = house.join(colleague)
        care = make.assignment(make.patient(), colleague, practice_id=house.id)
        for attempt in (
            lambda: services.member_remove(acting, house.id, colleague.id, at=AT),
            lambda: services.member_remove(house.boss, house.id, colleague.id, at=AT),
            lambda: services.member_change(house.boss, house.id, colleague.id, BILLER, at=AT),
        ):
            with pytest.raises(errors.CareLasts):
                attempt()
        services.assignment_end(acting, care.id, "", at=AT)
        services.member_remove(acting, house.id, colleague.id, at=AT)
        assert house.roles(colleague) == []

    def test_what_somebody_asked_goes_with_them(self, house):
        colleague = make.therapist()
        house.join(colleague, OWNER)
        acting = make.actor(colleague, practice_id=house.id)
        friend = make.therapist()
        sent = services.invitation_send(acting, house.id, friend.email, CLINICIAN, at=AT)
        services.member_remove(house.boss, house.id, colleague.id, at=AT)
        with pytest.raises(errors.InvitationOver):
            services.invitation_accept(make.actor(friend), sent.secret, at=AT)

    def test_a_biller_cares_for_nobody(self, house):
        colleague = make.therapist()
        house.join(colleague, BILLER)
        with pytest.raises(Invalid):
            make.assignment(make.patient(), colleague, practice_id=house.id)


class TestSeeing:
    def test_the_front_desk_sees_names_and_nothing_of_the_care(self, house):
        patient = make.patient(name="Maya Torres")
        make.assignment(patient, house.owner, practice_id=house.id, reason="Panic attacks.")
        desk = house.join(make.person(None), FRONT_DESK)
        assert [
            (each.name, each.is_in_care) for each in selectors.practice_patients(desk, house.id).items
        ] == [("Maya Torres", True)]
        assert selectors.assignment_list(desk).items == []
        clinician = house.join(make.therapist())
        assert not selectors.practice_may(clinician, house.id, PracticeMay.SEE_PATIENTS)
        with pytest.raises(NotFound):
            selectors.practice_patients(clinician, house.id)

    def test_somebody_without_a_role_on_the_platform_owes_a_factor_as_soon_as_they_work(self, house):
        person = make.person(None)
        key = make.session_key(person, factor=False)
        assert selectors.authority_for_session(key) is not None
        house.join(person, FRONT_DESK)
        assert selectors.authority_for_session(key) is None
        session = Session.objects.get(user=person)
        assert selectors.authority_held_back(session.session_key) is not None

    def test_two_practices_do_not_see_each_other(self, house):
        """One person works in both; what they see follows from the one that they act for."""
        both = make.therapist(name="Both Here")
        house.join(both)
        there = House()
        there.join(both)
        only_there = make.therapist(name="Only There")
        there.join(only_there)
        patients = {each.id: make.patient(name=f"Patient of {each.id}") for each in (house, there)}
        for each in (house, there):
            make.assignment(patients[each.id], each.owner, practice_id=each.id)
        here = make.actor(both, practice_id=house.id)
        for other_list in (
            lambda: selectors.member_list(here, there.id),
            lambda: selectors.invitation_list(here, there.id, at=AT),
            lambda: selectors.practice_patients(here, there.id),
        ):
            with pytest.raises(NotFound):
                other_list()
        assert only_there.id not in {each.id for each in selectors.people_list(here).items}
        assert there.owner.id not in {each.id for each in selectors.people_list(here).items}
        owned = make.actor(there.owner, practice_id=there.id)
        assert {each.practice_id for each in selectors.assignment_list(owned).items} == {there.id}
        views = {view.id: view for view in selectors.practices_own(here)}
        assert views[house.id].is_current
        assert not views[there.id].may


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def together(self, *attempts):
        ready = threading.Barrier(len(attempts))

        def run(attempt):
            try:
                ready.wait(10)
                attempt()
            except Exception as error:
                return error
            else:
                return None
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(attempts)) as pool:
            return list(pool.map(run, attempts, timeout=60))

    def test_two_owners_do_not_take_each_other_out(self):
        house, other = House(), make.therapist()
        house.join(other, OWNER)
        acting = make.actor(other, practice_id=house.id)
        said = self.together(
            lambda: services.member_change(house.boss, house.id, other.id, CLINICIAN, at=AT),
            lambda: services.member_change(acting, house.id, house.owner.id, CLINICIAN, at=AT),
        )
        assert sorted(type(each).__name__ for each in said) == ["NoneType", "NotAllowed"]
        assert sorted([*house.roles(house.owner), *house.roles(other)]) == [CLINICIAN, OWNER]

    def test_two_owners_do_not_leave_at_once(self):
        house, other = House(), make.therapist()
        house.join(other, OWNER)
        acting = make.actor(other, practice_id=house.id)
        said = self.together(
            lambda: services.member_remove(house.boss, house.id, house.owner.id, at=AT),
            lambda: services.member_remove(acting, house.id, other.id, at=AT),
        )
        assert sorted(type(each).__name__ for each in said) == ["LastOwner", "NoneType"]

    def test_one_invitation_is_accepted_once(self):
        house, colleague = House(), make.therapist()
        sent = house.invite(colleague.email)
        actor = make.actor(colleague)
        said = self.together(
            *[lambda: services.invitation_accept(actor, sent.secret, at=AT) for _ in range(4)]
        )
        assert sorted(type(each).__name__ for each in said) == ["InvitationOver"] * 3 + ["NoneType"]
        assert house.roles(colleague) == [CLINICIAN]
        assert len(make.recorded("accounts.membership.started")) == 3


def test_an_unverified_address_answers_nothing(house):
    colleague = make.therapist()
    sent = house.invite(colleague.email)
    EmailAddress.objects.filter(user=colleague).update(verified=False)
    with pytest.raises(errors.InvitationForOther):
        services.invitation_accept(make.actor(colleague), sent.secret, at=AT)
