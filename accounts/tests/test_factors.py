"""Who needs a second factor, when it is asked for again, and how one is taken away."""

import json
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import errors, rules, selectors, services
from accounts.models import RecoveryCode, Session
from accounts.tests import factor_pages
from accounts.tests import factories as make
from accounts.tests.factor_pages import (
    SECURITY,
    add_app,
    browser,
    last,
    me,
    secret_on,
    sign_in,
    user_app,
    verified,
)
from accounts.types import FactorPolicy, RoleName
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded

pytestmark = pytest.mark.django_db

fresh_limits = factor_pages.fresh_limits


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
        page = f"{reverse('admin:accounts_user_deed')}?deed=grant_support&person={user.pk}"
        answer = client.post(page, {"sure": "yes"})
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
