"""The directory's pages, a therapist's own listing, and what admins decide."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from accounts import services
from accounts.tests import factories as make
from accounts.types import LicenceFacts

pytestmark = pytest.mark.django_db
FORM = {
    "licence_0_state": "IL",
    "licence_0_type": "lcsw",
    "licence_0_number": "149.012345",
    "npi": "1234567893",
    "specialties": ["grief", "anxiety"],
    "languages": ["en"],
    "formats": ["telehealth"],
}


def page(client, address, **query):
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def looked_for(client, **form):
    """The page to which the form of the directory leads."""
    answer = client.post("/therapists/", form, follow=True)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def chip(text, label):
    """Where the filter with this label is left out."""
    return re.search(rf'class="chip" href="(/therapists/[^"]*)"><span[^>]*>[^<]*</span>{label}', text)[1]


class TestDirectory:
    def test_shows_what_one_needs_to_choose(self):
        user = make.therapist(name="Grace Adeyemi, LCSW")
        make.listing(user, headline="Grief and loss", fee_from=9000, fee_to=14050, specialties=("grief",))
        text = page(make.browser(make.patient()), "/therapists/")
        for words in (
            "Grace Adeyemi",
            "Grief and loss",
            "$90 to $140.50 a session",
            "Clinical social worker",
            "1 therapist",
        ):
            assert words in text
        assert f"/therapists/{user.id}/" in text

    def test_filters_can_be_taken_off_and_no_address_tells_of_them(self):
        make.listing(make.therapist(name="Grace"), languages=("es",))
        make.listing(make.therapist(name="Tom"))
        client = make.browser(make.patient())
        form = {"language": "es", "q": "grace", "specialty": ["no-such-code", "anxiety"]}
        sent = client.post("/therapists/", form)
        assert sent.status_code == 302
        text = page(client, sent["Location"])
        assert "Grace" in text
        assert "Tom" not in text
        assert re.search(r'value="es" checked', text)
        for address in [sent["Location"], *re.findall(r'href="([^"]*)"', text)]:
            for word in ("grace", "=es", "specialty", "anxiety", "no-such-code"):
                assert word not in address
        spanish = page(client, chip(text, "“grace”"))
        assert re.search(r'value="es" checked', spanish)
        assert 'value="grace"' not in spanish
        anybody = page(client, chip(page(client, chip(text, "Spanish")), "Anxiety"))
        assert 'value="grace"' in anybody
        assert not re.search(r'value="[^"]*" checked', anybody)
        assert chip(anybody, "“grace”") == "/therapists/"

    def test_an_address_of_before_leads_to_one_that_tells_nothing(self):
        make.listing(make.therapist(name="Grace"), languages=("es",))
        client = make.browser(make.patient())
        sent = client.get("/therapists/?language=es&specialty=no-such-code&sort=best")
        assert sent["Location"].startswith("/therapists/?search=")
        assert re.search(r'value="es" checked', page(client, sent["Location"]))
        assert client.get("/therapists/?specialty=no-such-code")["Location"] == "/therapists/"

    def test_a_search_is_for_its_person_alone(self):
        make.listing(make.therapist(name="Grace"), languages=("es",))
        sent = make.browser(make.patient()).post("/therapists/", {"language": "es"})
        other = make.browser(make.patient())
        assert other.get(sent["Location"])["Location"] == "/therapists/"
        # One that is cut tells nobody anything either.
        assert other.get("/therapists/?search=x")["Location"] == "/therapists/"

    def test_nothing_found_suggests_the_narrowest_filter(self):
        make.listing(make.therapist(name="Grace"))
        text = looked_for(make.browser(make.patient()), language="ja")
        assert "without Japanese: 1 therapist" in text

    def test_htmx_gets_the_part_and_the_address_of_it(self):
        make.listing(make.therapist(name="Grace"))
        client = make.browser(make.patient())
        part = {"HX-Request": "true", "HX-Target": "results"}
        answer = client.post("/therapists/", {"q": "", "sort": "best", "language": "en"}, headers=part)
        assert "<html" not in answer.content.decode()
        assert answer["HX-Push-Url"].startswith("/therapists/?search=")
        assert "HX-Request" in answer["Vary"]
        again = page(client, answer["HX-Push-Url"])
        assert "<html" in again
        assert re.search(r'value="en" checked', again)
        everybody = client.post("/therapists/", {"q": "", "sort": "best"}, headers=part)
        assert everybody["HX-Push-Url"] == "/therapists/"

    def test_more_of_it(self):
        for _each in range(21):
            make.listing(make.therapist(), languages=("es",))
        client = make.browser(make.patient())
        text = looked_for(client, language="es")
        following = re.search(r'id="more">\s*<a[^>]* href="(/therapists/\?[^"]+)"', text)[1]
        assert text.count("person-card") == 20
        text = page(client, following.replace("&amp;", "&"))
        assert text.count("person-card") == 1
        assert re.search(r'value="es" checked', text)

    @pytest.mark.parametrize("query", ["q=%00", "cursor=x", "state=ZZ", "sort=zzz", "q=" + "x" * 500])
    def test_strange_addresses_do_no_harm(self, query):
        client = make.browser(make.patient())
        assert client.get(f"/therapists/?{query}", follow=True).status_code in {200, 400}


class TestProfile:
    def test_says_who_they_are_and_what_verified_means(self):
        user = make.therapist(name="Grace Adeyemi")
        make.listing(
            user,
            licences=(LicenceFacts(state="IL", type="lcsw", number="149.012345"),),
            approach="Slowly.\n\n<script>alert(1)</script>",
            insurance=("aetna",),
        )
        text = page(make.browser(make.patient()), f"/therapists/{user.id}/")
        for words in ("Slowly.", "149.012345", "Verified means", "Aetna", "Illinois"):
            assert words in text
        assert "<script>alert" not in text
        assert "1234567" not in text

    def test_a_patient_is_simple(self):
        therapist, patient = make.therapist(), make.patient(name="Maya Torres")
        make.assignment(patient, therapist)
        text = page(make.browser(therapist), f"/people/{patient.id}/")
        assert "In your care since 2 November 2026" in text
        assert make.browser(make.therapist()).get(f"/people/{patient.id}/").status_code == 404
        # One's own therapist, who has no listing yet.
        assert "Your therapist since" in page(make.browser(patient), f"/people/{therapist.id}/")
        make.listing_sent(therapist)
        assert (
            make.browser(patient).get(f"/people/{therapist.id}/")["Location"]
            == f"/therapists/{therapist.id}/"
        )


class TestOwn:
    def test_sign_up_goes_on_until_it_is_sent(self):
        user = make.therapist()
        client = make.browser(user)
        assert "Tell patients how you work" in page(client, "/dashboard/")
        answer = client.post("/welcome/listing/", {**FORM, "npi": "1234567890", "specialties": []})
        text = answer.content.decode()
        assert "This is not an NPI" in text
        assert 'value="1234567890"' in text
        assert 'value="149.012345"' in text
        kept = client.post("/welcome/listing/", {**FORM, "npi": "", "later": "1"})
        assert kept["Location"] == "/dashboard/"
        text = page(client, "/welcome/listing/")
        assert 'value="149.012345"' in text
        assert make.listing_row(user).state == "draft"
        text = client.post("/welcome/listing/", {**FORM, "npi": ""}).content.decode()
        assert "Please write your NPI." in text
        assert client.post("/welcome/listing/", FORM)["Location"] == "/settings/listing/"
        assert make.listing_row(user).state == "awaiting"
        assert "We are checking your license" in page(client, "/dashboard/")
        assert "We are checking your license" in page(client, "/settings/listing/")
        assert client.get("/welcome/listing/")["Location"] == "/settings/listing/"

    def test_settings_change_everything_and_keep_what_is_wrong(self):
        user = make.therapist()
        make.listing(user)
        client = make.browser(user)
        facts = {
            **FORM,
            "headline": "Grief",
            "approach": "Slowly.",
            "fee_from": "92.50",
            "fee_to": "90",
            "accepts_new": "on",
        }
        text = client.post("/settings/listing/", facts).content.decode()
        assert "The highest fee is below the lowest." in text
        assert 'value="92.50"' in text
        assert make.listing_row(user).fee_from_minor is None
        assert client.post("/settings/listing/", {**facts, "fee_to": ""}).status_code == 302
        row = make.listing_row(user)
        # Another license: checked again.
        assert (row.fee_from_minor, row.state, row.therapist.headline) == (9250, "awaiting", "Grief")
        assert "This is how patients see you" in page(client, "/settings/listing/preview/")

    def test_hiding_and_coming_back(self):
        user, patient = make.therapist(), make.patient()
        make.listing(user)
        client = make.browser(user)
        client.post("/settings/listing/hide/", {"hidden": "1"})
        assert "Verified, and hidden" in page(client, "/settings/listing/")
        assert make.browser(patient).get(f"/therapists/{user.id}/").status_code == 404
        client.post("/settings/listing/hide/", {"hidden": "0"})
        assert make.browser(patient).get(f"/therapists/{user.id}/").status_code == 200

    def test_what_was_refused_is_read_and_sent_again(self):
        user = make.therapist()
        row = make.listing_sent(user)
        services.listing_refuse(
            make.actor(make.admin()), row.id, "The number is another one.", seen=row.submitted_at, at=make.AT
        )
        client = make.browser(user)
        assert "The number is another one." in page(client, "/settings/listing/")
        assert "wrote what is missing" in page(client, "/dashboard/")
        client.post("/settings/listing/submit/")
        assert make.listing_row(user).state == "awaiting"


class TestAdmin:
    def act(self, user, action, *rows, **more):
        return make.browser(user).post(
            reverse("admin:accounts_listing_changelist"),
            {"action": action, "_selected_action": [str(row.pk) for row in rows], **more},
            follow=True,
        )

    def test_sees_both_sides(self):
        user = make.therapist(name="Grace Adeyemi")
        row = make.listing_sent(user)
        row.registry = {
            "npi": row.npi, "first_name": "GRACIA", "last_name": "ADEYEMI", "credential": "LCSW",
            "is_active": True, "is_person": True, "other_names": [], "states": ["IL"],
            "taxonomies": [{"code": "1041C0700X", "state": "IL", "licence": "<b>7</b>"}],
        }  # fmt: skip
        row.check_notes = ["name_differs"]
        row.save()
        text = page(make.browser(make.support()), reverse("admin:accounts_listing_change", args=[row.pk]))
        for words in ("GRACIA ADEYEMI", "Grace Adeyemi", "The name differs.", "&lt;b&gt;7&lt;/b&gt;"):
            assert words in text
        assert "Grace Adeyemi" in page(
            make.browser(make.admin()), reverse("admin:accounts_listing_changelist"), q="ádeyemi"
        )

    def test_accepts_and_tells(self, settings):
        user, admin = make.therapist(), make.admin()
        row = make.listing_sent(user)
        asked = self.act(admin, "listing_accept", row).content.decode()
        assert row.npi in asked
        assert make.listing_row(user).state == "awaiting"
        seen = {f"seen-{row.pk}": row.submitted_at.isoformat(), "decide": "1"}
        self.act(admin, "listing_accept", row, **seen)
        assert make.listing_row(user).verified_by_id == admin.id
        (sent,) = mail.outbox
        assert (sent.to, sent.subject) == ([user.email], "You are verified, and patients can find you")
        again = self.act(admin, "listing_accept", row, **seen)
        assert "does not wait for a check" in again.content.decode()

    def test_refuses_with_words_that_it_asks_for(self):
        user, admin = make.therapist(), make.admin()
        row = make.listing_sent(user)
        asked = self.act(admin, "listing_refuse", row).content.decode()
        assert "You are refusing" in asked
        empty = self.act(admin, "listing_refuse", row, reason=" ").content.decode()
        assert "Please say what is wrong" in empty
        seen = {f"seen-{row.pk}": row.submitted_at.isoformat()}
        self.act(admin, "listing_refuse", row, reason="Please check the number.", **seen)
        assert make.listing_row(user).refusal == "Please check the number."
        (sent,) = mail.outbox
        assert "Please check the number." in sent.body

    def test_support_looks_and_decides_nothing(self):
        row = make.listing_sent(make.therapist())
        seen = {f"seen-{row.pk}": row.submitted_at.isoformat(), "decide": "1"}
        self.act(make.support(), "listing_accept", row, **seen)
        row.refresh_from_db()
        assert row.state == "awaiting"


class TestRest:
    def test_people_with_their_listings_and_filters(self):
        user = make.therapist(name="Grace")
        make.listing(user, languages=("es",), fee_from=9000)
        make.listing(make.therapist(name="Tom"))
        client = make.browser(make.patient())
        (found,) = client.get("/api/v1/people/?language=es&accepts_new=true&q=grace").json()["results"]
        assert found["listing"]["fee_from"] == {"amount": 9000, "currency": "USD"}
        assert found["listing"]["languages"] == ["es"]
        assert "npi" not in found["listing"]
        assert client.get("/api/v1/people/?language=xx").json()["errors"] == {
            "language": ["Please choose from the list."]
        }
        assert client.get("/api/v1/people/?accepts_new=maybe").status_code == 400

    def test_ones_own(self):
        client = make.browser(make.therapist())
        assert client.get("/api/v1/me/listing/").status_code == 404
        csrf = {"content_type": "application/json"}
        answer = client.patch("/api/v1/me/listing/", {"city": "Chicago", "specialties": ["grief"]}, **csrf)
        assert answer.json()["missing"] == ["licences", "npi", "languages", "formats"]
        assert client.post("/api/v1/me/listing/submit/", {}, **csrf).json()["code"] == "listing_incomplete"
        wrong = client.patch("/api/v1/me/listing/", {"npi": "1"}, **csrf)
        assert list(wrong.json()["errors"]) == ["npi"]
        whole = {
            "npi": "1234567893",
            "languages": ["en"],
            "formats": ["telehealth"],
            "licences": [{"state": "IL", "type": "lcsw", "number": "7"}],
            "hidden": True,
        }
        assert client.patch("/api/v1/me/listing/", whole, **csrf).json()["hidden"] is True
        assert client.post("/api/v1/me/listing/submit/", {}, **csrf).json()["state"] == "awaiting"
