"""Where practices see people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import errors, rules, selectors, services
from accounts.models import Location
from accounts.tests import factories as make
from accounts.tests import placing
from accounts.tests.placing import AT, FORM, ROLES, acting, locations, member
from accounts.types import LOCATIONS_MOST, MembershipRole, TaxKind
from bloom.kernel.errors import Invalid, NotAllowed

owner = placing.owner


class TestRules:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("60601", "60601"),
            (" 60601-1234 ", "60601-1234"),
            ("606011234", "60601-1234"),
            ("６０６０１", "60601"),
            ("6060", None),
            ("60601-12", None),
            ("00000", None),
            ("ABCDE", None),
            ("٦٠٦٠١", None),
        ],
    )
    def test_zip_codes(self, typed, kept):
        assert rules.postal_code_normal(typed) == kept

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("(312) 555-0142", "+13125550142"),
            ("312.555.0142", "+13125550142"),
            ("+1 312 555 0142", "+13125550142"),
            ("1-312-555-0142", "+13125550142"),
            ("+44 20 7946 0958", "+442079460958"),
            ("555-0142", None),
            ("112 555 0142", None),
            ("call me", None),
        ],
    )
    def test_telephone_numbers(self, typed, kept):
        assert rules.phone_normal(typed) == kept

    def test_a_shown_number_is_read_as_the_same_one(self):
        assert rules.phone_show("+13125550142") == "(312) 555-0142"
        for phone in ("+13125550142", "+442079460958"):
            assert rules.phone_normal(rules.phone_show(phone)) == phone

    @pytest.mark.parametrize(
        ("line", "is_box"),
        [
            ("PO Box 12", True),
            ("P.O. Box 12", True),
            ("p o box 7", True),
            ("Post Office Box 7", True),
            ("Box 12", True),
            ("12 Boxwood Lane", False),
            ("1 Apollo Street", False),
            ("4 Depot Boxer Road", False),
        ],
    )
    def test_post_boxes(self, line, is_box):
        assert rules.is_post_box(line) is is_box

    @pytest.mark.parametrize(
        ("kind", "number", "is_valid"),
        [
            (TaxKind.EIN, "364871259", True),
            (TaxKind.EIN, "004871259", False),
            (TaxKind.EIN, "36487125", False),
            (TaxKind.EIN, "111111111", False),
            (TaxKind.SSN, "219099998", True),
            (TaxKind.SSN, "000123456", False),
            (TaxKind.SSN, "666123456", False),
            (TaxKind.SSN, "912123456", False),
            (TaxKind.SSN, "219009998", False),
            (TaxKind.SSN, "219090000", False),
        ],
    )
    def test_tax_numbers(self, kind, number, is_valid):
        assert rules.tax_number_is_valid(kind, number) is is_valid

    @given(st.sampled_from(TaxKind), st.from_regex(r"[0-9]{9}", fullmatch=True))
    def test_a_shown_tax_number_is_read_as_the_same_one(self, kind, number):
        assert rules.tax_number_normal(rules.tax_number_show(kind, number)) == number

    @given(st.text(max_size=40))
    def test_whatever_is_typed_is_a_number_or_none(self, typed):
        rules.phone_normal(typed)
        rules.postal_code_normal(typed)
        number = rules.tax_number_normal(typed)
        for kind in TaxKind:
            assert not rules.tax_number_is_valid(kind, number) or number.isascii()


class TestLocations:
    def test_added_changed_retired_and_opened_again_each_on_record(self, owner):
        here = make.practice_of(owner)
        boss = make.actor(owner)
        added = make.location(owner)
        assert (added.phone, added.phone_shown, added.version) == ("+13125550142", "(312) 555-0142", 1)
        changed = services.location_change(boss, here, added.id, {"city": " New   York "}, at=AT, version=1)
        assert (changed.address.city, changed.version) == ("New York", 2)
        assert services.location_change(boss, here, added.id, {"city": "New York"}, at=AT).version == 2
        assert services.location_retire(boss, here, added.id, at=AT).is_retired
        services.location_retire(boss, here, added.id, at=AT)
        assert selectors.location_list(boss, here)[0].is_retired
        assert not services.location_reopen(boss, here, added.id, at=AT).is_retired
        for name in ("added", "changed", "retired", "reopened"):
            (event,) = make.recorded(f"accounts.location.{name}")
            assert (event.object_id, event.practice_id) == (added.id, here)
        assert make.recorded("accounts.location.changed")[0].data == {"fields": ["city"]}

    @pytest.mark.parametrize("role", ROLES)
    def test_everybody_there_sees_them_and_only_an_owner_changes_them(self, owner, role):
        here, place = make.practice_of(owner), make.location(owner)
        user = acting(member(owner, role), owner)
        assert [each.id for each in selectors.location_list(user, here)] == [place.id]
        for attempt in (
            lambda: services.location_add(user, here, {**make.LOCATION, "name": "X"}, at=AT),
            lambda: services.location_change(user, here, place.id, {"name": "X"}, at=AT),
            lambda: services.location_retire(user, here, place.id, at=AT),
            lambda: services.location_reopen(user, here, place.id, at=AT),
        ):
            with pytest.raises(NotAllowed):
                attempt()

    def test_a_name_is_given_once_until_its_location_is_retired(self, owner):
        here, boss = make.practice_of(owner), make.actor(owner)
        first = make.location(owner)
        with pytest.raises(errors.LocationNamed):
            make.location(owner)
        services.location_retire(boss, here, first.id, at=AT)
        make.location(owner)
        with pytest.raises(errors.LocationNamed):
            services.location_reopen(boss, here, first.id, at=AT)

    def test_a_retired_one_is_opened_before_it_is_changed(self, owner):
        here, boss, place = make.practice_of(owner), make.actor(owner), make.location(owner)
        services.location_retire(boss, here, place.id, at=AT)
        with pytest.raises(errors.LocationIsRetired):
            services.location_change(boss, here, place.id, {"name": "X"}, at=AT)

    def test_there_are_not_more_than_a_hundred(self, owner):
        place = make.location(owner)
        row = locations(owner).get(id=place.id)
        Location.objects.bulk_create(
            Location(
                practice_id=row.practice_id,
                name=f"Place {number}",
                time_zone="UTC",
                place_of_service="11",
                created_at=AT,
            )
            for number in range(LOCATIONS_MOST - 1)
        )
        with pytest.raises(errors.LocationsFull):
            make.location(owner, name="One more")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", " "),
            ("name", "x" * 81),
            ("name", "Down\u202etown"),
            ("line1", ""),
            ("line2", "a\x00b"),
            ("city", ""),
            ("region", "ZZ"),
            ("postal_code", "123"),
            ("phone", "555"),
            ("time_zone", "Mars/Base"),
            ("place_of_service", "42"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field_and_stays_typed(self, owner, field, value):
        with pytest.raises(Invalid) as refused:
            make.location(owner, **{field: value})
        assert set(refused.value.errors) == {field}
        client = make.browser(owner)
        address = f"/practices/{make.practice_of(owner)}/locations/new/"
        page = client.post(address, {**FORM, field: value})
        assert page.status_code == 200
        assert page.context["form"].errors[field]
        assert page.context["form"]["line1"].value() == (value if field == "line1" else "120 Elm Street")
        assert not locations(owner).exists()

    def test_the_pages_by_which_it_is_done(self, owner):
        client, here = make.browser(owner), make.practice_of(owner)
        base = f"/practices/{here}/locations/"
        assert "No location yet" in client.get(base).content.decode()
        assert client.post(f"{base}new/", FORM)["Location"] == base
        twice = client.post(f"{base}new/", FORM)
        assert twice.context["form"].errors["name"]
        (place,) = locations(owner)
        page = client.post(f"{base}{place.id}/", {**FORM, "version": "1", "phone": ""})
        assert page["Location"] == base
        late = client.post(f"{base}{place.id}/", {**FORM, "version": "1", "city": "Evanston"})
        assert {each["label"] for each in late.context["others"]} == {"Telephone", "City"}
        html = late.content.decode()
        assert 'value="Evanston"' in html
        assert 'name="version" value="2"' in html
        assert (
            client.post(f"{base}{place.id}/", {**FORM, "version": "2", "city": "Evanston"}).status_code == 302
        )
        assert client.post(f"{base}{place.id}/retire/")["Location"] == base
        assert "Retired" in client.get(base).content.decode()
        assert "Open it again" in client.get(f"{base}{place.id}/").content.decode()
        assert client.post(f"{base}{place.id}/reopen/")["Location"] == base

    def test_the_list_asks_as_much_for_fifty_as_for_one(self, owner, django_assert_num_queries):
        make.location(owner)
        boss, here = make.actor(owner), make.practice_of(owner)
        with django_assert_num_queries(2):
            selectors.location_list(boss, here)
        for number in range(50):
            make.location(owner, name=f"Place {number}")
        with django_assert_num_queries(2):
            assert len(selectors.location_list(boss, here)) == 51


class TestNames:
    def test_members_and_patients_are_called_as_they_call_themselves(self, owner):
        here = make.practice_of(owner)
        user = member(owner, MembershipRole.CLINICIAN, name="Robert Zeller")
        services.profile_change(make.actor(user), preferred_name="Abby", pronouns="she/her", at=AT)
        patient = make.patient(name="Zoe Legal")
        services.profile_change(make.actor(patient), preferred_name="Ari", at=AT)
        make.assignment(patient, owner, practice_id=here)
        boss = make.actor(owner)
        assert [each.name for each in selectors.member_list(boss, here)] == ["Ada Lind", "Abby"]
        assert selectors.practice_patients(boss, here).items[0].name == "Ari"
        page = make.browser(owner).get(f"/practices/{here}/people/").content.decode()
        assert "Abby" in page
        assert "Robert Zeller" not in page

    def test_a_practice_s_name_has_one_spelling(self, owner):
        renamed = services.practice_rename(
            make.actor(owner), make.practice_of(owner), "Cafe\u0301  Elm", at=AT
        )
        assert renamed.name == "Caf\u00e9 Elm"


class TestFirstStep:
    def steps(self, user):
        found = selectors.first_steps_get(make.actor(user))
        return {step.key.value: step.is_done for step in found.steps}

    def test_an_owner_is_led_to_it_until_place_and_payers_know(self, owner):
        assert self.steps(owner)["practice"] is False
        make.location(owner)
        assert self.steps(owner)["practice"] is False
        make.billing_identity(owner)
        assert self.steps(owner)["practice"] is True
        html = make.browser(owner).get("/dashboard/").content.decode()
        assert 'data-step="practice" data-state="done"' in html

    def test_it_is_not_for_a_clinician_of_another_s_practice(self, owner):
        user = make.therapist()
        here = make.practice(owner, user)
        found = selectors.first_steps_get(make.actor(user, practice_id=here))
        assert "practice" not in {step.key.value for step in found.steps}

    def test_what_is_missing_stands_on_the_first_page_of_the_practice(self, owner):
        client, here = make.browser(owner), make.practice_of(owner)
        html = client.get(f"/practices/{here}/").content.decode()
        assert 'data-missing="location"' in html
        assert 'data-missing="billing"' in html
        make.location(owner)
        make.billing_identity(owner)
        whole = client.get(f"/practices/{here}/").content.decode()
        assert 'data-missing="location"' not in whole
        assert 'data-missing="billing"' not in whole
