"""Accounts at Google and Zoom that one connects and removes in the settings, and what they prove there."""

import re

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import mail

from accounts import providers
from accounts.models import User
from accounts.tests import factories as make
from accounts.tests.provider_browser import (
    CONNECTED,
    Visitor,
    by_password,
    hour_passes,
    signed_in,
    words,
)

pytestmark = pytest.mark.django_db


class TestSettings:
    def test_connecting_is_on_record_and_mailed(self, visitor):
        user = make.patient()
        by_password(visitor, user)
        assert "Not connected" in words(visitor.bloom.get(CONNECTED))
        assert "Connect Google" in words(visitor.bloom.get(f"{CONNECTED}google/"))
        answer = visitor.through("maya@gmail.com", path=f"{CONNECTED}google/connect/")
        assert answer["Location"] == CONNECTED
        page = words(visitor.bloom.get(CONNECTED))
        assert "Google was connected" in page
        assert "maya@gmail.com" in page
        (event,) = make.recorded("accounts.provider.linked")
        assert (event.actor_user_id, event.subject_id, event.data["provider"]) == (user.id, user.id, "google")
        assert mail.outbox[-1].to == [user.email]
        assert mail.outbox[-1].subject == "Google was connected"

    def test_removing_is_on_record_and_mailed(self, visitor):
        user = make.patient()
        by_password(visitor, user).through("maya@gmail.com", path=f"{CONNECTED}google/connect/")
        assert "Remove" in words(visitor.bloom.get(f"{CONNECTED}google/"))
        assert visitor.bloom.post(f"{CONNECTED}google/remove/")["Location"] == CONNECTED
        assert not SocialAccount.objects.exists()
        (event,) = make.recorded("accounts.provider.unlinked")
        assert (event.subject_id, event.data["provider"]) == (user.id, "google")
        assert mail.outbox[-1].subject == "Google was removed"
        assert visitor.bloom.post(f"{CONNECTED}google/remove/").status_code == 404

    def test_removing_ends_what_began_with_it_elsewhere(self, visitor):
        user = make.patient()
        by_password(visitor, user).through("maya@gmail.com", path=f"{CONNECTED}google/connect/")
        other = Visitor(visitor.google, visitor.zoom)
        other.through("maya@gmail.com")
        third = by_password(Visitor(visitor.google, visitor.zoom), user)
        assert other.me == third.me == user.email
        visitor.bloom.post(f"{CONNECTED}google/remove/")
        assert (visitor.me, other.me, third.me) == (user.email, None, user.email)

    def test_the_last_way_in_stays_and_the_page_says_what_to_do(self, visitor):
        visitor.sign_up("maya@example.org")
        page = words(visitor.bloom.get(f"{CONNECTED}google/"))
        assert "Set a password or add a passkey first" in page
        answer = visitor.bloom.post(f"{CONNECTED}google/remove/")
        assert answer["Location"] == f"{CONNECTED}google/"
        assert SocialAccount.objects.count() == 1
        assert make.recorded("accounts.provider.unlinked") == []

    def test_a_password_by_mail_is_another_way_in(self, visitor):
        visitor.sign_up("maya@example.org")
        assert "You have no password" in words(visitor.bloom.get(CONNECTED))
        assert visitor.bloom.get("/accounts/password/change/")["Location"] == "/accounts/password/set/"
        assert "maya@example.org" in words(visitor.bloom.get("/accounts/password/set/"))
        assert "Look into your mail" in words(visitor.bloom.post("/accounts/password/set/"))
        (link,) = re.findall(r"https?://testserver(\S+)", mail.outbox[-1].body.partition("\n\nBloom")[0])
        form = {"password1": "quiet river morning", "password2": "quiet river morning"}
        visitor.bloom.post(visitor.bloom.get(link)["Location"], form)
        user = User.objects.get()
        assert user.has_usable_password()
        # All devices were signed out.
        assert visitor.me is None
        visitor.bloom.post("/accounts/login/", {"login": user.email, "password": "quiet river morning"})
        assert visitor.me == user.email
        assert visitor.bloom.post(f"{CONNECTED}google/remove/")["Location"] == CONNECTED
        assert visitor.bloom.get("/accounts/password/set/")["Location"] == "/accounts/password/change/"

    def test_somebody_without_a_password_can_ask_for_one_from_outside(self, visitor):
        visitor.sign_up("maya@example.org")
        visitor.bloom.post("/accounts/logout/")
        visitor.bloom.post("/accounts/password/reset/", {"email": "maya@example.org"})
        assert "/accounts/password/reset/key/" in mail.outbox[-1].body

    def test_without_a_password_the_provider_tells_that_it_is_still_you(self, visitor, monkeypatch):
        visitor.sign_up("maya@example.org")
        hour_passes(visitor)
        asked = visitor.bloom.get(f"{CONNECTED}google/")
        again = visitor.bloom.get(asked["Location"])["Location"]
        assert again == "/accounts/again/google/?next=%2Fsettings%2Fconnected%2Fgoogle%2F"
        assert "Is it still you?" in words(visitor.bloom.get(again))
        answer = visitor.through("maya@example.org", path=again)
        assert answer["Location"] == f"{CONNECTED}google/"
        assert visitor.bloom.get(f"{CONNECTED}google/").status_code == 200
        assert make.recorded("accounts.provider.confirmed")

    def test_who_has_a_password_shows_that(self, visitor):
        user = make.patient()
        by_password(visitor, user)
        assert visitor.bloom.get("/accounts/again/google/")["Location"] == "/accounts/again/"

    def test_nothing_is_offered_where_nothing_is_set_up(self, visitor, settings):
        settings.SOCIALACCOUNT_PROVIDERS = {}
        signed_in(visitor, make.patient())
        assert "Nothing to connect" in words(visitor.bloom.get(CONNECTED))
        assert visitor.bloom.get(f"{CONNECTED}google/").status_code in {302, 404}

    def test_signing_up_slowly_is_no_fresh_proof(self, visitor):
        """The provider vouched for whoever left; who fills in the form may be another."""
        visitor.through("maya@example.org")
        session = visitor.bloom.session
        session[providers.PENDING_KEY]["at"] -= 15 * 60
        session.save()
        visitor.bloom.post("/accounts/signup/provider/", {"role": "patient", "name": "Maya Torres"})
        assert visitor.me == "maya@example.org"
        assert visitor.bloom.get(f"{CONNECTED}google/").status_code == 302

    def test_signing_in_at_the_provider_is_one(self, visitor):
        visitor.sign_up("maya@example.org")
        assert visitor.bloom.get(f"{CONNECTED}google/").status_code == 200
