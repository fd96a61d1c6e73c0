"""Connecting an account elsewhere to one that is not one's own."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from accounts import services
from accounts.tests import factories as make
from accounts.tests.attacks import social
from accounts.tests.attacks.social import CONNECT, SIGN_UP, VICTIM, swap
from accounts.tests.provider_browser import (
    by_password,
    code_in,
    hour_passes,
    identity,
    query,
    refusals,
    signed_in,
    words,
)

pytestmark = pytest.mark.django_db

attacker = social.attacker


class TestConnecting:
    def test_linking_csrf_by_a_foreign_form(self, visitor):
        """ASVS 5.0 3.5.1: another site's form neither connects, nor removes, nor signs in."""
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = signed_in(visitor, make.patient()).bloom.cookies
        for path in (CONNECT, "/settings/connected/google/remove/", "/accounts/google/"):
            assert strict.post(path).status_code == 403
        for path in (CONNECT, "/settings/connected/google/remove/", "/accounts/google/"):
            assert strict.get(path).status_code == 405

    def test_linking_csrf_by_the_attackers_answer(self, visitor, attacker):
        """ASVS 5.0 10.2.1: the attacker's Google is not connected to the victim by a link that they open."""
        victim = make.patient()
        by_password(visitor, victim)
        mallory = make.patient()
        by_password(attacker, mallory)
        back = attacker.choose(attacker.leave(CONNECT), "mallory@gmail.com")
        assert visitor.arrive(back).status_code == 400
        assert not SocialAccount.objects.exists()

    def test_answer_of_a_sign_in_connects_nothing(self, visitor):
        """ASVS 5.0 10.2.1: what an answer is for stands in the state, not in the address."""
        back = visitor.choose(visitor.leave(), "mallory@gmail.com")
        by_password(visitor, make.patient())
        visitor.arrive(back + "&process=connect")
        assert not SocialAccount.objects.exists()

    def test_identity_of_somebody_else(self, visitor, attacker):
        """ASVS 5.0 6.8.1: an identity opens one account; a second neither gets it nor learns whose it is."""
        visitor.sign_up(VICTIM)
        mallory = make.patient()
        by_password(attacker, mallory)
        answer = attacker.through(VICTIM, path=CONNECT)
        assert answer.status_code == 409
        assert "Maya" not in words(answer)
        assert SocialAccount.objects.get().user.email == VICTIM
        assert refusals() == ["elsewhere"]

    def test_second_identity_slipped_in(self, visitor):
        """ASVS 5.0 7.5.1: a connected identity is not silently replaced by another."""
        by_password(visitor, make.patient()).through("maya@gmail.com", path=CONNECT)
        answer = visitor.through("mallory@gmail.com", path=CONNECT)
        assert answer.status_code == 409
        assert SocialAccount.objects.get().extra_data["email"] == "maya@gmail.com"

    @pytest.mark.parametrize("path", [CONNECT, "/settings/connected/google/remove/"])
    def test_by_who_finds_an_open_screen(self, visitor, path):
        """ASVS 5.0 7.5.1: ways in change only after showing anew that it is still you."""
        user = make.patient()
        services.provider_link(make.SYSTEM, identity(), at=make.AT, person_id=user.id)
        signed_in(visitor, user)
        answer = visitor.bloom.post(path)
        assert answer["Location"].startswith("/accounts/again/")
        assert SocialAccount.objects.count() == 1

    def test_by_a_password_where_a_factor_is_due(self, visitor):
        """ASVS 5.0 7.5.1, 6.3.3: who has a second factor shows that, not the password again."""
        user = make.patient()
        make.app(user)
        signed_in(visitor, user, factor=False)
        assert visitor.bloom.post(CONNECT)["Location"].startswith("/accounts/again/")

    def test_answer_that_comes_an_hour_later(self, visitor):
        """ASVS 5.0 7.5.1: who was fresh when they left must be so when they come back."""
        by_password(visitor, make.patient())
        back = visitor.choose(visitor.leave(CONNECT), "maya@gmail.com")
        hour_passes(visitor)
        assert visitor.arrive(back)["Location"] == "/settings/connected/google/"
        assert not SocialAccount.objects.exists()

    def test_another_identity_shows_that_it_is_still_you(self, visitor):
        """ASVS 5.0 7.5.1: only the identity that opens this account confirms it."""
        visitor.sign_up(VICTIM)
        hour_passes(visitor)
        answer = visitor.through("mallory@gmail.com", path="/accounts/again/google/")
        assert answer.status_code == 409
        assert visitor.bloom.get("/settings/connected/google/").status_code == 302
        assert make.recorded("accounts.provider.confirmed") == []

    @pytest.mark.parametrize("fault", ["stale", "no_age"])
    def test_still_signed_in_at_google_is_not_still_you(self, visitor, fault):
        """ASVS 5.0 7.5.1, 6.8.4: who finds an open screen, signed in at Google since yesterday, or nobody
        says since when, is asked to sign in there or to choose a password by mail.
        """
        visitor.sign_up(VICTIM)
        hour_passes(visitor)
        again = "/accounts/again/google/"
        assert query(visitor.leave(again))["max_age"] == "600"
        visitor.google.fault_set(fault)
        answer = visitor.through(VICTIM, path=again)
        assert answer.status_code == 403
        assert "Choose a password by mail" in words(answer)
        assert make.recorded("accounts.provider.confirmed") == []
        assert refusals() == ["stale"]
        assert visitor.bloom.get("/settings/connected/google/").status_code == 302
        # Stripped on the way there: what comes back is held to what was asked.
        address = visitor.leave(again)
        host = address.partition("/o/oauth2")[0].removesuffix("/google")
        back = visitor.choose(host + swap(address, max_age=None, claims=None), VICTIM)
        assert visitor.arrive(back).status_code == 403
        visitor.through(VICTIM, path=again)
        assert visitor.bloom.get("/settings/connected/google/").status_code == 200

    def test_still_signed_in_at_zoom_is_not_still_you(self, visitor):
        """ASVS 5.0 7.5.1, 6.8.4: Zoom does not say when somebody signed in there, so it confirms nobody."""
        visitor.through(VICTIM, path="/accounts/zoom/")
        visitor.bloom.post(SIGN_UP, {"role": "patient", "name": "Maya Torres", "email": VICTIM})
        visitor.bloom.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
        assert visitor.me == VICTIM
        hour_passes(visitor)
        asked = visitor.bloom.get("/settings/connected/zoom/", follow=True)
        assert asked.request["PATH_INFO"] == "/accounts/password/set/"
        assert "Send the link" in words(asked)
        assert visitor.bloom.post("/accounts/again/zoom/")["Location"] == "/accounts/again/"

    def test_removed_identity_opens_nothing(self, visitor):
        """ASVS 5.0 6.5.6, 7.4.2: what was taken away is taken away at once."""
        user = make.patient()
        by_password(visitor, user).through("maya@gmail.com", path=CONNECT)
        visitor.bloom.post("/settings/connected/google/remove/")
        visitor.bloom.post("/accounts/logout/")
        assert visitor.through("maya@gmail.com")["Location"] == SIGN_UP
        assert visitor.me is None

    def test_somebody_elses_identity_is_not_removed(self, visitor, attacker):
        """ASVS 5.0 8.2.2: the address names a provider, never somebody's row."""
        visitor.sign_up(VICTIM)
        by_password(attacker, make.patient())
        assert attacker.bloom.post("/settings/connected/google/remove/").status_code == 404
        assert SocialAccount.objects.count() == 1
