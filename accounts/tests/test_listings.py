"""Therapists' listings: what they tell, and who has checked it."""

from datetime import timedelta

import pytest

from accounts import errors, selectors, services
from accounts.integrations.nppes.port import RegistryUnavailable
from accounts.tests import factories as make
from accounts.tests.listing import LATER, LCSW, Registry, entry
from accounts.types import (
    LicenceFacts,
)
from bloom.kernel.errors import Invalid, NotAllowed, NotFound


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

    @pytest.mark.parametrize("city", ["Coeur d’Alene", "Winston-Salem", "St. Louis", "Añasco", "東京"])
    def test_cities_are_written_as_they_are(self, city):
        user = make.therapist()
        services.listing_change(make.actor(user), {"city": city}, at=make.AT)
        assert selectors.listing_own(make.actor(user)).view.city == city

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"fee_to": "-5"}, "A fee cannot be less than nothing."),
            ({"fee_from": "180.555"}, "Please write an amount such as 180 or 180.50."),
            ({"fee_from": "a lot"}, "Please write an amount such as 180 or 180.50."),
        ],
    )
    def test_fees_are_refused_in_words(self, typed, words):
        user = make.therapist()
        make.listing(user)
        page = make.browser(user).post("/settings/listing/", typed).content.decode()
        assert words in page
        assert "Ensure" not in page

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
            ({"city": "Chi\u0441ago"}, "city"),
            ({"city": "Chicago 😀"}, "city"),
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
