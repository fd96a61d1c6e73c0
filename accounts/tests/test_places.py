"""Where a practice works and what it is to payers: rules, who may, what is kept, what is refused."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from accounts import errors, rules, selectors, services
from accounts.models import BillingIdentity, Location, Practice
from accounts.tests import factories as make
from accounts.types import LOCATIONS_MOST, BillingNeed, MembershipRole, TaxKind
from bloom.files import services as files_services
from bloom.files.models import StoredFile
from bloom.files.tests import pictures
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded, Invalid, NotAllowed, NotFound

AT = make.AT
ROLES = [
    MembershipRole.CLINICIAN,
    MembershipRole.SUPERVISOR,
    MembershipRole.BILLER,
    MembershipRole.FRONT_DESK,
]
FORM = {**make.LOCATION, "version": "0"}
BILLING_FORM = {**make.BILLING, "version": "0"}


@pytest.fixture
def owner(db):
    return make.therapist(name="Ada Lind")


def member(owner, role, **facts):
    user = make.therapist(**facts)
    sent = make.invitation(owner, user.email, role)
    services.invitation_accept(make.actor(user), sent.secret, at=clock.now())
    return user


def acting(user, owner, **more):
    return make.actor(user, practice_id=make.practice_of(owner), **more)


def locations(owner):
    return Location.objects.unscoped(reason="test").filter(practice_id=make.practice_of(owner))


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


class TestBilling:
    def test_told_and_changed_on_record_by_the_names_of_what_changed(self, owner):
        here, boss = make.practice_of(owner), make.actor(owner)
        assert selectors.billing_get(boss, here).version == 0
        told = make.billing_identity(owner)
        assert (told.version, told.tax_kind, told.tax_last_four) == (1, TaxKind.EIN, "1259")
        assert told.is_complete
        again = services.billing_change(boss, here, {"tax_kind": "ein", "tax_number": "364871259"}, at=AT)
        assert again.version == 1
        changed = services.billing_change(boss, here, {"npi": "", "tax_number": ""}, at=AT)
        assert changed.missing == (BillingNeed.NPI,)
        assert changed.tax_last_four == "1259"
        first, second = make.recorded("accounts.billing_identity.changed")
        assert "tax_number" in first.data["fields"]
        assert second.data == {"fields": ["npi"]}

    @pytest.mark.parametrize("role", ROLES)
    def test_an_owner_changes_it_a_biller_reads_it_others_neither(self, owner, role):
        here = make.practice_of(owner)
        make.billing_identity(owner)
        user = acting(member(owner, role), owner)
        with pytest.raises(NotAllowed):
            services.billing_change(user, here, {"npi": ""}, at=AT)
        if role is MembershipRole.BILLER:
            assert selectors.billing_get(user, here).tax_last_four == "1259"
            assert services.tax_number_open(user, here, at=AT).shown == "36-4871259"
        else:
            with pytest.raises(NotAllowed):
                selectors.billing_get(user, here)
            with pytest.raises(NotAllowed):
                services.tax_number_open(user, here, at=AT)

    def test_opening_all_of_it_is_on_record(self, owner):
        make.billing_identity(owner)
        services.tax_number_open(make.actor(owner), make.practice_of(owner), at=AT)
        (event,) = make.recorded("accounts.tax_number.opened")
        assert (event.actor_user_id, event.object_id) == (owner.id, make.practice_of(owner))

    def test_without_a_number_nothing_is_opened(self, owner):
        with pytest.raises(NotFound):
            services.tax_number_open(make.actor(owner), make.practice_of(owner), at=AT)

    def test_both_need_a_fresh_factor(self, owner):
        here = make.practice_of(owner)
        make.billing_identity(owner)
        make.app(owner)
        stale = make.actor(owner, factor_at=None)
        for attempt in (
            lambda: services.billing_change(stale, here, {"npi": ""}, at=AT),
            lambda: services.tax_number_open(stale, here, at=AT),
        ):
            with pytest.raises(FreshFactorNeeded):
                attempt()

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"legal_name": ""}, "legal_name"),
            ({"legal_name": "x" * 61}, "legal_name"),
            ({"npi": "1234567890"}, "npi"),
            ({"tax_number": "12-34"}, "tax_number"),
            ({"tax_kind": "ssn", "tax_number": "900-12-3456"}, "tax_number"),
            ({"tax_kind": ""}, "tax_number"),
            ({"tax_kind": "itin"}, "tax_kind"),
            ({"line1": "P.O. Box 9"}, "line1"),
            ({"city": ""}, "city"),
            ({"postal_code": "x"}, "postal_code"),
            ({"region": ""}, "region"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field(self, owner, change, field):
        with pytest.raises(Invalid) as refused:
            make.billing_identity(owner, **change)
        assert set(refused.value.errors) == {field}
        page = make.browser(owner).post(
            f"/practices/{make.practice_of(owner)}/billing/edit/", {**BILLING_FORM, **change}
        )
        assert page.status_code == 200
        assert page.context["form"].errors[field]
        assert not BillingIdentity.objects.unscoped(reason="test").exists()

    def test_another_kind_is_another_number(self, owner):
        make.billing_identity(owner)
        with pytest.raises(Invalid) as refused:
            make.billing_identity(owner, tax_kind="ssn", tax_number="")
        assert set(refused.value.errors) == {"tax_number"}
        assert make.billing_identity(owner, tax_kind="ssn", tax_number="219-09-9998").tax_kind is TaxKind.SSN

    def test_the_pages_by_which_it_is_done(self, owner):
        client, here = make.browser(owner), make.practice_of(owner)
        base = f"/practices/{here}/billing/"
        assert "Nothing told yet" in client.get(base).content.decode()
        assert client.post(f"{base}edit/", BILLING_FORM)["Location"] == base
        html = client.get(base).content.decode()
        assert "ends in 1259" in html
        assert "4871259" not in html
        assert "Show it" in client.get(f"{base}tax-number/").content.decode()
        opened = client.post(f"{base}tax-number/")
        assert "36-4871259" in opened.content.decode()
        assert "no-store" in opened["Cache-Control"]

    def test_who_was_too_long_at_it_shows_who_they_are_and_loses_nothing_typed(self, owner):
        client, here = make.browser(owner), make.practice_of(owner)
        session = client.session
        session["factor_at"] = AT.isoformat()
        session.save()
        client.cookies["sessionid"] = session.session_key
        address = f"/practices/{here}/billing/edit/"
        assert client.get(address)["Location"].startswith("/accounts/again/")
        page = client.post(address, BILLING_FORM)
        html = page.content.decode()
        assert "Not saved yet" in html
        assert 'value="Elm Street Therapy LLC"' in html
        assert selectors.billing_get(make.actor(owner), here).version == 0
        assert (
            client.get(f"/practices/{here}/billing/tax-number/")["Location"] == f"/practices/{here}/billing/"
        )

    def test_of_two_pages_the_later_one_is_told_and_keeps_what_was_typed(self, owner):
        client, here = make.browser(owner), make.practice_of(owner)
        address = f"/practices/{here}/billing/edit/"
        assert client.post(address, BILLING_FORM).status_code == 302
        late = client.post(address, {**BILLING_FORM, "legal_name": "Another Name", "tax_number": "219099998"})
        html = late.content.decode()
        assert "Somebody else has changed this" in html
        assert "Elm Street Therapy LLC" in html
        assert 'value="Another Name"' in html
        assert selectors.billing_get(make.actor(owner), here).legal_name == "Elm Street Therapy LLC"
        again = {
            **BILLING_FORM,
            "legal_name": "Another Name",
            "version": late.context["form"]["version"].value(),
        }
        assert client.post(address, again).status_code == 302
        assert selectors.billing_get(make.actor(owner), here).legal_name == "Another Name"


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_at_once_one_is_told():
    if connection.vendor != "postgresql":
        pytest.skip("needs real connections")
    first = make.therapist(name="Ada Lind")
    here = make.practice_of(first)
    second = make.therapist()
    services.membership_start(make.actor(first), here, second.id, MembershipRole.CLINICIAN, at=AT)
    sent = services.owner_ask(make.actor(first), here, second.id, at=AT)
    services.invitation_accept(make.actor(second), sent.secret, at=AT)
    begin = threading.Barrier(2)

    def change(user, name):
        acting = make.actor(user, practice_id=here)
        begin.wait(timeout=10)
        try:
            services.billing_change(acting, here, {**make.BILLING, "legal_name": name}, at=AT, version=0)
        except errors.ChangedMeanwhile as refused:
            return f"told {refused.fields['version']}"
        finally:
            connections.close_all()
        return "saved"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(change, (first, second), ("One", "Two")))
    assert sorted(outcomes) == ["saved", "told 1"]
    assert BillingIdentity.objects.unscoped(reason="test").count() == 1


class TestLogo:
    @pytest.fixture(autouse=True)
    def storage(self, settings, tmp_path):
        kept = settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path}}
        settings.STORAGES = settings.STORAGES | {"default": kept}

    def test_shown_where_the_practice_is_and_to_who_is_asked_and_removed(self, owner, client):
        browser, here = make.browser(owner), make.practice_of(owner)
        picture = pictures.picture(size=(600, 200))
        answer = browser.post(f"/practices/{here}/logo/", {"logo": SimpleUploadedFile("logo.png", picture)})
        assert answer["Location"] == f"/practices/{here}/"
        sent = make.invitation(owner, "new@example.org")
        pages = (
            browser.get(f"/practices/{here}/"),
            browser.get("/settings/practices/"),
            client.get(f"/invitations/{sent.secret}/"),
        )
        for page in pages:
            html = page.content.decode()
            link = html.split('class="logo"', 1)[1].split('src="', 1)[1].split('"', 1)[0]
            assert client.get(link).headers["Content-Type"] == "image/webp"
        (event,) = make.recorded("accounts.practice.changed")
        assert event.data == {"fields": ["logo"]}
        assert browser.post(f"/practices/{here}/logo/remove/").status_code == 302
        assert Practice.objects.get(id=here).logo_id is None
        assert files_services.files_sweep(make.SYSTEM, at=clock.now()) == 1
        assert not StoredFile.objects.unscoped(reason="test").exists()

    def test_what_is_none_is_said_beside_the_field(self, owner):
        page = make.browser(owner).post(
            f"/practices/{make.practice_of(owner)}/logo/", {"logo": SimpleUploadedFile("a.svg", b"<svg/>")}
        )
        assert page.context["logo_form"].errors["logo"] == ["Please choose a picture: JPEG, PNG or WebP."]

    @pytest.mark.parametrize("role", ROLES)
    def test_only_an_owner_changes_it(self, owner, role):
        user = acting(member(owner, role), owner)
        here = make.practice_of(owner)
        for attempt in (
            lambda: services.logo_change(user, here, pictures.picture(), at=AT),
            lambda: services.logo_remove(user, here, at=AT),
        ):
            with pytest.raises(NotAllowed):
                attempt()


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


class TestApi:
    def call(self, client, method, path, **data):
        return getattr(client, method)(f"/api/v1/practices/{path}", data, content_type="application/json")

    def test_all_of_it_by_an_owner(self, owner):
        client, here = make.browser(owner), make.practice_of(owner)
        (listed,) = client.get("/api/v1/practices/").json()["results"]
        assert (listed["id"], listed["roles"], listed["current"]) == (str(here), ["owner"], True)
        assert self.call(client, "patch", f"{here}/", name="Elm Street").json()["name"] == "Elm Street"
        assert client.get(f"/api/v1/practices/{here}/members/").json()["results"][0]["name"] == "Ada Lind"
        place = self.call(client, "post", f"{here}/locations/", **make.LOCATION).json()
        assert place["phone"] == "+13125550142"
        one = f"{here}/locations/{place['id']}/"
        assert self.call(client, "patch", one, city="Evanston", version=1).json()["version"] == 2
        late = self.call(client, "patch", one, city="Chicago", version=1)
        assert (late.status_code, late.json()["code"], late.json()["version"]) == (
            409,
            "changed_meanwhile",
            2,
        )
        assert self.call(client, "patch", one, retired=True, city="x").status_code == 400
        assert self.call(client, "patch", one, retired=True).json()["retired_at"]
        assert self.call(client, "patch", one, retired=False).json()["retired_at"] is None
        assert client.get(f"/api/v1/practices/{one}").json()["city"] == "Evanston"
        assert len(client.get(f"/api/v1/practices/{here}/locations/").json()["results"]) == 1
        told = self.call(client, "patch", f"{here}/billing/", **make.BILLING)
        assert (told.json()["tax_last_four"], told.json()["missing"]) == ("1259", [])
        assert "4871259" not in told.content.decode()
        assert client.get(f"/api/v1/practices/{here}/billing/").json() == told.json()
        wrong = self.call(client, "patch", f"{here}/billing/", npi="1")
        assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"npi"})

    def test_the_schema_sends_no_tax_number(self, client):
        schema = client.get("/api/v1/schema/?format=json").json()
        parts = schema["components"]["schemas"]
        assert "tax_number" not in parts["BillingIdentity"]["properties"]
        operation = schema["paths"]["/api/v1/practices/{practice_id}/billing/"]["patch"]
        assert operation["x-required-scope"] == "billing:write"


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
        assert "data-missing" not in client.get(f"/practices/{here}/").content.decode()
