"""The directory: who finds whom."""

import pytest

from accounts import errors, selectors, services
from accounts.models import User
from accounts.tests import factories as make
from accounts.types import MembershipRole, PersonTie, RoleName
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Invalid, NotFound, Unauthenticated

pytestmark = pytest.mark.django_db


def found(user, **facts):
    page = selectors.people_list(
        make.actor(user, practice_id=facts.pop("practice_id", None)), limit=200, **facts
    )
    return {person.id for person in page.items}


def listed_therapist(**facts):
    user = make.therapist(**facts)
    make.practice_list_publicly(make.practice_of(user))
    return user


def test_a_patient_finds_listed_therapists_and_their_own():
    listed, own, hidden, patient, other = (
        listed_therapist(),
        make.therapist(),
        make.therapist(),
        make.patient(),
        make.patient(),
    )
    make.assignment(patient, own)
    assert found(patient) == {patient.id, listed.id, own.id}
    assert found(other) == {other.id, listed.id}
    assert hidden.id not in found(patient)


def test_care_that_is_over_shows_nobody():
    therapist, patient = make.therapist(), make.patient()
    care = make.assignment(patient, therapist)
    services.assignment_end(make.actor(therapist), care.id, "", at=make.AT)
    assert found(patient) == {patient.id}


def test_a_therapist_finds_colleagues_and_their_own_patients():
    therapist, colleague, biller, patient, strange = (
        make.therapist(),
        make.therapist(),
        make.person(None),
        make.patient(),
        make.patient(),
    )
    own = make.practice_of(therapist)
    practice_id = make.practice(therapist, colleague)
    services.membership_start(make.SYSTEM, practice_id, biller.id, MembershipRole.BILLER, at=make.AT)
    make.assignment(patient, therapist, practice_id=own)
    make.assignment(strange, colleague, practice_id=practice_id)
    assert found(colleague, practice_id=practice_id) == {therapist.id, colleague.id, biller.id, strange.id}
    # In another practice the colleague is nobody's colleague.
    assert found(therapist, practice_id=own) == {therapist.id, patient.id}


def test_an_owner_finds_the_patients_of_the_practice():
    owner, colleague, patient = make.therapist(), make.therapist(), make.patient()
    practice_id = make.practice(owner, colleague)
    make.assignment(patient, colleague, practice_id=practice_id)
    assert patient.id in found(owner, practice_id=practice_id)


@pytest.mark.parametrize("who", [make.support, make.admin])
def test_platform_staff_find_everybody(who):
    people = {make.patient().id, make.therapist().id}
    assert people <= found(who())


def test_somebody_who_is_inactive_is_found_by_nobody():
    therapist = listed_therapist()
    therapist.is_active = False
    therapist.save()
    assert therapist.id not in found(make.admin())


def test_by_role_and_by_a_part_of_the_name():
    admin = make.admin(name="Zed")
    wanted, other = make.therapist(name="Mei-Ling Chao"), make.patient(name="Chaozhou Li")
    assert found(admin, name="chao") == {wanted.id, other.id}
    assert found(admin, name="chao", role="therapist") == {wanted.id}
    assert found(admin, name="%") == set()


def test_pages_by_name_without_gap_or_repeat():
    admin = make.admin(name="Z")
    for name in ["B", "A", "A", "C", "A"]:
        make.patient(name=name)
    seen, cursor = [], None
    while True:
        page = selectors.people_list(make.actor(admin), limit=2, cursor=cursor)
        seen += [(person.name, person.id) for person in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert [name for name, _ in seen] == ["A", "A", "A", "B", "C", "Z"]
    assert len(set(seen)) == 6


def test_the_directory_costs_the_same_for_one_and_for_many(django_assert_num_queries):
    actor = make.actor(make.patient())
    for count in (1, 6):
        for _each in range(count):
            listed_therapist()
        # People, roles, practices; their listings, with words, licences and practices.
        with django_assert_num_queries(7):
            selectors.people_list(actor)


class TestFinding:
    """What the command palette asks."""

    def find(self, user, name, **facts):
        rows = selectors.people_find(make.actor(user, **facts), name, limit=8)
        return [(each.person.name, each.tie) for each in rows]

    def test_the_nearest_come_first_and_oneself_never(self):
        therapist = make.therapist(name="Sam Own")
        here = make.practice_of(therapist)
        colleague, patient = make.therapist(name="Sam Colleague"), make.patient(name="Sam Zimmer")
        services.membership_start(make.SYSTEM, here, colleague.id, MembershipRole.CLINICIAN, at=make.AT)
        make.assignment(patient, therapist, practice_id=here)
        make.listing(listed_therapist(name="Sam Abroad"))
        make.patient(name="Sam Nobody")
        assert self.find(therapist, "sam") == [
            ("Sam Zimmer", PersonTie.IN_CARE),
            ("Sam Colleague", PersonTie.COLLEAGUE),
            ("Sam Abroad", PersonTie.OTHER),
        ]
        assert self.find(patient, "sam o") == [("Sam Own", PersonTie.GIVES_CARE)]

    def test_a_patient_of_the_other_practice_is_not_there(self):
        therapist, patient = make.therapist(), make.patient(name="Sam Zimmer")
        first, second = make.practice_of(therapist), make.practice(make.therapist(), therapist)
        make.assignment(patient, therapist, practice_id=second)
        assert self.find(therapist, "sam", practice_id=first) == []
        assert self.find(therapist, "sam", practice_id=second) == [("Sam Zimmer", PersonTie.IN_CARE)]

    def test_the_legal_name_is_a_way_in_for_the_help_desk_alone(self):
        therapist, patient = make.therapist(), make.patient(name="Quentin Legal")
        User.objects.filter(id=patient.id).update(preferred_name="Robin")
        make.assignment(patient, therapist)
        assert self.find(therapist, "quentin") == []
        assert self.find(make.support(), "quentin") == [("Robin", PersonTie.OTHER)]
        for searched in (selectors.assignment_list, selectors.practice_patients):
            first = (make.practice_of(therapist),) if searched is selectors.practice_patients else ()
            page = searched(make.actor(therapist), *first, name="quentin")
            assert page.items == []
            assert len(searched(make.actor(therapist), *first, name="robin").items) == 1

    def test_it_costs_the_same_for_one_and_for_many(self, django_assert_num_queries):
        therapist = make.therapist()
        make.assignment(make.patient(name="Sam 0"), therapist)
        asking = make.actor(therapist)
        with django_assert_num_queries(3):
            assert len(selectors.people_find(asking, "sam", limit=8)) == 1
        for number in range(1, 12):
            make.assignment(make.patient(name=f"Sam {number}"), therapist)
        with django_assert_num_queries(3):
            assert len(selectors.people_find(asking, "sam", limit=8)) == 8


def test_ones_own_patients_are_looked_for_by_their_names_not_by_ones_own():
    therapist = make.therapist(name="Ana Own")
    for name in ("Ana Torres", "Bo Lind"):
        make.assignment(make.patient(name=name), therapist)
    page = selectors.assignment_list(make.actor(therapist), therapist_id=therapist.id, name="ana")
    assert [each.patient.name for each in page.items] == ["Ana Torres"]


def test_one_person_or_none():
    listed, hidden, patient = listed_therapist(), make.patient(), make.patient()
    person = selectors.person_get(make.actor(patient), listed.id)
    assert person.role == "therapist"
    assert [practice.id for practice in person.practices] == [make.practice_of(listed)]
    with pytest.raises(NotFound) as refused:
        selectors.person_get(make.actor(patient), hidden.id)
    assert refused.value.exists
    with pytest.raises(NotFound) as refused:
        selectors.person_get(make.actor(patient), make.NOBODY)
    assert not refused.value.exists


def test_nobody_finds_nobody():
    with pytest.raises(Unauthenticated):
        selectors.people_list(Actor.anonymous(via=Via.WEB))


def test_person_refs_name_people_in_one_query(django_assert_num_queries):
    therapist, patient = make.therapist(name="T"), make.patient(name="P")
    services.role_grant(make.SYSTEM, patient.id, RoleName.SUPPORT, at=make.AT)
    services.role_revoke(make.SYSTEM, patient.id, RoleName.SUPPORT, at=make.AT)
    with django_assert_num_queries(1):
        refs = selectors.person_refs(make.SYSTEM, [therapist.id, patient.id, make.NOBODY])
    assert {ref.id: (ref.name, ref.role) for ref in refs.values()} == {
        therapist.id: ("T", "therapist"),
        patient.id: ("P", "patient"),
    }


class TestProfile:
    def test_changes_what_is_given_and_tells_which(self):
        user = make.patient(name="Before")
        profile = services.profile_change(
            make.actor(user), name=" After ", time_zone="Europe/Madrid", at=make.AT
        )
        assert (profile.name, profile.time_zone, profile.locale) == ("After", "Europe/Madrid", "en")
        (event,) = make.recorded("accounts.profile.changed")
        assert event.data == {"fields": ["name", "time_zone"]}

    def test_no_change_leaves_no_record(self):
        user = make.patient(name="Same")
        services.profile_change(make.actor(user), name="Same", at=make.AT)
        assert make.recorded("accounts.profile.changed") == []

    @pytest.mark.parametrize("change", [{"name": " "}, {"time_zone": "Mars/Olympus"}, {"locale": "tlh"}])
    def test_refuses_nonsense(self, change):
        with pytest.raises(Invalid) as refused:
            services.profile_change(make.actor(make.patient()), **change, at=make.AT)
        assert set(refused.value.errors) == set(change)


def test_one_address_is_one_person_however_it_is_spelled():
    make.patient(email="maya@example.org")
    with pytest.raises(errors.EmailTaken):
        services.user_sign_up(
            make.SYSTEM,
            email="Maya@Example.org",
            name="Maya",
            password_hash="x",
            role=RoleName.PATIENT,
            at=make.AT,
        )
    assert make.recorded("accounts.user.signed_up") == []
