"""Second factors through the pages: adding, showing, losing and taking away, and what somebody tries who
is not their owner.
"""

import html
import json
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import errors, rules, selectors, services
from accounts.models import FactorDevice, RecoveryCode, Session
from accounts.tests import factories as make
from accounts.tests.authenticator import Device
from accounts.types import CodeVerdict, FactorKind, FactorPolicy, RoleName
from bloom.kernel import clock, vault
from bloom.kernel.errors import FreshFactorNeeded, Invalid

pytestmark = pytest.mark.django_db

SECURITY = "/settings/security/"
STEP = "/accounts/login/factor/"


@pytest.fixture(autouse=True)
def fresh_limits(settings):
    cache.clear()
    settings.RATE_FACTOR = 1000
    settings.ACCOUNT_RATE_LIMITS = False


def sign_in(client, user, **more):
    return client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD, **more})


def browser(user):
    """A browser in which somebody has just typed their password."""
    client = Client()
    sign_in(client, user)
    return client


def verified(user):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user, factor=True)
    return client


def me(client):
    return client.get("/api/v1/me/").status_code


def secret_on(page):
    return re.search(r"data-secret>([A-Z2-7 ]+)<", page.content.decode())[1].replace(" ", "")


def codes_on(page):
    return re.findall(r"<code[^>]*>([a-z0-9]{5}-[a-z0-9]{5})</code>", page.content.decode())


def options_on(page):
    return json.loads(html.unescape(re.search(r'data-options="([^"]+)"', page.content.decode())[1]))


def add_app(client):
    secret = secret_on(client.get(f"{SECURITY}app/"))
    answer = client.post(f"{SECURITY}app/", {"code": make.app_code(secret=secret)})
    return secret, codes_on(answer)


def add_passkey(client, device, **said):
    page = client.get(f"{SECURITY}passkey/")
    return client.post(f"{SECURITY}passkey/", {"credential": device.make(options_on(page)), **said})


def sign_in_options(client):
    return client.get("/accounts/login/passkey/", headers={"X-Requested-With": "XMLHttpRequest"}).json()[
        "request_options"
    ]


def show_passkey(client, device, **said):
    credential = device.show(sign_in_options(client), **said)
    return client.post("/accounts/login/passkey/", {"credential": credential})


def last(name):
    return make.recorded(name)[-1]


class TestApp:
    def test_is_added_with_one_code_and_brings_ten_recovery_codes(self):
        user = make.patient()
        client = browser(user)
        page = client.get(f"{SECURITY}app/")
        assert 'src="data:image/svg+xml;base64,' in page.content.decode()
        secret, codes = add_app(client)
        assert len(set(codes)) == 10
        assert me(client) == 200
        row = Authenticator.objects.get(user=user)
        assert secret not in json.dumps(row.data)
        assert selectors.secret_open(user.id, row.data["secret"]) == secret
        assert (last("accounts.factor.added").subject_id, last("accounts.recovery_codes.made").data) == (
            user.id,
            {"count": 10},
        )
        assert mail.outbox[-1].to == [user.email]
        assert "app was added" in mail.outbox[-1].subject
        assert codes[0] not in mail.outbox[-1].body

    def test_the_secret_waits_sealed_in_the_session(self):
        client = browser(make.patient())
        secret = secret_on(client.get(f"{SECURITY}app/"))
        (session,) = Session.objects.all()
        assert secret not in json.dumps(session.get_decoded())

    def test_a_wrong_first_code_adds_nothing_and_keeps_the_secret(self):
        user = make.patient()
        client = browser(user)
        secret = secret_on(client.get(f"{SECURITY}app/"))
        page = client.post(f"{SECURITY}app/", {"code": "000000"})
        assert "not the right code" in page.content.decode()
        assert secret_on(page) == secret
        assert not Authenticator.objects.exists()

    def test_the_answer_with_the_codes_is_kept_nowhere(self):
        client = browser(make.patient())
        secret = secret_on(client.get(f"{SECURITY}app/"))
        answer = client.post(f"{SECURITY}app/", {"code": make.app_code(secret=secret)})
        assert "no-store" in answer.headers["Cache-Control"]
        (session,) = Session.objects.filter(factor_at__isnull=False)
        code = codes_on(answer)[0]
        assert code not in json.dumps(session.get_decoded())
        stored = RecoveryCode.objects.unscoped(reason="test").values_list("hash", flat=True)
        assert code.encode() not in b"".join(bytes(each) for each in stored)

    def test_signing_in_asks_for_its_code(self):
        user = make.patient()
        make.app(user)
        client = Client()
        assert sign_in(client, user)["Location"] == STEP
        assert me(client) == 401
        assert client.post(STEP, {"code": make.app_code()})["Location"] == "/dashboard/"
        assert me(client) == 200
        (session,) = Session.objects.filter(user=user)
        assert session.factor_at is not None
        assert last("accounts.factor.used").data == {"kind": "totp", "factor": user_app(user), "again": False}

    def test_where_one_wanted_to_go_is_kept_over_both_steps(self):
        user = make.patient()
        make.app(user)
        client = Client()
        sign_in(client, user, next="/messages/")
        assert client.post(STEP, {"code": make.app_code()})["Location"] == "/messages/"

    def test_a_code_is_good_for_once(self):
        user = make.patient()
        make.app(user)
        code = make.app_code()
        first, second = Client(), Client()
        sign_in(first, user)
        sign_in(second, user)
        assert first.post(STEP, {"code": code}).status_code == 302
        page = second.post(STEP, {"code": code})
        assert "used already" in page.content.decode()
        assert me(second) == 401
        assert last("accounts.factor.failed").data["verdict"] == "used"

    def test_no_older_code_than_the_last_is_taken(self):
        user = make.patient()
        make.app(user)
        at = clock.now()
        use = lambda code: services.code_use(make.SYSTEM, user.id, code, again=False, at=at).verdict  # noqa: E731
        step = int(at.timestamp()) // 30
        assert use(rules.totp_code(make.SECRET, step)) == "right"
        assert use(rules.totp_code(make.SECRET, step - 1)) == "used"
        assert use(rules.totp_code(make.SECRET, step + 1)) == "right"

    @pytest.mark.parametrize(
        ("seconds", "words"), [(120, "2 minutes ahead"), (-150, "minutes behind"), (270, "minutes ahead")]
    )
    def test_a_wrong_clock_is_told_in_words(self, seconds, words):
        user = make.patient()
        make.app(user)
        client = Client()
        sign_in(client, user)
        page = client.post(STEP, {"code": make.app_code(seconds)})
        assert words in page.content.decode()
        assert me(client) == 401

    def test_a_code_that_told_of_a_wrong_clock_is_burnt(self):
        user = make.patient()
        make.app(user)
        at = clock.now()
        later = at + timedelta(minutes=2)
        code = rules.totp_code(make.SECRET, int(later.timestamp()) // 30)
        told = services.code_use(make.SYSTEM, user.id, code, again=False, at=at)
        assert told.verdict is CodeVerdict.CLOCK
        then = services.code_use(make.SYSTEM, user.id, code, again=False, at=later)
        assert then.verdict is CodeVerdict.USED

    @pytest.mark.parametrize("typed", ["{} ", " {}", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", "wide"])
    def test_blanks_and_other_digits_do_not_matter(self, typed):
        user = make.patient()
        make.app(user)
        code = make.app_code()
        if typed == "wide":
            shown = "".join(chr(ord("０") + int(digit)) for digit in code)
        else:
            shown = typed.format(code)
        client = Client()
        sign_in(client, user)
        assert client.post(STEP, {"code": shown}).status_code == 302

    @pytest.mark.parametrize("typed", ["", "abc", "1" * 40, "\x00", "१२", "😀" * 6, "-" * 30])
    def test_nonsense_is_refused_kindly(self, typed):
        user = make.patient()
        make.app(user)
        client = Client()
        sign_in(client, user)
        assert client.post(STEP, {"code": typed}).status_code == 200
        assert me(client) == 401

    def test_a_secret_carried_to_another_row_opens_nothing(self):
        victim, thief = make.patient(), make.patient()
        make.app(victim)
        make.app(thief)
        stolen = Authenticator.objects.get(user=thief).data
        Authenticator.objects.filter(user=victim).update(data=stolen)
        use = services.code_use(make.SYSTEM, victim.id, make.app_code(), again=False, at=clock.now())
        assert use.verdict is CodeVerdict.WRONG

    def test_and_none_after_the_persons_key_was_destroyed(self):
        user = make.patient()
        make.app(user)
        vault.key_destroy(make.SYSTEM, user.id, at=clock.now())
        vault.cache_clear()
        use = services.code_use(make.SYSTEM, user.id, make.app_code(), again=False, at=clock.now())
        assert use.verdict is CodeVerdict.WRONG

    def test_many_tries_are_stopped(self, settings):
        settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/5m/key"}
        user = make.patient()
        make.app(user)
        client = Client()
        sign_in(client, user)
        for _try in range(3):
            client.post(STEP, {"code": "000000"})
        page = client.post(STEP, {"code": make.app_code()})
        assert "tries too many" in page.content.decode()
        assert me(client) == 401

    def test_there_is_one_at_a_time(self):
        user = make.patient()
        make.app(user)
        with pytest.raises(errors.FactorHeld):
            actor = make.actor(user, factor_at=clock.now())
            services.app_add(actor, make.SECRET, make.app_code(), at=clock.now())


def user_app(user):
    return Authenticator.objects.get(user=user, type="totp").pk


class TestRecoveryCodes:
    @pytest.fixture
    def user(self):
        user = make.patient()
        self.codes = add_app(browser(user))[1]
        return user

    def test_one_opens_the_account_once_and_its_person_is_told(self, user):
        client = Client()
        sign_in(client, user)
        assert client.post(STEP, {"code": self.codes[3].upper().replace("-", " ")}).status_code == 302
        assert me(client) == 200
        told = next(each for each in mail.outbox if "recovery code was used" in each.subject)
        assert "Left: 9" in told.body
        again = Client()
        sign_in(again, user)
        assert "used already" in again.post(STEP, {"code": self.codes[3]}).content.decode()
        assert me(again) == 401

    def test_those_of_somebody_else_open_nothing(self, user):
        other = make.patient()
        make.app(other)
        client = Client()
        sign_in(client, other)
        assert client.post(STEP, {"code": self.codes[0]}).status_code == 200
        assert me(client) == 401

    def test_three_left_is_worth_a_word(self, user):
        client = verified(user)
        assert "Make new recovery codes soon" not in client.get(SECURITY).content.decode()
        for code in self.codes[:7]:
            services.code_use(make.SYSTEM, user.id, code, again=False, at=clock.now())
        assert "Make new recovery codes soon" in client.get(SECURITY).content.decode()

    def test_new_ones_replace_the_old(self, user):
        client = verified(user)
        assert "ten new ones" in client.get(f"{SECURITY}codes/").content.decode()
        new = codes_on(client.post(f"{SECURITY}codes/"))
        assert len(new) == 10
        assert set(new).isdisjoint(self.codes)
        use = lambda code: services.code_use(make.SYSTEM, user.id, code, again=False, at=clock.now()).verdict  # noqa: E731
        assert (use(self.codes[0]), use(new[0])) == ("wrong", "right")
        assert "New recovery codes" in mail.outbox[-1].subject

    def test_they_can_be_saved_as_text(self, user):
        page = verified(user).post(f"{SECURITY}codes/").content.decode()
        link = re.search(r'href="(data:text/plain[^"]+)"[^>]*download="bloom-recovery-codes.txt"', page)
        assert link


class TestFresh:
    def test_somebody_with_a_factor_shows_it_again_for_what_matters(self):
        user = make.patient()
        make.app(user)
        client = verified(user)
        Session.objects.filter(user=user).update(factor_at=clock.now() - timedelta(minutes=11))
        answer = client.get(f"{SECURITY}codes/")
        assert answer["Location"] == "/accounts/again/?next=%2Fsettings%2Fsecurity%2Fcodes%2F"
        way = client.get(answer["Location"])
        assert way["Location"].startswith("/accounts/again/code/")
        done = client.post(way["Location"], {"code": make.app_code()})
        assert done["Location"] == f"{SECURITY}codes/"
        assert client.get(f"{SECURITY}codes/").status_code == 200
        assert last("accounts.factor.used").data["again"] is True

    def test_without_one_the_password_will_do(self):
        user = make.patient()
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(user)
        away = client.get(f"{SECURITY}app/")["Location"]
        page = client.post(away, {"password": "not it"})
        assert page.status_code == 200
        assert client.post(away, {"password": make.PASSWORD})["Location"] == f"{SECURITY}app/"
        assert client.get(f"{SECURITY}app/").status_code == 200

    @pytest.mark.parametrize(
        ("came_from", "back"),
        [
            ("http://testserver/settings/data/", "/settings/data/"),
            ("https://evil.example/settings/data/", SECURITY),
            ("", SECURITY),
        ],
    )
    def test_who_posted_too_late_comes_back_to_the_form(self, came_from, back):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(make.patient())
        away = client.post("/settings/data/", headers={"referer": came_from})["Location"]
        assert away == f"/accounts/again/?{urlencode({'next': back})}"

    def test_a_password_alone_does_not_stand_for_a_factor(self):
        user = make.patient()
        make.app(user)
        client = verified(user)
        answer = client.post("/accounts/again/", {"password": make.PASSWORD})
        assert answer["Location"].startswith("/accounts/again/code/")

    def test_sensitive_services_ask_for_it(self):
        admin, user = make.admin(), make.patient()
        make.app(admin)
        stale = make.actor(admin, factor_at=clock.now() - timedelta(minutes=11))
        with pytest.raises(FreshFactorNeeded):
            services.role_grant(stale, user.id, RoleName.SUPPORT, at=clock.now())
        with pytest.raises(FreshFactorNeeded):
            services.role_revoke(stale, admin.id, RoleName.ADMIN, at=clock.now())
        with pytest.raises(FreshFactorNeeded):
            services.token_issue(stale, admin.id, "x", ["profile:read"], 1, at=clock.now())
        fresh = make.actor(admin, factor_at=clock.now())
        services.role_grant(fresh, user.id, RoleName.SUPPORT, at=clock.now())

    def test_a_factor_from_the_future_is_none(self):
        user = make.patient()
        with pytest.raises(FreshFactorNeeded):
            make.actor(user, factor_at=clock.now() + timedelta(hours=1)).require_fresh_factor(clock.now())

    def test_the_password_is_changed_with_it(self):
        user = make.patient()
        make.app(user)
        client = verified(user)
        assert client.get("/accounts/password/change/").status_code == 200
        Session.objects.filter(user=user).update(factor_at=clock.now() - timedelta(minutes=11))
        new = dict.fromkeys(["password1", "password2"], "a whole new phrase") | {"oldpassword": make.PASSWORD}
        assert client.post("/accounts/password/change/", new)["Location"].startswith("/accounts/again/")
        user.refresh_from_db()
        assert user.check_password(make.PASSWORD)
        assert "whole" not in json.dumps([each.get_decoded() for each in Session.objects.all()])

    def test_an_admin_action_leads_there(self):
        admin, user = make.admin(), make.patient()
        client = verified(admin)
        Session.objects.filter(user=admin).update(factor_at=clock.now() - timedelta(minutes=11))
        answer = client.post(
            reverse("admin:accounts_user_changelist"),
            {"action": "grant_support", "_selected_action": [str(user.pk)]},
        )
        assert answer["Location"].startswith("/accounts/again/")
        assert not user.roles.filter(role="support").exists()


class TestRemoving:
    def test_the_last_factor_takes_the_recovery_codes_along(self):
        user = make.patient()
        add_app(browser(user))
        client = verified(user)
        number = user_app(user)
        assert "password alone" in client.get(f"{SECURITY}{number}/").content.decode()
        assert client.post(f"{SECURITY}{number}/remove/")["Location"] == SECURITY
        assert not Authenticator.objects.filter(user=user).exists()
        assert not RecoveryCode.objects.unscoped(reason="test").exists()
        assert "app was removed" in mail.outbox[-1].subject
        assert last("accounts.factor.removed").data == {"kind": "totp", "factor": number}
        assert sign_in(Client(), user)["Location"] == "/dashboard/"

    def test_a_required_one_stays(self):
        therapist = make.therapist()
        make.app(therapist)
        client = verified(therapist)
        number = user_app(therapist)
        assert "Add another one before" in client.get(f"{SECURITY}{number}/").content.decode()
        assert client.post(f"{SECURITY}{number}/remove/").status_code == 409
        with pytest.raises(errors.LastFactor):
            services.factor_remove(make.actor(therapist, factor_at=clock.now()), number, at=clock.now())
        assert Authenticator.objects.filter(user=therapist).exists()

    @pytest.mark.parametrize("what", ["", "remove/", "rename/"])
    def test_somebody_elses_is_not_there(self, what):
        owner, other = make.patient(), make.patient()
        make.app(owner)
        client = browser(other)
        ask = client.post if what else client.get
        assert ask(f"{SECURITY}{user_app(owner)}/{what}", {"name": "Mine"}).status_code == 404
        assert Authenticator.objects.filter(user=owner).exists()


class TestPolicy:
    def test_the_strictest_role_decides(self):
        policies = {"a": "off", "b": "optional", "c": "required"}
        assert rules.factor_policy(policies, ["a"]) is FactorPolicy.OFF
        assert rules.factor_policy(policies, ["a", "b"]) is FactorPolicy.OPTIONAL
        assert rules.factor_policy(policies, ["c", "a", "b"]) is FactorPolicy.REQUIRED
        assert rules.factor_policy(policies, []) is FactorPolicy.OPTIONAL

    def test_a_therapist_adds_a_factor_before_anything_opens(self):
        therapist = make.therapist()
        client = Client()
        sign_in(client, therapist, next="/patients/")
        answer = client.get("/patients/")
        assert answer["Location"] == "/settings/security/required/?next=%2Fpatients%2F"
        assert me(client) == 401
        assert "One more thing" in client.get(answer["Location"]).content.decode()
        before = client.cookies[settings.SESSION_COOKIE_NAME].value
        add_app(client)
        assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
        assert me(client) == 200
        assert client.get("/patients/").status_code == 200

    def test_the_pages_on_the_way_show_nothing_of_the_account(self):
        therapist = make.therapist(name="Ada L.")
        client = browser(therapist)
        for page in ("required/", "app/", "passkey/"):
            answer = client.get(f"{SECURITY}{page}").content.decode()
            assert "shell-rooms" not in answer
            assert "Ada L." not in re.sub(r'data-options="[^"]*"', "", answer)

    def test_an_htmx_request_is_led_there_too(self):
        client = browser(make.therapist())
        answer = client.get("/messages/list/", headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"].startswith("/settings/security/required/")

    def test_the_sign_in_page_is_no_way_round_it(self):
        client = browser(make.therapist())
        assert client.get("/accounts/login/?next=/messages/")["Location"] == (
            "/settings/security/required/?next=%2Fmessages%2F"
        )

    def test_next_leads_only_inside(self):
        client = browser(make.therapist())
        client.get(f"{SECURITY}required/?next=https://evil.example/")
        secret = secret_on(client.get(f"{SECURITY}app/"))
        page = client.post(f"{SECURITY}app/", {"code": make.app_code(secret=secret)}).content.decode()
        assert "evil.example" not in page

    def test_who_has_a_factor_shows_it_rather_than_add_one(self):
        therapist = make.therapist()
        make.app(therapist)
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = make.session_key(therapist, factor=False)
        assert me(client) == 401
        assert client.get(f"{SECURITY}required/")["Location"] == "/accounts/again/"
        assert client.get(f"{SECURITY}passkey/")["Location"].startswith("/accounts/again/")
        client.post("/accounts/again/code/", {"code": make.app_code()})
        assert me(client) == 200

    def test_a_role_that_comes_later_closes_what_is_open(self):
        user = make.patient()
        client = browser(user)
        assert me(client) == 200
        services.role_grant(make.SYSTEM, user.id, RoleName.SUPPORT, at=clock.now())
        assert me(client) == 401

    def test_its_session_stands_for_nobody_to_a_socket_either(self):
        key = make.session_key(make.therapist(), factor=False)
        assert selectors.authority_for_session(key) is None

    def test_a_token_that_was_issued_stays_usable(self):
        therapist = make.therapist()
        issued = services.token_issue(make.SYSTEM, therapist.id, "x", ["profile:read"], 1, at=clock.now())
        client = Client(headers={"Authorization": f"Bearer {issued.raw}"})
        assert me(client) == 200

    def test_signing_out_stays_possible(self):
        therapist = make.therapist()
        client = browser(therapist)
        assert client.post("/accounts/logout/").status_code == 302
        assert make.sessions_of(therapist) == []

    def test_the_people_of_a_demo_are_asked_for_none(self, settings):
        import uuid

        seeded, real = uuid.uuid5(uuid.NAMESPACE_DNS, "x"), uuid.uuid4()
        roles = frozenset({"admin"})
        assert selectors.factor_policy(seeded, roles) is FactorPolicy.OPTIONAL
        assert selectors.factor_policy(real, roles) is FactorPolicy.REQUIRED
        settings.DEMO = False
        assert selectors.factor_policy(seeded, roles) is FactorPolicy.REQUIRED

    def test_off_offers_none(self, settings):
        settings.MFA_POLICY = {"patient": "off"}
        user = make.patient()
        with pytest.raises(errors.FactorsOff):
            services.app_add(make.actor(user), make.SECRET, make.app_code(), at=clock.now())


class TestOtp:
    def test_django_otp_sees_the_device(self):
        import django_otp

        user = make.patient()
        make.app(user)
        (device,) = django_otp.devices_for_user(user)
        assert isinstance(device, FactorDevice)
        assert django_otp.user_has_device(user)
        assert not device.verify_token(make.app_code())

    def test_a_factor_verifies_the_user_and_the_admin_asks_for_it(self):
        admin = make.admin()
        make.app(admin)
        client = Client()
        sign_in(client, admin)
        client.post(STEP, {"code": make.app_code()})
        answer = client.get("/admin/")
        assert answer.status_code == 200
        assert answer.wsgi_request.user.is_verified()

    def test_a_device_that_is_gone_closes_the_admin(self):
        admin = make.admin()
        client = verified(admin)
        assert client.get("/admin/").status_code == 200
        Authenticator.objects.filter(user=admin).delete()
        assert client.get("/admin/")["Location"].startswith("/admin/login/")
        assert client.get("/admin/login/")["Location"].startswith("/accounts/again/")

    def test_the_rows_of_allauth_are_not_in_the_admin(self):
        assert verified(make.admin()).get("/admin/mfa/authenticator/").status_code == 404


class TestPasskeys:
    @pytest.fixture
    def user(self):
        return make.patient()

    @pytest.fixture
    def device(self, user):
        device = Device()
        answer = add_passkey(browser(user), device)
        assert len(codes_on(answer)) == 10
        return device

    def test_is_added_named_after_its_maker_with_what_it_said(self, user, device):
        row = Authenticator.objects.get(user=user)
        kept = {key: row.data[key] for key in ("name", "aaguid", "sign_count", "backed_up", "transports")}
        assert kept == {
            "name": "Bitwarden",
            "aaguid": str(device.aaguid),
            "sign_count": 0,
            "backed_up": True,
            "transports": ["internal", "hybrid"],
        }
        page = verified_by(user, row).get(SECURITY).content.decode()
        assert "Bitwarden" in page
        assert "not used yet" in page
        assert "passkey was added" in mail.outbox[-1].subject

    def test_opens_the_account_without_an_address(self, user, device):
        client = Client()
        assert show_passkey(client, device)["Location"] == "/dashboard/"
        assert me(client) == 200
        row = Authenticator.objects.get(user=user)
        assert (row.data["sign_count"], row.last_used_at is not None) == (1, True)

    def test_is_a_second_step_after_the_password(self, user, device):
        client = Client()
        assert sign_in(client, user)["Location"] == STEP
        options = options_on(client.get(STEP))
        assert client.post(STEP, {"credential": device.show(options)})["Location"] == "/dashboard/"
        assert me(client) == 200

    def test_shows_again_that_it_is_you(self, user, device):
        client = Client()
        show_passkey(client, device)
        Session.objects.update(factor_at=clock.now() - timedelta(minutes=11))
        away = client.get(f"{SECURITY}codes/")["Location"]
        page = client.get(away, follow=True)
        place = page.request["PATH_INFO"]
        assert place == "/accounts/again/passkey/"
        done = client.post(place, {"credential": device.show(options_on(page)), "next": f"{SECURITY}codes/"})
        assert done["Location"] == f"{SECURITY}codes/"
        assert client.get(f"{SECURITY}codes/").status_code == 200

    @pytest.mark.parametrize(
        "said",
        [{"origin": "https://evil.example"}, {"origin": "http://testserver"}, {"verified": False}],
        ids=["another site", "an insecure one", "nobody was there"],
    )
    def test_what_does_not_hold_is_refused(self, user, device, said):
        client = Client()
        assert show_passkey(client, device, **said)["Location"] == "/accounts/login/"
        assert me(client) == 401
        assert last("accounts.factor.failed").data["kind"] == "webauthn"
        second = Client()
        sign_in(second, user)
        page = second.post(STEP, {"credential": device.show(options_on(second.get(STEP)), **said)})
        assert "not accepted" in page.content.decode()
        assert me(second) == 401

    def test_an_answer_is_good_for_once(self, user, device):
        client = Client()
        credential = device.show(sign_in_options(client))
        client.post("/accounts/login/passkey/", {"credential": credential})
        client.post("/accounts/logout/")
        client.post("/accounts/login/passkey/", {"credential": credential})
        assert me(client) == 401

    def test_a_challenge_belongs_to_its_browser(self, user, device):
        mine, theirs = Client(), Client()
        credential = device.show(sign_in_options(mine))
        sign_in_options(theirs)
        theirs.post("/accounts/login/passkey/", {"credential": credential})
        assert me(theirs) == 401

    def test_a_challenge_is_used_up_by_a_failure(self, user, device):
        client = Client()
        options = sign_in_options(client)
        client.post("/accounts/login/passkey/", {"credential": device.show(options, verified=False)})
        client.post("/accounts/login/passkey/", {"credential": device.show(options)})
        assert me(client) == 401

    @pytest.mark.parametrize("back", [0, 3])
    def test_a_counter_that_goes_back_is_refused_recorded_and_told(self, user, device, back):
        device.counter = 6
        show_passkey(Client(), device)
        device.counter -= back + 1
        client = Client()
        show_passkey(client, device)
        assert me(client) == 401
        assert last("accounts.passkey.copied").data["stored"] == 7
        assert last("accounts.passkey.copied").data["shown"] == 7 - back
        assert "passkey was refused" in mail.outbox[-1].subject
        assert mail.outbox[-1].to == [user.email]

    def test_one_that_never_counts_is_fine(self, user):
        device = Device()
        add_passkey(browser(user), device)
        for _time in range(2):
            device.counter = -1
            client = Client()
            show_passkey(client, device)
            assert me(client) == 200

    def test_is_not_added_without_its_owner_or_from_elsewhere(self, user):
        client = browser(user)
        for said in ({"verified": False}, {"origin": "https://evil.example"}):
            options = options_on(client.get(f"{SECURITY}passkey/"))
            page = client.post(f"{SECURITY}passkey/", {"credential": Device().make(options, **said)})
            assert "could not be added" in page.content.decode()
        assert not Authenticator.objects.exists()

    def test_another_persons_is_not_taken_twice(self, user, device):
        client = browser(make.patient())
        page = add_passkey(client, device)
        assert str(errors.PasskeyKnown.detail) in page.content.decode()

    def test_is_renamed_and_removed(self, user, device):
        row = Authenticator.objects.get(user=user)
        client = verified_by(user, row)
        client.post(f"{SECURITY}{row.pk}/rename/", {"name": " Phone "})
        assert "Phone" in client.get(SECURITY).content.decode()
        assert client.post(f"{SECURITY}{row.pk}/rename/", {"name": "a\u202eb"}).status_code == 400
        client.post(f"{SECURITY}{row.pk}/remove/")
        other = Client()
        show_passkey(other, device)
        assert me(other) == 401

    def test_an_inactive_person_stays_out(self, user, device):
        type(user).objects.filter(id=user.id).update(is_active=False)
        client = Client()
        show_passkey(client, device)
        assert me(client) == 401

    def test_a_required_factor_may_be_a_passkey(self):
        therapist = make.therapist()
        client = browser(therapist)
        device = Device()
        add_passkey(client, device)
        assert me(client) == 200
        other = Client()
        show_passkey(other, device)
        assert me(other) == 200

    @pytest.mark.parametrize(
        "nonsense",
        [
            "",
            "x",
            "[]",
            "5",
            "null",
            "{}",
            '{"id": 1}',
            '{"response": []}',
            '{"response": {"userHandle": "AA"}}',
        ],
    )
    def test_nonsense_is_refused_kindly(self, user, device, nonsense):
        client = Client()
        sign_in_options(client)
        assert client.post("/accounts/login/passkey/", {"credential": nonsense}).status_code == 302
        sign_in(client, user)
        client.get(STEP)
        assert client.post(STEP, {"credential": nonsense}).status_code == 200
        signed_in = verified(user)
        assert signed_in.post(f"{SECURITY}passkey/", {"credential": nonsense}).status_code == 200
        assert me(client) == 401


def verified_by(user, row):
    """A browser in which this factor was just shown."""
    client = Client()
    key = make.session_key(user)
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    session = client.session
    session["factor_at"] = clock.now().isoformat()
    session.save()
    return client


def test_a_first_passkey_and_then_an_app_make_codes_once():
    user = make.patient()
    client = browser(user)
    assert len(codes_on(add_passkey(client, Device()))) == 10
    secret = secret_on(client.get(f"{SECURITY}app/"))
    assert client.post(f"{SECURITY}app/", {"code": make.app_code(secret=secret)})["Location"] == SECURITY


def test_rfc_6238s_own_examples():
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for moment, code in [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]:
        assert rules.totp_code(secret, moment // 30) == code


def test_a_name_has_words():
    with pytest.raises(Invalid):
        user = make.patient()
        row = Authenticator.objects.create(user=user, type=FactorKind.PASSKEY, data={"name": "x"})
        services.passkey_rename(make.actor(user, factor_at=clock.now()), row.pk, " ", at=clock.now())
