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
from django.urls import reverse

from accounts import hashers, selectors, services
from accounts.models import Session, User
from accounts.tests import factories as make
from accounts.tests.signing import GOOD, bare, link_in, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits(settings):
    """Each test with its own counters of tries."""
    from django.core.cache import cache

    cache.clear()
    settings.RATE_FACTOR = 1000
    settings.ACCOUNT_RATE_LIMITS = False


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
        assert signed_out["Clear-Site-Data"] == '"cache", "storage"'
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
        assert "sign up once more" in answer.content.decode()
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

    def test_a_hash_that_is_made_anew_ends_no_session(self, client, settings):
        settings.PASSWORD_HASHERS = [name for name in settings.PASSWORD_HASHERS if "MD5" not in name]
        user = make.patient()
        user.password = make_password("bloom-demo", hasher="bcrypt_sha256")
        user.save()
        other = make.browser(user)
        assert other.get("/api/v1/me/").status_code == 200
        sign_in(client, user.email, "bloom-demo")
        user.refresh_from_db()
        assert user.password.startswith("argon2$argon2id$")
        for each in (client, other):
            assert each.get("/api/v1/me/").status_code == 200
        # A new password ends it all the same.
        user.set_password("another river morning")
        user.save()
        assert other.get("/api/v1/me/").status_code == 401

    def test_a_hash_that_is_made_anew_where_one_confirms_it_ends_no_session(self, settings):
        settings.PASSWORD_HASHERS = [name for name in settings.PASSWORD_HASHERS if "MD5" not in name]
        user = make.patient()
        user.password = make_password("bloom-demo", hasher="bcrypt_sha256")
        user.save()
        # Begun by a passkey, say: nobody has typed the password yet.
        browser = make.browser(user)
        answer = browser.post(reverse("account_reauthenticate"), {"password": "bloom-demo"})
        assert answer.status_code == 302
        user.refresh_from_db()
        assert user.password.startswith("argon2$argon2id$")
        assert browser.get("/api/v1/me/").status_code == 200

    def test_a_hash_that_is_made_anew_undoes_no_new_password(self, settings):
        settings.PASSWORD_HASHERS = [name for name in settings.PASSWORD_HASHERS if "MD5" not in name]
        user = make.patient()
        user.password = make_password("bloom-demo", hasher="bcrypt_sha256")
        user.save()
        at_the_door = User.objects.get(id=user.id)
        user.set_password("another river morning")
        user.save()
        # Read before it, and found right.
        assert at_the_door.check_password("bloom-demo")
        user.refresh_from_db()
        assert user.check_password("another river morning")

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
        assert client.post(address)["Clear-Site-Data"] == '"cache", "storage"'


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
