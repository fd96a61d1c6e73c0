"""Therapists' listings: what they tell, who has checked it, and who finds them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import errors, rules, selectors, services
from accounts.integrations.nppes.port import RegistryUnavailable
from accounts.tests import factories as make
from accounts.types import (
    CheckNote,
    DirectoryAsk,
    DirectorySort,
    LicenceFacts,
    ListingState,
    RegistryEntry,
    RegistryTaxonomy,
    TermKind,
)
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Invalid, NotAllowed, NotFound, Unauthenticated

LATER = make.AT + timedelta(minutes=1)
LCSW = LicenceFacts(state="IL", type="lcsw", number="149.012345")


def entry(npi="1234567893", **facts):
    """Grace Adeyemi, as the registry has her."""
    return RegistryEntry(
        **{
            "npi": npi,
            "is_person": True,
            "is_active": True,
            "first_name": "GRACE",
            "last_name": "ADEYEMI",
            "credential": "LCSW",
            "other_names": (),
            "taxonomies": (RegistryTaxonomy(code="1041C0700X", state="IL", licence="149012345"),),
            "states": ("IL",),
            **facts,
        }
    )


class Registry:
    """Answers with one entry, or not at all."""

    def __init__(self, found=None, *, then=None):
        self.found, self.then, self.asked = found, then, 0

    def entry_get(self, npi):
        self.asked += 1
        if self.then:
            self.then()
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class TestRules:
    @pytest.mark.parametrize("npi", ["1234567893", "1999999984"])
    def test_npis_that_are_right(self, npi):
        assert rules.npi_is_valid(npi)

    @pytest.mark.parametrize(
        "npi",
        [
            "0123456789",
            "1234567890",
            "123456789",
            "12345678933",
            "",
            "123456789x",
            "3234567893",
            "１２３４５６７８９３",
        ],
    )
    def test_npis_that_are_wrong(self, npi):
        assert not rules.npi_is_valid(npi)

    @given(st.integers(0, 99_999_999), st.integers(0, 9), st.integers(1, 9))
    def test_no_single_wrong_digit_passes(self, number, place, off):
        right = make.npi(number)
        wrong = f"{right[:place]}{(int(right[place]) + off) % 10}{right[place + 1 :]}"
        assert not rules.npi_is_valid(wrong)

    def test_an_npi_is_read_as_people_write_it(self):
        assert rules.npi_normal(" 123 456-7893") == "1234567893"
        assert rules.npi_normal("١٢٣٤٥٦٧٨٩٣") == "1234567893"

    @pytest.mark.parametrize(
        ("before", "changed", "complete", "sent", "after"),
        [
            ("draft", set(), True, True, "awaiting"),
            ("draft", {"npi"}, True, False, "draft"),
            ("draft", set(), False, True, "draft"),
            ("verified", {"approach", "fee_from", "headline", "specialties"}, True, False, "verified"),
            ("verified", {"npi"}, True, False, "awaiting"),
            ("verified", {"licences", "approach"}, True, False, "awaiting"),
            ("verified", {"name"}, True, False, "awaiting"),
            ("verified", {"languages"}, False, False, "draft"),
            ("verified", set(), True, True, "verified"),
            ("awaiting", {"npi"}, True, False, "awaiting"),
            ("refused", {"npi"}, True, False, "refused"),
            ("refused", set(), True, True, "awaiting"),
        ],
    )
    def test_when_a_listing_is_checked_again(self, before, changed, complete, sent, after):
        found = rules.listing_state_after(ListingState(before), changed, is_complete=complete, is_sent=sent)
        assert found == after

    def test_the_registry_confirms_who_matches_in_everything(self):
        for name in ("Grace Adeyemi, LCSW", "Dr. Grace O. Adeyemi", "Adeyemi Grace", "Gráce Adéyemi"):
            assert rules.registry_judge(name, [LCSW], entry()) == ()

    @pytest.mark.parametrize(
        ("name", "licence", "facts", "note"),
        [
            ("Grace Brown", LCSW, {}, CheckNote.NAME_DIFFERS),
            ("Gracie Adeyemi", LCSW, {}, CheckNote.NAME_DIFFERS),
            ("Grace Adeyemi", LCSW, {"is_active": False}, CheckNote.NOT_ACTIVE),
            ("Grace Adeyemi", LCSW, {"is_person": False}, CheckNote.NOT_A_PERSON),
            ("", LCSW, {"first_name": "", "last_name": ""}, CheckNote.NAME_DIFFERS),
            (
                "Grace Adeyemi",
                LicenceFacts(state="IL", type="lcsw", number="149.999999"),
                {},
                CheckNote.LICENCE_NUMBER_DIFFERS,
            ),
        ],
    )
    def test_one_thing_that_differs_is_named(self, name, licence, facts, note):
        assert rules.registry_judge(name, [licence], entry(**facts)) == (note,)

    def test_every_licence_has_to_fit(self):
        other = LicenceFacts(state="WI", type="lcsw", number="7")
        assert rules.registry_judge("Grace Adeyemi", [LCSW, other], entry()) == (
            CheckNote.STATE_DIFFERS,
            CheckNote.LICENCE_NUMBER_DIFFERS,
        )
        assert rules.registry_judge("Grace Adeyemi", [LCSW], None) == (CheckNote.UNKNOWN_NPI,)

    def test_an_earlier_name_counts(self):
        married = entry(last_name="OKORO", other_names=("GRACE ADEYEMI",))
        assert rules.registry_judge("Grace Adeyemi", [LCSW], married) == ()


@pytest.mark.django_db
class TestChange:
    def test_begins_with_what_there_is_and_says_what_is_missing(self):
        user = make.therapist()
        assert selectors.listing_own(make.actor(user)) is None
        own = services.listing_change(make.actor(user), {"npi": "123 456 7893"}, at=make.AT)
        assert (own.npi, own.state, own.missing) == (
            "1234567893",
            "draft",
            ("licences", "specialties", "languages", "formats"),
        )
        with pytest.raises(errors.ListingIncomplete):
            services.listing_submit(make.actor(user), at=make.AT)

    def test_keeps_what_is_told(self, retry_once):
        user = make.therapist()
        facts = make.listing_facts(
            modalities=("emdr", "cbt"),
            insurance=("aetna",),
            headline="Grief",
            approach="Slowly.\r\nTogether.",
            gender="woman",
            city="Chicago",
            region="IL",
            practising_since=2009,
            accepts_new=False,
            fee_from=9000,
            fee_to=15000,
            sliding_scale=True,
        )
        own = services.listing_change(make.actor(user), facts, at=make.AT)
        view = own.view
        assert (view.modalities, view.insurance, view.states) == (("emdr", "cbt"), ("aetna",), ("IL",))
        assert (view.headline, view.approach) == ("Grief", "Slowly.\nTogether.")
        assert (view.fee_from.amount, view.fee_to.amount, view.fee_from.currency) == (9000, 15000, "USD")
        (event,) = make.recorded("accounts.listing.changed")
        assert "approach" in event.data["fields"]
        assert "Together" not in str(event.data)
        services.listing_change(make.actor(user), facts, at=make.AT)
        assert len(make.recorded("accounts.listing.changed")) == 1

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"npi": "1234567890"}, "npi"),
            ({"specialties": ("astrology",)}, "specialties"),
            ({"approach": "x" * 3001}, "approach"),
            ({"headline": "a\u202eb"}, "headline"),
            ({"headline": "a\nb"}, "headline"),
            ({"approach": "a\x00b"}, "approach"),
            ({"licences": (LicenceFacts(state="ZZ", type="lcsw", number="1"),)}, "licences"),
            ({"licences": (LicenceFacts(state="IL", type="lcsw", number=" - "),)}, "licences"),
            ({"licences": (LCSW, LCSW)}, "licences"),
            ({"practising_since": 1890}, "practising_since"),
            ({"practising_since": 2090}, "practising_since"),
            ({"fee_from": -1}, "fee_from"),
            ({"fee_to": 100}, "fee_from"),
            ({"fee_from": 200, "fee_to": 100}, "fee_to"),
            ({"gender": "x"}, "gender"),
            ({"region": "XX"}, "region"),
        ],
    )
    def test_refuses_what_cannot_stand_there(self, change, field):
        user = make.therapist()
        with pytest.raises(Invalid) as refused:
            services.listing_change(make.actor(user), change, at=make.AT)
        assert list(refused.value.errors) == [field]
        assert selectors.listing_own(make.actor(user)) is None

    @pytest.mark.parametrize("who", [make.patient, make.support, make.admin])
    def test_is_for_therapists(self, who):
        for service in (
            lambda actor: services.listing_change(actor, {"city": "x"}, at=make.AT),
            lambda actor: services.listing_submit(actor, at=make.AT),
            lambda actor: services.listing_hide(actor, hidden=True, at=make.AT),
        ):
            with pytest.raises(NotAllowed):
                service(make.actor(who()))

    def test_payers_are_told_by_the_room_that_knows(self):
        user = make.therapist()
        make.listing(user)
        services.listing_insurance_set(make.SYSTEM, user.id, ["cigna", "aetna"], at=make.AT)
        services.listing_opening_set(make.SYSTEM, user.id, LATER, at=make.AT)
        view = selectors.listing_get(make.actor(user), user.id)
        assert (view.insurance, view.next_open_at) == (("cigna", "aetna"), LATER)
        with pytest.raises(NotAllowed):
            services.listing_insurance_set(make.actor(user), user.id, [], at=make.AT)
        with pytest.raises(NotFound):
            services.listing_opening_set(make.SYSTEM, make.NOBODY, None, at=make.AT)


@pytest.mark.django_db
class TestVerification:
    def test_a_clear_match_verifies(self, retry_once):
        user = make.therapist(name="Grace Adeyemi, LCSW")
        sent = make.listing_sent(user, npi="1234567893", licences=(LCSW,))
        assert services.listings_verify(make.SYSTEM, at=make.AT, registry=Registry(entry())) == []
        (decision,) = services.listings_verify(make.SYSTEM, at=LATER, registry=Registry(entry()))
        assert (decision.therapist_id, decision.state) == (user.id, "verified")
        row = make.listing_row(user)
        assert (row.state, row.verified_how, row.verified_by, row.is_shown) == (
            "verified",
            "registry",
            None,
            True,
        )
        (event,) = make.recorded("accounts.listing.verified")
        assert (event.object_id, event.data) == (sent.id, {"how": "registry"})
        assert services.listings_verify(make.SYSTEM, at=LATER, registry=Registry(entry())) == []

    def test_anything_unclear_stays_with_staff_and_says_what(self):
        user = make.therapist(name="Grace Brown")
        make.listing_sent(user, npi="1234567893", licences=(LCSW,))
        registry = Registry(entry())
        for _each in range(2):
            assert services.listings_verify(make.SYSTEM, at=LATER, registry=registry) == []
        assert registry.asked == 1
        row = make.listing_row(user)
        assert (row.state, row.check_notes, row.check_due_at) == ("awaiting", ["name_differs"], None)
        assert row.registry["last_name"] == "ADEYEMI"
        assert make.recorded("accounts.listing.checked")[0].data == {"notes": ["name_differs"]}

    def test_a_registry_that_is_down_is_asked_later_and_not_forever(self):
        user = make.therapist()
        make.listing_sent(user)
        registry, at = Registry(RegistryUnavailable("down")), LATER
        for _each in range(8):
            services.listings_verify(make.SYSTEM, at=at, registry=registry)
            at += timedelta(hours=12)
        row = make.listing_row(user)
        assert (registry.asked, row.state, row.check_due_at, row.check_notes) == (
            6,
            "awaiting",
            None,
            ["unreachable"],
        )

    def test_what_is_changed_while_the_registry_thinks_is_asked_anew(self):
        user = make.therapist(name="Grace Adeyemi")
        make.listing_sent(user, npi="1234567893", licences=(LCSW,))

        def swap():
            services.listing_change(make.actor(user), {"npi": "1999999984"}, at=LATER)

        registry = Registry(entry(), then=swap)
        assert services.listings_verify(make.SYSTEM, at=LATER, registry=registry) == []
        row = make.listing_row(user)
        assert (row.state, row.npi) == ("awaiting", "1999999984")
        assert row.check_due_at is not None

    def test_an_npi_that_another_has_named_is_for_staff(self):
        first, second = make.therapist(name="Grace Adeyemi"), make.therapist(name="Grace Adeyemi")
        make.listing(first, npi="1234567893", licences=(LCSW,))
        make.listing_sent(second, npi="1234567893", licences=(LCSW,))
        assert services.listings_verify(make.SYSTEM, at=LATER, registry=Registry(entry())) == []
        row = make.listing_row(second)
        assert row.check_notes == ["npi_elsewhere"]
        with pytest.raises(errors.NpiTaken):
            services.listing_accept(make.actor(make.admin()), row.id, seen=row.submitted_at, at=LATER)

    def test_an_admin_refuses_in_words_and_the_therapist_sends_it_again(self):
        user, admin = make.therapist(), make.admin()
        row = make.listing_sent(user)
        decision = services.listing_refuse(
            make.actor(admin), row.id, " The license has expired. ", seen=row.submitted_at, at=LATER
        )
        assert (decision.state, decision.refusal) == ("refused", "The license has expired.")
        (event,) = make.recorded("accounts.listing.refused")
        assert "expired" not in str(event.data)
        own = services.listing_change(make.actor(user), {"licences": (LCSW,)}, at=LATER)
        assert (own.state, own.refusal) == ("refused", "The license has expired.")
        own = services.listing_submit(make.actor(user), at=LATER)
        # Kept, so that whoever looks next knows it; and the registry alone does not verify them any more.
        assert (own.state, own.refusal) == ("awaiting", "The license has expired.")
        row = make.listing_row(user)
        with pytest.raises(Invalid):
            services.listing_refuse(make.actor(admin), row.id, "  ", seen=row.submitted_at, at=LATER)
        services.listing_accept(make.actor(admin), row.id, seen=row.submitted_at, at=LATER)
        with pytest.raises(errors.ListingNotAwaiting):
            services.listing_accept(make.actor(admin), row.id, seen=row.submitted_at, at=LATER)
        services.listing_refuse(
            make.actor(admin), row.id, "It was somebody else.", seen=row.submitted_at, at=LATER
        )
        assert not make.listing_row(user).is_shown

    @pytest.mark.parametrize("who", [make.therapist, make.support, make.patient])
    def test_nobody_else_decides(self, who):
        row = make.listing_sent(make.therapist())
        for service in (
            lambda actor: services.listing_accept(actor, row.id, seen=row.submitted_at, at=LATER),
            lambda actor: services.listing_refuse(actor, row.id, "No.", seen=row.submitted_at, at=LATER),
            lambda actor: services.listings_verify(actor, at=LATER),
        ):
            with pytest.raises(NotAllowed):
                service(make.actor(who()))

    def test_a_new_name_is_checked_again(self):
        user = make.therapist(name="Grace Adeyemi")
        make.listing(user)
        services.profile_change(make.actor(user), name="Sigmund Freud", at=LATER)
        row = make.listing_row(user)
        assert (row.state, row.is_shown, row.sort_name) == ("awaiting", False, "sigmund freud")
        assert row.verified_at is None


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
