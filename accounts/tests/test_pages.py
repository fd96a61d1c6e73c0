"""Signing up, in and out as a browser does it; and what somebody learns who should not."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core import mail
from django.test import Client

from accounts import hashers, selectors, services
from accounts.models import Practice, Role, Session, User
from accounts.tests import factories as make
from accounts.types import PracticeMay

pytestmark = pytest.mark.django_db

GOOD = {
    "role": "patient",
    "name": "Maya Torres",
    "email": "maya@example.org",
    "password1": "quiet river morning",
    "password2": "quiet river morning",
    "time_zone": "America/Chicago",
}


@pytest.fixture(autouse=True)
def fresh_limits(settings):
    """Each test with its own counters of tries."""
    from django.core.cache import cache

    cache.clear()
    settings.RATE_FACTOR = 1000
    settings.ACCOUNT_RATE_LIMITS = False


def bare(page):
    """A page without what differs by chance: addresses, tokens, nonces."""
    return re.sub(r'\S+@\S+|value="[A-Za-z0-9]{64}"|nonce="[^"]+"', "", page.content.decode())


def code_in(message):
    (code,) = re.findall(r"^([A-Z0-9-]{6,9})$", message.body, re.MULTILINE)
    return code


def link_in(message):
    (link,) = re.findall(r"https?://\S+/accounts/password/reset/key/\S+/", message.body)
    return "/" + link.split("/", 3)[3]


def sign_in(client, email, password=make.PASSWORD, **more):
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


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


class TestSignIn:
    def test_and_out_again(self, client):
        user = make.therapist(email="ada@example.org")
        make.app(user)
        answer = sign_in(client, "ADA@example.org ")
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/factor/")
        answer = client.post("/accounts/login/factor/", {"code": make.app_code()})
        assert (answer.status_code, answer["Location"]) == (302, "/dashboard/")
        me = client.get("/api/v1/me/").json()
        assert (me["id"], me["practice"]) == (str(user.id), str(make.practice_of(user)))
        (session_id,) = make.sessions_of(user)
        (started,) = make.recorded("accounts.session.started")
        assert started.object_id.hex == session_id
        assert client.get("/accounts/logout/").status_code == 200
        assert client.get("/api/v1/me/").status_code == 200
        signed_out = client.post("/accounts/logout/")
        assert signed_out.status_code == 302
        assert signed_out["Clear-Site-Data"] == '"storage"'
        assert client.get("/api/v1/me/").status_code == 401
        assert make.sessions_of(user) == []
        (ended,) = make.recorded("accounts.session.ended")
        assert (ended.object_id, ended.subject_id) == (started.object_id, user.id)

    def test_gets_a_new_cookie(self, client):
        make.patient(email="maya@example.org")
        client.get("/accounts/login/")
        session = client.session
        session["planted"] = "by an attacker"
        session.save()
        planted = session.session_key
        sign_in(client, "maya@example.org")
        assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
        assert selectors.authority_for_session(planted) is None

    def test_a_wrong_password_and_a_wrong_address_say_the_same(self, client):
        user = make.patient(email="maya@example.org")
        pages = [bare(sign_in(client, email, "not the one")) for email in (user.email, "who@example.org")]
        assert pages[0] == pages[1]
        assert "do not belong together" in pages[0]
        assert [event.subject_id for event in make.recorded("accounts.sign_in.failed")] == [user.id, None]

    def test_the_password_typed_is_nowhere_in_the_answer(self, client):
        user = make.patient()
        assert "hunter2hunter2" not in sign_in(client, user.email, "hunter2hunter2").content.decode()

    def test_without_a_verified_address_nobody_gets_in(self, client):
        client.post("/accounts/signup/", GOOD)
        other = Client()
        answer = sign_in(other, GOOD["email"], GOOD["password1"])
        assert answer["Location"] == "/accounts/confirm-email/"
        assert other.get("/api/v1/me/").status_code == 401

    def test_an_inactive_person_stays_out(self, client):
        user = make.patient()
        User.objects.filter(id=user.id).update(is_active=False)
        sign_in(client, user.email)
        assert client.get("/api/v1/me/").status_code == 401

    def test_a_bcrypt_password_is_taken_and_made_new(self, client, settings):
        settings.PASSWORD_HASHERS = [name for name in settings.PASSWORD_HASHERS if "MD5" not in name]
        user = make.patient()
        user.password = make_password("bloom-demo", hasher="bcrypt_sha256")
        user.save()
        sign_in(client, user.email, "bloom-demo")
        assert client.get("/api/v1/me/").status_code == 200
        user.refresh_from_db()
        assert user.password.startswith("argon2$argon2id$")

    def test_next_leads_only_inside(self, client):
        user = make.patient()
        answer = sign_in(client, user.email, next="https://evil.example/")
        assert answer["Location"] == "/dashboard/"
        client.post("/accounts/logout/")
        assert sign_in(client, user.email, next="/messages/")["Location"] == "/messages/"

    def test_needs_the_csrf_token(self):
        user = make.patient()
        client = Client(enforce_csrf_checks=True)
        assert sign_in(client, user.email).status_code == 403
        assert not Session.objects.filter(user=user).exists()

    def test_too_many_tries_are_stopped_and_the_right_password_does_not_help(self, client, settings):
        settings.RATE_FACTOR = 1
        settings.SIGN_INS_PER_ACCOUNT = 3
        user = make.patient()
        for _try in range(3):
            sign_in(client, user.email, "not the one")
        stopped = sign_in(client, user.email)
        assert stopped.status_code == 200
        assert "tries too many" in stopped.content.decode()
        assert client.get("/api/v1/me/").status_code == 401

    def test_a_flood_of_sign_ups_is_stopped_kindly(self, client, settings):
        settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
        client.post("/accounts/signup/", GOOD)
        stopped = client.post("/accounts/signup/", GOOD | {"email": "more@example.org"})
        assert stopped.status_code == 429
        assert "Bloom" in stopped.content.decode()
        assert User.objects.count() == 1

    def test_staying_signed_in_is_a_choice(self, client):
        user = make.patient()
        sign_in(client, user.email)
        assert client.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == ""
        client.post("/accounts/logout/")
        sign_in(client, user.email, remember="on")
        assert int(client.cookies[settings.SESSION_COOKIE_NAME]["max-age"]) > 7 * 24 * 3600


class TestPassword:
    def test_reset_by_mail_ends_every_session(self, client):
        user = make.patient()
        elsewhere = Client()
        sign_in(elsewhere, user.email)
        assert client.post("/accounts/password/reset/", {"email": user.email.upper()}).status_code == 302
        answer = client.get(link_in(mail.outbox[0]), follow=True)
        new = {"password1": "a whole new phrase", "password2": "a whole new phrase"}
        done = client.post(answer.request["PATH_INFO"], new)
        assert done["Location"] == "/accounts/password/reset/key/done/"
        assert elsewhere.get("/api/v1/me/").status_code == 401
        assert make.sessions_of(user) == []
        assert len(make.recorded("accounts.password.reset")) == 1
        sign_in(client, user.email, "a whole new phrase")
        assert client.get("/api/v1/me/").status_code == 200
        used = Client().get(link_in(mail.outbox[0]), follow=True)
        assert "used up" in used.content.decode()

    def test_reset_says_the_same_for_unknown_addresses(self, client):
        user = make.patient()
        known = client.post("/accounts/password/reset/", {"email": user.email}, follow=True)
        unknown = client.post("/accounts/password/reset/", {"email": "who@example.org"}, follow=True)
        assert known.redirect_chain == unknown.redirect_chain
        assert bare(known) == bare(unknown)

    def test_change_keeps_this_browser_and_ends_the_others(self, client):
        user = make.patient()
        elsewhere = Client()
        for browser in (client, elsewhere):
            sign_in(browser, user.email)
        new = {"oldpassword": make.PASSWORD}
        new |= dict.fromkeys(["password1", "password2"], "a whole new phrase")
        wrong = client.post("/accounts/password/change/", new | {"oldpassword": "not it"})
        assert wrong.status_code == 200
        assert client.post("/accounts/password/change/", new).status_code == 302
        assert client.get("/api/v1/me/").status_code == 200
        assert elsewhere.get("/api/v1/me/").status_code == 401
        assert len(make.sessions_of(user)) == 1
        assert len(make.recorded("accounts.password.changed")) == 1
        assert mail.outbox[-1].to == [user.email]

    def test_change_is_for_who_is_signed_in(self, client):
        answer = client.get("/accounts/password/change/")
        assert answer["Location"].startswith("/accounts/login/")


class TestMails:
    def test_each_has_text_and_html_in_blooms_look_and_no_other_host(self, client):
        user = make.patient(email="known@example.org")
        client.post("/accounts/signup/", GOOD)
        Client().post("/accounts/signup/", GOOD | {"email": user.email})
        Client().post("/accounts/password/reset/", {"email": user.email})
        Client().post("/accounts/password/reset/", {"email": "who@example.org"})
        assert len(mail.outbox) == 4
        for message in mail.outbox:
            ((html, kind),) = message.alternatives
            assert kind == "text/html"
            assert "Bloom" in html
            assert message.body.strip()
            assert "{%" not in message.body + html
            assert not re.findall(r"<(?:img|script|link)\b", html)
            hosts = set(re.findall(r"https?://([^/\s\"<]+)", message.body + html))
            assert hosts <= {"testserver", settings.SITE_URL.partition("://")[2]}
            words = message.subject + message.body
            assert not re.search(r"therap|patient|health|care\b", words, re.IGNORECASE)


class TestPatients:
    def test_a_therapist_sees_their_own_now_and_before(self, client):
        therapist, colleague = make.therapist(), make.therapist()
        now, before, other = (make.patient(name=name) for name in ("Now N.", "Before B.", "Other O."))
        make.assignment(now, therapist)
        services.assignment_end(make.actor(therapist), make.assignment(before, therapist).id, "", at=make.AT)
        make.assignment(other, colleague)
        client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(therapist)
        page = client.get("/patients/").content.decode()
        assert "Now N." in page
        assert "Before B." not in page
        past = client.get("/patients/?past=1").content.decode()
        assert "Before B." in past
        assert "Now N." not in past
        assert "Other O." not in page + past

    def test_empty_says_what_will_be_here(self, client):
        client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(make.therapist())
        assert "No patients yet" in client.get("/patients/").content.decode()

    @pytest.mark.parametrize(("who", "status"), [(make.patient, 403), (make.support, 403), (make.admin, 403)])
    def test_is_for_therapists(self, client, who, status):
        client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(who())
        assert client.get("/patients/").status_code == status

    def test_a_stranger_is_asked_to_sign_in(self, client):
        assert client.get("/patients/")["Location"] == "/accounts/login/?next=%2Fpatients%2F"


class TestDevMail:
    @pytest.fixture(autouse=True)
    def files(self, settings, tmp_path):
        settings.EMAIL_BACKEND = "accounts.mail.EmlBackend"
        settings.MAIL_DIR = tmp_path / "mail"
        return settings.MAIL_DIR

    def test_shows_what_was_sent_to_whom(self, client, files):
        client.post("/accounts/signup/", GOOD)
        page = client.get("/dev/mail/?to=maya@example.org").content.decode()
        (name,) = re.findall(r'href="/dev/mail/([^/"]+)/"', page)
        assert "maya@example.org" in page
        assert re.search(r"\b[A-Z0-9-]{6,9}\b", client.get(f"/dev/mail/{name}/").content.decode())
        html = client.get(f"/dev/mail/{name}/html/")
        assert "Welcome to Bloom" in html.content.decode()
        assert "sandbox" in html["Content-Security-Policy"]
        assert (files / f"{name}.eml").stat().st_mode & 0o077 == 0
        assert "No mail yet" in client.get("/dev/mail/?to=other@example.org").content.decode()

    @pytest.mark.parametrize("name", ["x", "20260101-000000-000000-abcdef01", "..-passwd"])
    def test_nothing_else_can_be_read(self, client, name):
        assert client.get(f"/dev/mail/{name}/").status_code == 404


def test_what_is_shown_to_a_person_is_kept_by_no_cache(client):
    assert "Cache-Control" not in client.get("/").headers
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(make.therapist())
    for address in ("/dashboard/", "/patients/", "/api/v1/me/", "/messages/"):
        assert "no-store" in client.get(address)["Cache-Control"]


def test_every_way_out_clears_the_device(client):
    for address in ("/accounts/logout/", "/admin/logout/"):
        client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(make.admin())
        assert client.post(address)["Clear-Site-Data"] == '"storage"'


def test_passwords_are_hashed_two_at_a_time(settings):
    under_way, most = 0, 0

    class Counting(hashers.Argon2Hasher):
        memory_cost = 1024

    lock = threading.Lock()
    original = Argon2PasswordHasher.encode

    def slow(self, password, salt):
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return original(self, password, salt)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "encode", slow)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: Counting().encode(f"password {n}", "saltsaltsalt"), range(8)))
    assert most == hashers.AT_ONCE
