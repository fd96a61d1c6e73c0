"""Signing up by its pages, and codes that are wrong."""

import re

import pytest
from django.core import mail
from django.test import Client

from accounts import selectors
from accounts.models import Practice, Role, User
from accounts.tests import factories as make
from accounts.tests.signing import GOOD, bare, code_in
from accounts.types import PracticeMay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits(settings):
    """Each test with its own counters of tries."""
    from django.core.cache import cache

    cache.clear()
    settings.RATE_FACTOR = 1000
    settings.ACCOUNT_RATE_LIMITS = False


class TestWrongCodes:
    @pytest.fixture
    def client(self):
        client = Client()
        client.post("/accounts/signup/", GOOD)
        return client

    def wrong(self, client):
        return client.post("/accounts/confirm-email/", {"code": "AAAAAA"})

    def test_the_third_wrong_code_brings_a_new_one_and_one_stays(self, client):
        first = code_in(mail.outbox[-1])
        for _try in range(2):
            assert "This code is used up" not in self.wrong(client).content.decode()
        page = self.wrong(client)
        assert (page.status_code, len(mail.outbox)) == (200, 2)
        assert "This code is used up. We sent a new one." in page.content.decode()
        assert "Check your mail" in page.content.decode()
        # The old code is over, and the new one has tries of its own.
        client.post("/accounts/confirm-email/", {"code": first})
        self.wrong(client)
        done = client.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
        assert (done.status_code, done["Location"]) == (302, "/dashboard/")

    def test_codes_are_not_sent_without_end(self, client):
        for _try in range(9):
            last = self.wrong(client)
        assert (last.status_code, last["Location"], len(mail.outbox)) == (302, "/accounts/signup/", 3)
        page = client.get("/accounts/signup/")
        assert "These were too many codes" in page.content.decode()
        self.as_typed(page)

    def as_typed(self, page):
        """The form holds what was typed, but for the password; and only this once."""
        html = page.content.decode()
        assert 'value="Maya Torres"' in html
        assert 'value="maya@example.org"' in html
        assert page.context["form"]["role"].value() == "patient"
        assert GOOD["password1"] not in html
        again = page.client.get("/accounts/signup/").content.decode()
        assert "Maya Torres" not in again

    def test_another_address_keeps_the_rest(self, client):
        answer = client.post("/accounts/signup/again/", {"next": "/help/"})
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/signup/?next=%2Fhelp%2F")
        self.as_typed(client.get(answer["Location"]))
        client.post("/accounts/signup/", GOOD | {"email": "other@example.org"})
        assert mail.outbox[-1].to == ["other@example.org"]
        client.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
        assert client.get("/api/v1/me/").json()["email"] == "other@example.org"
        assert "sign_up_typed" not in client.session

    def test_a_code_that_is_over_leads_back_to_what_was_typed(self, client, settings):
        settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = -1
        answer = client.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/signup/")
        page = client.get("/accounts/signup/")
        assert "This code is over" in page.content.decode()
        self.as_typed(page)

    def test_the_page_for_signing_in_leads_back_to_the_code(self, client):
        make.patient(email="taken@example.org")
        other = Client()
        other.post("/accounts/signup/", {**GOOD, "email": "taken@example.org"})
        for browser in (client, other):
            answer = browser.get("/accounts/login/")
            assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/")
        assert Client().get("/accounts/login/").status_code == 200

    def test_a_new_code_waits_its_turn_and_the_old_one_is_over_all_the_same(self, client, settings):
        settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "1/10s/key"}
        first = code_in(mail.outbox[-1])
        client.post("/accounts/confirm-email/", {"action": "resend"})
        sent = len(mail.outbox)
        for _try in range(3):
            page = self.wrong(client)
        assert "Wait a moment" in page.content.decode()
        assert len(mail.outbox) == sent
        assert client.post("/accounts/confirm-email/", {"code": first}).status_code == 200
        client.post("/accounts/confirm-email/", {"action": "resend"})
        assert "We have just sent one" in client.get("/accounts/confirm-email/").content.decode()

    def test_a_taken_address_looks_the_same(self, client):
        make.patient(email="taken@example.org")
        other = Client()
        other.post("/accounts/signup/", {**GOOD, "email": "taken@example.org"})
        for _try in range(9):
            mine, theirs = self.wrong(client), self.wrong(other)
            assert (mine.status_code, mine.get("Location")) == (theirs.status_code, theirs.get("Location"))
            assert bare(mine) == bare(theirs)
        client.post("/accounts/signup/", GOOD)
        other.post("/accounts/signup/", {**GOOD, "email": "taken@example.org"})
        mine, theirs = (browser.get("/accounts/signup/") for browser in (client, other))
        assert (mine.status_code, mine.get("Location")) == (theirs.status_code, theirs.get("Location"))


class TestSignUp:
    def test_a_patient_from_the_form_to_the_first_page(self, client):
        answer = client.post("/accounts/signup/", GOOD)
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/")
        user = User.objects.get(email="maya@example.org")
        assert (user.name, user.time_zone) == ("Maya Torres", "America/Chicago")
        assert set(user.roles.values_list("role", flat=True)) == {"patient"}
        assert client.get("/api/v1/me/").status_code == 401
        (message,) = mail.outbox
        assert message.to == ["maya@example.org"]
        wrong = client.post("/accounts/confirm-email/", {"code": "AAAAAA"})
        assert wrong.status_code == 200
        answer = client.post("/accounts/confirm-email/", {"code": code_in(message)})
        assert (answer.status_code, answer["Location"]) == (302, "/dashboard/")
        assert client.get("/api/v1/me/").json()["id"] == str(user.id)
        for name in ("user.signed_up", "email.verified", "session.started"):
            (event,) = make.recorded(f"accounts.{name}")
            assert event.subject_id == user.id

    def test_a_therapist_owns_a_practice_from_the_start(self, client):
        client.post("/accounts/signup/", GOOD | {"role": "therapist"})
        user = User.objects.get(email="maya@example.org")
        practice = Practice.objects.get()
        assert (practice.name, practice.kind, practice.is_listed) == ("Maya Torres’s practice", "solo", True)
        assert selectors.practice_may(make.actor(user), practice.id, PracticeMay.MANAGE_MEMBERS)

    @pytest.mark.parametrize("role", ["admin", "support", "", "PATIENT", "owner"])
    def test_no_other_role_can_be_taken(self, client, role):
        answer = client.post("/accounts/signup/", GOOD | {"role": role})
        assert answer.status_code == 200
        assert not User.objects.exists()

    def test_nothing_else_can_be_smuggled_in(self, client):
        client.post(
            "/accounts/signup/",
            GOOD
            | {"is_staff": "1", "roles": "admin", "is_active": ""}
            | {"id": str(make.NOBODY), "date_joined": "2001-01-01"},
        )
        user = User.objects.get()
        assert set(Role.objects.values_list("role", flat=True)) == {"patient"}
        assert user.id != make.NOBODY
        assert user.is_active
        assert not user.is_staff
        assert user.date_joined.year > 2001

    def test_keeps_what_was_typed_and_says_what_is_wrong(self, client):
        answer = client.post("/accounts/signup/", GOOD | {"password2": "another one here"})
        page = answer.content.decode()
        assert 'value="Maya Torres"' in page
        assert 'value="maya@example.org"' in page
        assert re.search(r'value="patient"\s+checked', page)
        assert "same password" in page

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", "  "),
            ("name", "a\u202eb"),
            ("email", "no address"),
            ("email", "\uff4daya@example.org"),
            ("password1", "short"),
            ("password1", "password123"),
            ("email", ""),
        ],
    )
    def test_refuses_nonsense(self, client, field, value):
        typed = GOOD | {field: value}
        if field == "password1":
            typed["password2"] = value
        assert client.post("/accounts/signup/", typed).status_code == 200
        assert not User.objects.exists()

    def test_an_unknown_time_zone_becomes_utc(self, client):
        client.post("/accounts/signup/", GOOD | {"time_zone": "Mars/Olympus"})
        assert User.objects.get().time_zone == "UTC"

    @pytest.mark.parametrize("email", ["maya@example.org", "MAYA@Example.ORG", " maya@example.org "])
    def test_a_taken_address_looks_like_a_free_one(self, client, email):
        make.patient(email="maya@example.org")
        taken, free = Client(), Client()
        answers = [
            taken.post("/accounts/signup/", GOOD | {"email": email}),
            free.post("/accounts/signup/", GOOD | {"email": "free@example.org"}),
        ]
        assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
        pages = [bare(browser.get("/accounts/confirm-email/")) for browser in (taken, free)]
        assert pages[0] == pages[1]
        assert User.objects.filter(email="maya@example.org").count() == 1
        # Only whoever reads the mail learns that there is an account.
        assert [message.to for message in mail.outbox] == [["maya@example.org"], ["free@example.org"]]
        assert "password/reset" in mail.outbox[0].body
        assert "password/reset" not in mail.outbox[1].body

    def test_a_race_for_an_address_looks_the_same(self, client, monkeypatch):
        from allauth.account.internal import flows

        make.patient(email="maya@example.org")
        monkeypatch.setattr(flows.manage_email, "email_already_exists", lambda email, **_: (email, False))
        answer = client.post("/accounts/signup/", GOOD)
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/confirm-email/")
        assert User.objects.count() == 1
