"""A practice's logo, and its places over REST."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import services
from accounts.models import Practice
from accounts.tests import factories as make
from accounts.tests import placing
from accounts.tests.placing import AT, ROLES, acting, member
from bloom.files import services as files_services
from bloom.files.models import StoredFile
from bloom.files.tests import pictures
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed

owner = placing.owner


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
