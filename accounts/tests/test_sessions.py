from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts import places, rules, selectors, services, sessions, useragents
from accounts.models import KnownDevice, Session
from accounts.tests import factories as make
from accounts.types import RoleName, SessionOver
from bloom.kernel import clock
from observability.models import Event

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)

hours = st.integers(min_value=1, max_value=10_000).map(lambda count: timedelta(hours=count))


class TestRules:
    @given(idle=hours, whole=hours, used=hours, lasted=hours)
    def test_a_session_lasts_while_both_its_times_do(self, idle, whole, used, lasted):
        over = rules.session_over(make.AT - lasted, make.AT - used, (idle, whole), make.AT)
        assert (over is None) == (used < idle and lasted < whole)

    def test_one_without_a_beginning_is_over(self):
        assert rules.session_over(None, make.AT, (timedelta(1), timedelta(1)), make.AT) is SessionOver.OLD

    def test_the_strictest_role_decides(self):
        limits = {
            "patient": (timedelta(7), timedelta(30)),
            "admin": (timedelta(hours=1), timedelta(40)),
            "": (timedelta(hours=12), timedelta(7)),
        }
        assert rules.session_limits(limits, ["patient", "admin"]) == (timedelta(hours=1), timedelta(30))
        assert rules.session_limits(limits, []) == limits[""]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (CHROME, "Chrome on Windows"),
        (PHONE, "Mobile Safari on iPhone"),
        ("", "An unknown device"),
        ("\x00" * 200, "An unknown device"),
        ("curl/8.1", "curl"),
    ],
)
def test_a_device_is_called_what_people_call_it(header, words):
    assert useragents.device_words(header) == words


def signed_in(user, **where) -> Client:
    client = Client(**where)
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user)
    return client


def row_of(client) -> Session:
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Session.objects.get(session_key=sessions.session_id(key))


def sign_in(user, client=None, **headers):
    client = client or Client(**headers)
    client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    return client


@pytest.mark.django_db
class TestLimits:
    @pytest.mark.parametrize("role", ["patient", "therapist", "support", "admin"])
    def test_an_unused_session_ends_and_is_on_record(self, role):
        user = getattr(make, role)()
        client = signed_in(user)
        idle, _whole = settings.SESSION_LIMITS[role]
        Session.objects.update(seen_at=clock.now() - idle + timedelta(minutes=5))
        assert client.get("/api/v1/me/").status_code == 200
        Session.objects.update(seen_at=clock.now() - idle)
        assert client.get("/api/v1/me/").status_code == 401
        assert not Session.objects.filter(user=user).exists()
        assert Event.objects.unscoped(reason="test").get(name="accounts.session.ended").data["over"] == "idle"

    def test_a_session_ends_however_much_it_is_used(self):
        user = make.therapist()
        client = signed_in(user)
        row = row_of(client)
        _idle, whole = settings.SESSION_LIMITS["therapist"]
        Session.objects.filter(pk=row.pk).update(started_at=clock.now() - whole)
        assert client.get("/api/v1/me/").status_code == 401

    def test_who_comes_back_too_late_is_told_why(self):
        client = signed_in(make.patient())
        Session.objects.update(seen_at=clock.now() - timedelta(days=8))
        page = client.get("/settings/sessions/", follow=True)
        assert page.redirect_chain[-1][0].startswith("/accounts/login/?next=")
        assert "You were signed out" in page.content.decode()

    def test_an_open_socket_stands_on_it_no_more(self):
        user = make.patient()
        authority = selectors.authority_for_session(make.session_key(user))
        assert selectors.authority_current(authority) is not None
        Session.objects.update(seen_at=clock.now() - timedelta(days=8))
        assert selectors.authority_current(authority) is None

    def test_a_request_is_noted_once_a_minute(self, django_assert_num_queries):
        client = signed_in(make.patient())
        Session.objects.update(seen_at=clock.now() - timedelta(minutes=2))
        client.get("/api/v1/me/")
        seen = row_of(client).seen_at
        assert clock.now() - seen < timedelta(seconds=30)
        client.get("/api/v1/me/")
        assert row_of(client).seen_at == seen

    @pytest.mark.parametrize("address", ["/api/v1/me/", "/messages/", "/settings/sessions/"])
    def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(self, address):
        user = make.therapist()
        client = signed_in(user)
        idle, _whole = settings.SESSION_LIMITS["therapist"]
        seen = clock.now() - idle + timedelta(minutes=1)
        Session.objects.update(seen_at=seen)
        by_itself = {"X-Bloom-Unattended": "1"}
        assert client.get(address, headers=by_itself).status_code == 200
        assert row_of(client).seen_at == seen
        assert client.get(address).status_code == 200
        assert row_of(client).seen_at > seen
        # Nor does it save a session whose time is over.
        Session.objects.update(seen_at=clock.now() - idle)
        assert client.get(address, headers=by_itself).status_code in {302, 401}
        assert not Session.objects.filter(user=user).exists()


@pytest.mark.django_db
class TestCookie:
    def test_what_a_tab_asked_with_the_key_from_before_takes_no_newer_cookie_away(self):
        client = sign_in(make.patient())
        tab = Client()
        tab.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
        late = tab.get("/api/v1/me/")
        assert late.status_code == 200
        session = client.session
        session.cycle_key()
        late = tab.get("/api/v1/me/")
        assert late.status_code == 401
        assert settings.SESSION_COOKIE_NAME not in late.cookies

    def test_signing_out_takes_it_away(self):
        client = sign_in(make.patient())
        answer = client.post("/accounts/logout/")
        assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""


@pytest.mark.django_db
class TestPage:
    def test_shows_where_one_is_signed_in_this_browser_first(self):
        user = make.patient()
        sign_in(user, HTTP_USER_AGENT=PHONE)
        here = sign_in(user, HTTP_USER_AGENT=CHROME)
        make.session_key(make.patient())
        page = here.get("/settings/sessions/")
        shown = page.context["sessions"]
        assert [(each.device, each.is_this, each.method) for each in shown] == [
            ("Chrome on Windows", True, "password"),
            ("Mobile Safari on iPhone", False, "password"),
        ]

    def test_ends_the_one_that_is_named(self):
        user = make.patient()
        there, here = sign_in(user), sign_in(user)
        page = here.post(f"/settings/sessions/{UUID(row_of(there).session_key)}/end/", follow=True)
        assert "Signed out there" in page.content.decode()
        assert there.get("/api/v1/me/").status_code == 401
        assert here.get("/api/v1/me/").status_code == 200

    def test_ends_all_others(self):
        user = make.patient()
        others, here = [sign_in(user), sign_in(user)], sign_in(user)
        here.post("/settings/sessions/end/")
        assert [each.get("/api/v1/me/").status_code for each in others] == [401, 401]
        assert here.get("/api/v1/me/").status_code == 200

    def test_never_ends_that_of_somebody_else(self):
        client, other = signed_in(make.patient()), signed_in(make.patient())
        answer = client.post(f"/settings/sessions/{UUID(row_of(other).session_key)}/end/")
        assert answer.status_code == 404
        assert other.get("/api/v1/me/").status_code == 200


@pytest.mark.django_db
class TestActivity:
    def test_shows_what_happened_newest_first(self):
        user = make.patient()
        client = Client(HTTP_USER_AGENT=CHROME, REMOTE_ADDR="203.0.113.7")
        client.post("/accounts/login/", {"login": user.email, "password": "not the one"})
        sign_in(user, client)
        page = client.get("/settings/activity/")
        items = page.context["page"].items
        assert [each.title for each in items][:3] == [
            "First sign-in with this browser",
            "Signed in with password",
            "A wrong password was typed",
        ]
        assert items[2].is_warning
        assert (items[2].device, items[2].ip) == ("Chrome on Windows", "203.0.113.7")

    def test_who_was_here_a_moment_ago_was_here_just_now(self):
        user = make.patient()
        here, there = sign_in(user), sign_in(user)
        page = here.get("/settings/sessions/").content.decode()
        assert "last seen just now" in page
        there.get("/settings/sessions/")
        Session.objects.filter(user=user).update(seen_at=clock.now() - timedelta(minutes=3))
        assert "last seen 3\xa0minutes ago" in here.get("/settings/sessions/").content.decode()

    @pytest.mark.parametrize("all_others", [False, True])
    def test_says_which_device_was_signed_out_from_another(self, all_others):
        user = make.patient()
        here, there = Client(HTTP_USER_AGENT=CHROME), Client(HTTP_USER_AGENT=FIREFOX)
        sign_in(user, here)
        sign_in(user, there)
        other = next(each for each in here.get("/settings/sessions/").context["sessions"] if not each.is_this)
        here.post("/settings/sessions/end/" if all_others else f"/settings/sessions/{other.id}/end/")
        (first, *_others) = here.get("/settings/activity/").context["page"].items
        assert (first.title, first.device) == (
            "Signed out another device: Firefox on Linux",
            "Chrome on Windows",
        )
        here.post("/accounts/logout/")
        (first, *_others) = selectors.activity_list(make.actor(user)).items
        assert first.title == "Signed out"

    def test_goes_on_where_a_page_ended(self):
        user = make.patient()
        client = signed_in(user)
        for _ in range(5):
            services.sign_in_failed(make.SYSTEM, user.email, at=clock.now())
        actor = make.actor(user)
        first = selectors.activity_list(actor, limit=4)
        rest = selectors.activity_list(actor, limit=4, cursor=first.next)
        moments = [each.at for each in [*first.items, *rest.items]]
        assert len(moments) >= 5
        assert moments == sorted(set(moments), reverse=True)
        assert client.get("/settings/activity/?cursor=nonsense").status_code == 400

    def test_shows_nothing_of_others(self):
        user, other = make.patient(), make.patient()
        services.sign_in_failed(make.SYSTEM, other.email, at=clock.now())
        assert not [
            each
            for each in selectors.activity_list(make.actor(user)).items
            if each.title.startswith("A wrong")
        ]


@pytest.mark.django_db
class TestNewDevice:
    def test_the_first_is_no_news_and_the_next_is_told_by_mail(self):
        user = make.patient()
        client = sign_in(user, HTTP_USER_AGENT=CHROME)
        assert not mail.outbox
        client.post("/accounts/logout/")
        sign_in(user, client)
        assert not mail.outbox
        sign_in(user, HTTP_USER_AGENT=PHONE)
        (told,) = mail.outbox
        assert told.to == [user.email]
        assert "Mobile Safari on iPhone" in told.body

    def test_a_browser_may_know_several_people(self):
        one, two = make.patient(), make.patient()
        client = sign_in(one)
        client.post("/accounts/logout/")
        sign_in(two, client)
        assert KnownDevice.objects.unscoped(reason="test").count() == 2
        assert not mail.outbox

    def test_the_table_does_not_hold_the_cookie(self):
        client = sign_in(make.patient())
        cookie = client.cookies[settings.DEVICE_COOKIE_NAME]
        assert cookie["httponly"]
        kept = bytes(KnownDevice.objects.unscoped(reason="test").get().hash)
        assert cookie.value.encode() not in kept
        assert kept == selectors.device_hash(cookie.value)


@pytest.mark.django_db
class TestTokensPage:
    def fresh(self, user):
        return sign_in(user)

    def test_a_token_is_shown_once_and_works(self):
        user = make.patient()
        client = self.fresh(user)
        page = client.post(
            "/settings/tokens/new/", {"name": "Calendar", "days": "30", "scopes": ["profile:read"]}
        )
        raw = page.context["token"].raw
        assert page.content.decode().count(raw) == 1
        listed = client.get("/settings/tokens/").content.decode()
        assert raw not in listed
        assert "Your profile: read" in listed
        answer = Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {raw}"})
        assert answer.json()["id"] == str(user.id)
        assert mail.outbox[-1].subject == "An API token was made"
        (view,) = selectors.token_list(make.actor(user), at=clock.now())
        assert view.last_used_at is not None
        client.post(f"/settings/tokens/{view.id}/revoke/")
        assert Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {raw}"}).status_code == 401

    def test_only_who_works_in_a_practice_is_offered_what_belongs_to_one(self):
        words = "What a practice is to payers"
        assert words not in self.fresh(make.patient()).get("/settings/tokens/new/").content.decode()
        working = make.browser(make.therapist(), factor=True)
        assert words in working.get("/settings/tokens/new/").content.decode()

    def test_what_was_typed_stays_when_something_is_missing(self):
        client = self.fresh(make.patient())
        page = client.post("/settings/tokens/new/", {"name": "Calendar & co", "days": "180"})
        shown = page.content.decode()
        assert "Choose at least one thing" in shown
        assert 'value="Calendar &amp; co"' in shown
        page = client.post("/settings/tokens/new/", {"name": "", "days": "7", "scopes": ["people:read", "x"]})
        assert page.status_code == 200
        assert 'value="people:read" checked' in page.content.decode()

    @pytest.mark.parametrize("name", ["\u202egnitsil", "a" * 101, "  "])
    def test_a_name_is_an_ordinary_one(self, name):
        client = self.fresh(make.patient())
        page = client.post("/settings/tokens/new/", {"name": name, "days": "30", "scopes": ["profile:read"]})
        assert "token" not in page.context

    def test_asks_who_signed_in_long_ago_once_more(self):
        client = signed_in(make.patient())
        assert client.get("/settings/tokens/new/")["Location"].startswith("/accounts/again/")

    def test_a_reset_password_ends_them(self):
        user = make.patient()
        raw = services.token_issue(make.SYSTEM, user.id, "x", ["profile:read"], 5, at=clock.now()).raw
        services.password_reset(make.SYSTEM, user.id, at=clock.now())
        assert selectors.authority_for_token(raw) is None

    def test_one_of_a_practice_is_for_that_practice(self):
        user = make.therapist()
        actor = make.actor(user, factor_at=clock.now())
        services.token_issue(actor, user.id, "x", ["profile:read"], 5, at=clock.now())
        (view,) = selectors.token_list(actor, at=clock.now())
        assert view.practice
        assert RoleName.THERAPIST in actor.roles


def test_a_place_comes_from_the_database_of_this_machine_or_from_nowhere(settings, monkeypatch):
    known = {
        "203.0.113.7": {"city": {"names": {"en": "Chicago"}}, "country": {"names": {"en": "United States"}}}
    }
    places._database.cache_clear()
    try:
        settings.PLACES_FILE = ""
        assert places.place_of("203.0.113.7") == ""
        places._database.cache_clear()
        settings.PLACES_FILE = "/places.mmdb"
        monkeypatch.setattr("maxminddb.open_database", lambda path: known)
        assert places.place_of("203.0.113.7") == "Chicago, United States"
        assert places.place_of("198.51.100.1") == ""
    finally:
        places._database.cache_clear()


@pytest.mark.django_db
def test_who_types_a_wrong_password_again_is_told_in_plain_words():
    client = sign_in(make.patient())
    page = client.post("/accounts/again/", {"password": "not the one"}).content.decode()
    assert "This is not your password. Please try again." in page
    assert "Incorrect password" not in page


@pytest.mark.django_db
def test_what_recovery_codes_open_and_whom_to_tell_is_said_as_it_is():
    user = make.patient()
    client = sign_in(user)
    assert "Each stands in once for your passkey or app" in client.get("/settings/security/").content.decode()
    client.post(
        "/accounts/password/change/",
        {"oldpassword": make.PASSWORD, "password1": "quite-another-pass", "password2": "quite-another-pass"},
    )
    body = " ".join(mail.outbox[-1].body.split())
    # A patient may have no practice.
    assert "tell your practice or those who run this Bloom" in body
