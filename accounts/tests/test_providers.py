"""Signing in with Google and Zoom, over real HTTP to their fakes: what works, and what the pages say.

What somebody tries who should not get in is in `attacks/test_social.py`.
"""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core import mail

from accounts import errors, selectors, services
from accounts.models import User
from accounts.tests import factories as make
from accounts.tests.provider_browser import (
    CONNECTED,
    Visitor,
    by_password,
    code_in,
    identity,
    query,
    refusals,
    words,
)
from accounts.types import ProviderName
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded, NotFound

pytestmark = pytest.mark.django_db

ZOOM = "/accounts/zoom/"


class TestSignUp:
    def test_asks_for_what_google_does_not_know_and_lets_in_at_once(self, visitor):
        answer = visitor.through("maya@example.org")
        assert answer["Location"] == "/accounts/signup/provider/"
        page = visitor.bloom.get(answer["Location"]).content.decode()
        assert 'value="Maya Torres"' in page
        assert "maya@example.org" in page
        assert 'name="email"' not in page
        assert not User.objects.exists()
        form = {
            "role": "patient",
            "name": "Maya T.",
            "time_zone": "America/Chicago",
            "email": "x@example.org",
        }
        answer = visitor.bloom.post("/accounts/signup/provider/", form)
        assert (answer.status_code, answer["Location"]) == (302, "/dashboard/")
        user = User.objects.get()
        assert (user.email, user.name, user.time_zone) == ("maya@example.org", "Maya T.", "America/Chicago")
        assert not user.has_usable_password()
        assert visitor.me == user.email
        for name in ("user.signed_up", "email.verified", "provider.linked", "session.started"):
            (event,) = make.recorded(f"accounts.{name}")
            assert event.subject_id == user.id
        assert EmailAddress.objects.get().verified
        assert mail.outbox == []

    def test_keeps_no_token_and_little_else(self, visitor):
        visitor.sign_up("maya@example.org")
        assert not SocialToken.objects.exists()
        assert SocialAccount.objects.get().extra_data == {"email": "maya@example.org"}

    def test_what_was_typed_stays_when_something_is_wrong(self, visitor):
        visitor.through("maya@example.org")
        answer = visitor.bloom.post("/accounts/signup/provider/", {"role": "", "name": "Maya of the Hills"})
        assert answer.status_code == 200
        assert "Please choose one." in words(answer)
        assert 'value="Maya of the Hills"' in answer.content.decode()
        answer = visitor.bloom.post("/accounts/signup/provider/", {"role": "admin", "name": "\u202eMaya"})
        assert answer.status_code == 200
        assert not User.objects.exists()

    def test_a_therapist_still_adds_a_factor_first(self, visitor):
        answer = visitor.sign_up("anna@example.org", role="therapist")
        assert answer.status_code == 302
        assert visitor.me is None
        assert visitor.bloom.get("/dashboard/")["Location"].startswith("/settings/security/required/")
        # Fresh by the sign-in itself.
        assert visitor.bloom.get("/settings/security/app/").status_code == 200

    @pytest.mark.parametrize("fault", ["unverified", "consumer"])
    def test_an_address_that_google_does_not_vouch_for_is_confirmed_by_our_mail(self, visitor, fault):
        visitor.google.fault_set(fault)
        visitor.through("maya@example.org")
        page = visitor.bloom.get("/accounts/signup/provider/").content.decode()
        assert re.search(r'name="email" value="maya@example.org"', page)
        form = {"role": "patient", "name": "Maya", "email": "maya@example.org"}
        answer = visitor.bloom.post("/accounts/signup/provider/", form)
        assert answer["Location"] == "/accounts/confirm-email/"
        assert visitor.me is None
        assert not SocialAccount.objects.exists()
        visitor.bloom.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
        assert visitor.me == "maya@example.org"
        assert SocialAccount.objects.get().user.email == "maya@example.org"
        visitor.bloom.post("/accounts/logout/")
        visitor.through("maya@example.org")
        assert visitor.me == "maya@example.org"

    def test_zoom_s_address_is_confirmed_by_our_mail_too(self, visitor):
        visitor.through("maya@example.org", path=ZOOM)
        form = {"role": "patient", "name": "Maya", "email": "maya@example.org"}
        visitor.bloom.post("/accounts/signup/provider/", form)
        visitor.bloom.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
        assert visitor.me == "maya@example.org"
        assert SocialAccount.objects.get().provider == "zoom"

    def test_without_an_address_one_is_asked_for(self, visitor):
        visitor.zoom.fault_set("no_email")
        visitor.through("maya@example.org", path=ZOOM)
        answer = visitor.bloom.post("/accounts/signup/provider/", {"role": "patient", "name": "Maya"})
        assert answer.status_code == 200
        assert "Please fill this in." in words(answer)

    def test_an_address_that_looks_like_another_is_not_taken_from_google_either(self, visitor):
        visitor.through("maya@ex\u0430mple.org")
        page = visitor.bloom.get("/accounts/signup/provider/").content.decode()
        assert 'name="email"' in page
        form = {"role": "patient", "name": "Maya"}
        for email, status in (("maya@ex\u0430mple.org", 200), ("maya@example.org", 302)):
            assert (
                visitor.bloom.post("/accounts/signup/provider/", {**form, "email": email}).status_code
                == status
            )
        assert visitor.me is None

    def test_the_page_is_there_for_twenty_minutes(self, visitor, monkeypatch):
        visitor.through("maya@example.org")
        from accounts import providers

        monkeypatch.setattr(providers, "PENDING_SECONDS", 0)
        assert visitor.bloom.get("/accounts/signup/provider/")["Location"] == "/accounts/signup/"

    def test_sent_twice_makes_one_account(self, visitor):
        visitor.sign_up("maya@example.org")
        answer = visitor.bloom.post("/accounts/signup/provider/", {"role": "patient", "name": "Maya"})
        assert answer["Location"] == "/dashboard/"
        assert User.objects.count() == 1

    def test_two_browsers_at_once_make_one_account(self, visitor):
        other = Visitor(visitor.google, visitor.zoom)
        visitor.through("maya@example.org")
        other.sign_up("maya@example.org")
        answer = visitor.bloom.post("/accounts/signup/provider/", {"role": "patient", "name": "Maya"})
        assert answer.status_code == 409
        assert User.objects.count() == 1


class TestSignIn:
    @pytest.mark.parametrize("provider", list(ProviderName))
    def test_opens_the_account_that_it_is_connected_to(self, visitor, provider):
        user = make.patient()
        by_password(visitor, user).through("maya@gmail.com", path=f"{CONNECTED}{provider}/connect/")
        visitor.bloom.post("/accounts/logout/")
        answer = visitor.through("maya@gmail.com", path=f"/accounts/{provider}/", next="/settings/security/")
        assert answer["Location"] == "/settings/security/"
        assert visitor.me == user.email

    def test_asks_for_the_second_factor_of_somebody_who_has_one(self, visitor):
        user = make.patient()
        make.app(user)
        services.provider_link(make.SYSTEM, self.of_google(visitor), at=make.AT, person_id=user.id)
        answer = visitor.through("maya@example.org")
        assert answer["Location"] == "/accounts/login/factor/"
        assert visitor.me is None
        visitor.bloom.post("/accounts/login/factor/", {"code": make.app_code()})
        assert visitor.me == user.email

    def test_a_closed_account_stays_closed(self, visitor):
        user = make.patient()
        services.provider_link(make.SYSTEM, self.of_google(visitor), at=make.AT, person_id=user.id)
        User.objects.filter(id=user.id).update(is_active=False)
        assert visitor.through("maya@example.org")["Location"] == "/accounts/inactive/"
        assert visitor.me is None

    def test_whoever_cancels_is_back_where_they_were(self, visitor):
        import requests

        there = visitor.leave()
        back = requests.post(there, data={"cancel": "1"}, allow_redirects=False, timeout=5).headers[
            "Location"
        ]
        answer = visitor.bloom.get(back.partition("testserver")[2], follow=True)
        assert answer.redirect_chain[-1][0] == "/accounts/login/"
        assert "Nothing was done" in words(answer)
        assert refusals() == []

    def test_the_buttons_are_there_for_those_that_are_set_up(self, visitor, settings):
        for page in ("/accounts/login/", "/accounts/signup/"):
            text = words(visitor.bloom.get(page))
            assert "Continue with Google" in text
            assert "Continue with Zoom" in text
        known = settings.SOCIALACCOUNT_PROVIDERS
        settings.SOCIALACCOUNT_PROVIDERS = {**known, "zoom": {**known["zoom"], "APPS": []}}
        assert "Zoom" not in words(visitor.bloom.get("/accounts/login/"))
        assert visitor.bloom.post(ZOOM).status_code == 404
        assert visitor.bloom.get(f"{ZOOM}callback/").status_code == 404

    def test_their_pages_and_no_others_let_a_form_lead_there(self, visitor):
        for page, allowed in (("/accounts/login/", True), ("/accounts/signup/", True), ("/help/", False)):
            policy = visitor.bloom.get(page).headers["Content-Security-Policy"]
            (rule,) = [part.strip() for part in policy.split(";") if "form-action" in part]
            assert rule.startswith("form-action 'self'")
            assert (rule != "form-action 'self'") is allowed

    def of_google(self, visitor):
        account = visitor.google._known("maya@example.org", "Maya Torres", True)
        return identity(subject=account.subject)


class TestServices:
    def test_an_identity_opens_one_account(self, retry_once):
        first, second = make.patient(), make.patient()
        services.provider_link(make.actor(first), identity(), at=make.AT)
        with pytest.raises(errors.ProviderTaken):
            services.provider_link(make.actor(second), identity(), at=make.AT)
        assert len(make.recorded("accounts.provider.linked")) == 1

    def test_one_identity_of_each_provider(self):
        user = make.patient()
        services.provider_link(make.actor(user), identity(), at=make.AT)
        services.provider_link(make.actor(user), identity(), at=make.AT)
        with pytest.raises(errors.ProviderHeld):
            services.provider_link(make.actor(user), identity(subject="2"), at=make.AT)
        services.provider_link(make.actor(user), identity(ProviderName.ZOOM), at=make.AT)
        view = selectors.connected_get(make.actor(user))
        assert [row.link.email for row in view.rows] == ["maya@example.org", "maya@example.org"]
        assert view.ways_in == 3

    def test_a_factor_is_shown_before_anything_changes(self):
        user = make.patient()
        make.app(user)
        stale = make.actor(user, factor_at=None)
        with pytest.raises(FreshFactorNeeded):
            services.provider_link(stale, identity(), at=make.AT)
        services.provider_link(make.actor(user), identity(), at=make.AT)
        with pytest.raises(FreshFactorNeeded):
            services.provider_unlink(stale, ProviderName.GOOGLE, at=make.AT)

    def test_an_address_that_was_never_shown_gets_no_key(self):
        user = make.patient()
        EmailAddress.objects.filter(user=user).update(verified=False)
        with pytest.raises(NotFound):
            services.provider_link(make.SYSTEM, identity(), at=make.AT, person_id=user.id)

    def test_the_last_way_in_stays(self, retry_once):
        user = make.patient()
        for provider in ProviderName:
            services.provider_link(make.actor(user), identity(provider), at=make.AT)
        User.objects.filter(id=user.id).update(password="!")
        services.provider_unlink(make.actor(user), ProviderName.ZOOM, at=make.AT)
        with pytest.raises(errors.LastWayIn):
            services.provider_unlink(make.actor(user), ProviderName.GOOGLE, at=make.AT)
        with pytest.raises(NotFound):
            services.provider_unlink(make.actor(user), ProviderName.ZOOM, at=make.AT)

    def test_a_passkey_that_is_the_last_way_in_stays(self):
        from allauth.mfa.models import Authenticator

        user = make.patient()
        User.objects.filter(id=user.id).update(password="!")
        passkey = Authenticator.objects.create(user=user, type="webauthn", data={}, created_at=make.AT)
        assert selectors.ways_in_count(user.id) == 1
        with pytest.raises(errors.LastWayIn):
            services.factor_remove(make.actor(user), passkey.pk, at=make.AT)
        services.provider_link(make.actor(user), identity(), at=make.AT)
        services.factor_remove(make.actor(user), passkey.pk, at=make.AT)

    def test_no_account_without_an_address_of_its_own(self):
        make.patient(email="maya@example.org")
        with pytest.raises(errors.EmailTaken):
            services.provider_sign_up(
                make.SYSTEM, identity(), email="Maya@example.org", name="Maya", role="patient",
                time_zone="UTC", locale="en", at=clock.now(),
            )  # fmt: skip
        assert not SocialAccount.objects.exists()


def test_the_addresses_are_those_that_google_s_own_description_names(visitor, settings):
    import requests

    told = requests.get(f"{visitor.google.url}/.well-known/openid-configuration", timeout=5).json()
    named = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    ours = [settings.VENDOR_URLS[f"google_{each}"] for each in ("issuer", "authorize", "token", "keys")]
    assert [told[each] for each in named] == ours
    asked = query(visitor.leave())
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    assert asked["redirect_uri"] == "http://testserver/accounts/google/callback/"
