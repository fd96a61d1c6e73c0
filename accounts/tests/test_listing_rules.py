"""What an NPI is, when a listing is checked again, and when the registry confirms it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules
from accounts.tests import factories as make
from accounts.tests.listing import LCSW, entry
from accounts.types import (
    CheckNote,
    LicenceFacts,
    ListingState,
)


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
