"""Who is found in the directory, by whom, and in which order."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from accounts import selectors, services
from accounts.models import Listing
from accounts.tests import factories as make
from accounts.tests.listing import LATER
from accounts.types import (
    DirectoryAsk,
    DirectorySort,
    TermKind,
)
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Invalid, NotFound, Unauthenticated


def found(user, **facts):
    facts.setdefault("terms", {})
    return [
        view.person_id for view in selectors.directory_list(make.actor(user), DirectoryAsk(**facts)).items
    ]


@pytest.mark.django_db
class TestDirectory:
    def test_only_who_is_verified_and_shows_themselves(self):
        patient, listed, awaiting, nothing = (
            make.patient(),
            make.therapist(),
            make.therapist(),
            make.therapist(),
        )
        make.listing(listed)
        make.listing_sent(awaiting)
        assert found(patient) == found(nothing) == found(make.admin()) == [listed.id]
        services.listing_hide(make.actor(listed), hidden=True, at=LATER)
        assert found(patient) == []
        with pytest.raises(NotFound) as refused:
            selectors.listing_get(make.actor(patient), listed.id)
        assert refused.value.exists
        services.listing_hide(make.actor(listed), hidden=False, at=LATER)
        assert found(patient) == [listed.id]
        assert [len(make.recorded(f"accounts.listing.{name}")) for name in ("hidden", "unhidden")] == [1, 1]

    @pytest.mark.parametrize("end", ["role", "practice", "account"])
    def test_who_is_a_therapist_no_more_is_gone(self, end):
        user = make.therapist()
        make.listing(user)
        if end == "role":
            services.role_revoke(make.SYSTEM, user.id, "therapist", at=LATER)
        elif end == "practice":
            services.practice_list(make.SYSTEM, make.practice_of(user), listed=False, at=LATER)
        else:
            user.is_active = False
            user.save()
        assert found(make.patient()) == []

    def test_patients_in_care_and_colleagues_see_who_is_not_verified(self):
        user, patient, colleague, other = make.therapist(), make.patient(), make.therapist(), make.patient()
        make.listing_sent(user)
        practice_id = make.practice(user, colleague)
        make.assignment(patient, user)
        for seer in (make.actor(patient), make.actor(colleague, practice_id=practice_id), make.actor(user)):
            assert selectors.listing_get(seer, user.id).verified_at is None
        with pytest.raises(NotFound):
            selectors.listing_get(make.actor(other), user.id)
        assert found(patient) == []

    def test_filters_narrow(self):
        patient, emdr, cbt = make.patient(), make.therapist(), make.therapist()
        make.listing(emdr, modalities=("emdr",), languages=("en", "es"), formats=("in_person",))
        make.listing(cbt, modalities=("cbt",), insurance=("aetna",), accepts_new=False)
        assert found(patient, terms={TermKind.MODALITY: ("emdr",)}) == [emdr.id]
        assert set(found(patient, terms={TermKind.MODALITY: ("emdr", "cbt")})) == {emdr.id, cbt.id}
        assert found(patient, terms={TermKind.MODALITY: ("emdr",), TermKind.INSURANCE: ("aetna",)}) == []
        assert found(patient, terms={TermKind.STATE: ("IL",), TermKind.LANGUAGE: ("es",)}) == [emdr.id]
        assert found(patient, accepts_new=True) == [emdr.id]
        assert found(patient) == [emdr.id, cbt.id]

    def test_words_are_found_in_name_headline_approach_and_specialties(self):
        patient, user, other = (
            make.patient(),
            make.therapist(name="José Núñez"),
            make.therapist(name="Ann Grief"),
        )
        make.listing(user, specialties=("grief",), headline="Slow work", approach="We walk 100% together.")
        make.listing(other)
        for text in ("jose", "NÚÑEZ", "slow work", "walk", "together grief", "100%"):
            assert user.id in found(patient, text=text), text
        assert found(patient, text="grief") == [other.id, user.id]
        assert found(patient, text="nobody") == found(patient, text="_") == []

    def test_nothing_found_says_what_to_leave_out(self):
        make.listing(make.therapist(), languages=("es",))
        make.listing(make.therapist(), languages=("es",), modalities=("emdr",))
        ask = DirectoryAsk(text="zzz", terms={TermKind.LANGUAGE: ("es",)})
        page = selectors.directory_list(make.actor(make.patient()), ask)
        assert [(each.field, each.count) for each in page.looser] == [("text", 2)]
        ask = DirectoryAsk(terms={TermKind.LANGUAGE: ("ja",), TermKind.MODALITY: ("emdr",)})
        page = selectors.directory_list(make.actor(make.patient()), ask)
        assert [(each.field, each.count) for each in page.looser] == [("language", 1)]

    @pytest.mark.parametrize("text", ["", "person"])
    @pytest.mark.parametrize("sort", list(DirectorySort))
    def test_pages_without_gap_or_repeat(self, sort, text):
        wanted = set()
        for number in range(7):
            user = make.therapist()
            make.listing(user, accepts_new=number % 2 == 0)
            wanted.add(user.id)
        actor, seen, cursor = make.actor(make.patient()), [], None
        while True:
            page = selectors.directory_list(actor, DirectoryAsk(sort=sort, text=text), limit=2, cursor=cursor)
            assert page.count == 7
            seen += [view.person_id for view in page.items]
            cursor = page.next
            if cursor is None:
                break
        assert len(seen) == 7
        assert set(seen) == wanted

    @pytest.mark.parametrize("cursor", ["x", "WyJ4IiwieSJd", "WyI5OSIsIjEiXQ"])
    def test_a_cursor_that_we_did_not_write_is_refused(self, cursor):
        with pytest.raises(Invalid):
            selectors.directory_list(make.actor(make.patient()), DirectoryAsk(), cursor=cursor)

    def test_costs_the_same_for_one_and_for_many(self, django_assert_num_queries):
        actor = make.actor(make.patient())
        ask = DirectoryAsk(text="person", terms={TermKind.SPECIALTY: ("anxiety",), TermKind.STATE: ("IL",)})
        for count in (1, 6):
            for _each in range(count):
                make.listing(make.therapist())
            with django_assert_num_queries(5):
                selectors.directory_list(actor, ask)

    def test_nobody_finds_nobody(self):
        with pytest.raises(Unauthenticated):
            selectors.directory_list(Actor.anonymous(via=Via.WEB), DirectoryAsk())


class TestWordsThatPeopleType:
    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("typed", "specialty"),
        [
            ("panic attacks", "panic"),
            ("depressed", "depression"),
            ("anxious", "anxiety"),
            ("help with sleep problems", "sleep"),
            ("Insomnia.", "sleep"),
            ("anxiety, please", None),
            ("addicted", "addiction"),
            ("grieving", "grief"),
            ("couple", "couples"),
        ],
    )
    def test_find_what_the_directory_calls_otherwise(self, typed, specialty):
        user, other = make.therapist(name="Ines Moreau"), make.therapist(name="Lena Ortiz")
        make.listing(user, specialties=(specialty or "anxiety",))
        make.listing(other, specialties=("autism",))
        assert found(make.patient(), text=typed) == ([user.id] if specialty else [])

    @pytest.mark.django_db
    @pytest.mark.parametrize(("name", "typed"), [("Jonas Sørensen", "sorensen"), ("Ewa Łuczak", "luczak")])
    def test_find_names_with_letters_that_not_every_keyboard_has(self, name, typed):
        user = make.therapist(name=name)
        make.listing(user)
        assert found(make.patient(), text=typed) == found(make.patient(), text=name) == [user.id]

    @pytest.mark.django_db
    def test_what_was_written_in_other_letters_before_is_found_too(self):
        user = make.therapist(name="Jonas Sørensen")
        listing = make.listing(user)
        rows = Listing.objects.unscoped(reason="test").filter(id=listing.id)
        rows.update(search="jonas sørensen anxiety", sort_name="jonas sørensen")
        migration = import_module("accounts.migrations.0022_search_letters")
        migration.letters_plain(apps, SimpleNamespace(connection=connection))
        assert rows.values_list("search", "sort_name").get() == ("jonas sorensen anxiety", "jonas sorensen")
