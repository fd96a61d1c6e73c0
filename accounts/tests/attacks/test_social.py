"""Accounts that are taken, or prepared, by way of a provider."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail

from accounts import services
from accounts.models import Session, User
from accounts.tests import factories as make
from accounts.tests.attacks import social
from accounts.tests.attacks.social import (
    CONNECT,
    SIGN_UP,
    VICTIM,
    come,
    password_sign_up,
    reset_by_mail,
    zoom_of,
)
from accounts.tests.provider_browser import Visitor, code_in, identity, query, refusals, signed_in, words
from accounts.types import ProviderName

pytestmark = pytest.mark.django_db

attacker = social.attacker


class TestPreHijacking:
    """Somebody prepares an account for a victim who comes later."""

    def test_classic_federated_merge(self, visitor, attacker):
        """ASVS 5.0 6.8.1: a password account of the victim's address never merges with their Google."""
        password_sign_up(attacker, VICTIM)
        theirs = User.objects.get(email=VICTIM).id
        visitor.sign_up(VICTIM)
        assert visitor.me == VICTIM
        # Nobody had confirmed it: the account is another one, and the attacker's is gone with its password.
        assert User.objects.get(email=VICTIM).id != theirs
        attacker.bloom.get("/accounts/confirm-email/", follow=True)
        attacker.bloom.post("/accounts/login/", {"login": VICTIM, "password": make.PASSWORD})
        assert attacker.me is None

    def test_federated_merge_with_a_confirmed_account(self, visitor):
        """ASVS 5.0 6.8.1: nor does one whose address was confirmed."""
        make.patient(email=VICTIM)
        answer = visitor.through(VICTIM)
        assert answer.status_code == 409
        assert "There is already an account with this address" in words(answer)
        assert visitor.me is None
        assert not SocialAccount.objects.exists()
        assert refusals() == ["email_known"]

    def test_attacker_with_an_unverified_address_at_the_provider(self, visitor, attacker):
        """ASVS 5.0 6.8.1: an address that the provider has not verified opens nothing, and tells nothing."""
        make.patient(email=VICTIM)
        for email in (VICTIM, "nobody@example.org"):
            answer = attacker.through(email, verified=False)
            assert answer["Location"] == SIGN_UP
            form = {"role": "patient", "name": "Mallory", "email": email}
            answer = attacker.bloom.post(SIGN_UP, form)
            assert answer["Location"] == "/accounts/confirm-email/"
            assert attacker.me is None
        assert not SocialAccount.objects.exists()
        assert [message.subject for message in mail.outbox if message.to == [VICTIM]] == [
            "You already have an account"
        ]

    def test_taken_and_free_addresses_look_alike(self, visitor, attacker):
        """ASVS 5.0 6.3.8: whether an address has an account is not told to who merely claims it."""
        make.patient(email=VICTIM)
        pages = []
        for email in (VICTIM, "nobody@example.org"):
            attacker.through(email, verified=False)
            attacker.bloom.post(SIGN_UP, {"role": "patient", "name": "Mallory", "email": email})
            page = attacker.bloom.get("/accounts/confirm-email/").content.decode()
            pages.append(re.sub(r'\S+@\S+|value="[A-Za-z0-9]{64}"|nonce="[^"]+"', "", page))
        assert pages[0] == pages[1]

    def test_trojan_identifier(self, visitor, attacker):
        """ASVS 5.0 6.8.1: the attacker's Google, on an account that waits for the victim to come."""
        attacker.google.fault_set("unverified")
        attacker.through("mallory@gmail.com")
        attacker.bloom.post(SIGN_UP, {"role": "patient", "name": "Mallory", "email": VICTIM})
        assert not SocialAccount.objects.exists()
        # The victim finds that there is no account yet, whichever door they try first.
        visitor.bloom.post("/accounts/password/reset/", {"email": VICTIM})
        assert "There is no account with it" in mail.outbox[-1].body
        come(visitor)
        attacker.through("mallory@gmail.com")
        assert attacker.me is None
        assert not SocialAccount.objects.exists()

    def test_trojan_identifier_finished_after_the_victim_came(self, visitor, attacker):
        """ASVS 5.0 6.8.1: an identity that waits in a browser is linked by nobody else's sign-in."""
        attacker.google.fault_set("unverified")
        attacker.through("mallory@gmail.com")
        attacker.bloom.post(SIGN_UP, {"role": "patient", "name": "Mallory", "email": VICTIM})
        come(visitor)
        # Their pending sign-in does not go on because the address is confirmed by now.
        for path in ("/accounts/confirm-email/", "/accounts/login/", "/dashboard/", SIGN_UP):
            attacker.bloom.get(path, follow=True)
        assert attacker.me is None
        # And in the same browser, somebody else who signs in does not get it either.
        other = make.patient()
        attacker.through(zoom_of(visitor, other), path="/accounts/zoom/")
        assert attacker.me == other.email
        assert not SocialAccount.objects.filter(provider="google").exists()

    def test_identity_that_waits_for_the_code_too_long(self, visitor, monkeypatch):
        """ASVS 5.0 6.8.1, 7.5.1: what was begun at sign-up ends within 10 minutes, and is told by mail."""
        for email, minutes in (("soon@example.org", 9), ("late@example.org", 11)):
            other = Visitor(visitor.google, visitor.zoom)
            other.through(email, path="/accounts/zoom/")
            other.bloom.post(SIGN_UP, {"role": "patient", "name": "Maya Torres", "email": email})
            code = code_in(mail.outbox[-1])
            kept = time.time()
            with monkeypatch.context() as patch:
                patch.setattr("accounts.providers.time.time", lambda k=kept, m=minutes: k + m * 60)
                other.bloom.post("/accounts/confirm-email/", {"code": code})
            assert other.me == email
        assert SocialAccount.objects.get().user.email == "soon@example.org"
        told = [(each.to, each.subject) for each in mail.outbox if "connected" in each.subject]
        assert told == [(["soon@example.org"], "Zoom was connected")]

    def test_unexpired_session(self, visitor, attacker):
        """ASVS 5.0 7.4.3: a sign-up that waited for the address's code does not outlive its owner's own."""
        password_sign_up(attacker, VICTIM)
        come(visitor)
        for path in ("/accounts/confirm-email/", "/accounts/login/", "/dashboard/"):
            attacker.bloom.get(path, follow=True)
        assert attacker.me is None

    def test_session_of_a_provider_does_not_outlive_a_new_password(self, visitor, attacker):
        """ASVS 5.0 7.4.3: a reset ends every session, those that began at a provider too."""
        visitor.sign_up(VICTIM)
        assert visitor.me == VICTIM
        reset_by_mail(attacker, VICTIM)
        assert visitor.me is None

    def test_unexpired_email_change(self, visitor, attacker):
        """ASVS 5.0 6.8.1: a pending claim on the victim's address neither stops nor catches the victim."""
        mallory = make.patient()
        EmailAddress.objects.create(user=mallory, email=VICTIM, verified=False, primary=False)
        visitor.sign_up(VICTIM)
        assert visitor.me == VICTIM
        assert User.objects.get(email=VICTIM).id != mallory.id
        assert SocialAccount.objects.get().user.email == VICTIM

    def test_non_verifying_provider(self, visitor, attacker):
        """ASVS 5.0 6.8.1: Zoom's word about an address makes no account without our own mail."""
        attacker.through(VICTIM, path="/accounts/zoom/")
        attacker.bloom.post(SIGN_UP, {"role": "patient", "name": "Mallory", "email": VICTIM})
        assert attacker.me is None
        assert not EmailAddress.objects.filter(verified=True).exists()
        assert not SocialAccount.objects.exists()

    def test_another_account_at_google_with_the_same_address(self, visitor, attacker):
        """ASVS 5.0 6.8.1, 10.5.2: identity is the subject, not the address, which may be given away again."""
        visitor.sign_up(VICTIM)
        attacker.google.fault_set("subject")
        answer = attacker.through(VICTIM)
        assert answer.status_code == 409
        assert attacker.me is None

    def test_address_smuggled_beside_the_one_that_google_vouches_for(self, visitor, attacker):
        """ASVS 5.0 2.2.2, 15.3.3: the vouched address is the provider's, whatever is posted."""
        attacker.through("mallory@example.org")
        attacker.bloom.post(SIGN_UP, {"role": "patient", "name": "Mallory", "email": VICTIM})
        assert attacker.me == "mallory@example.org"
        assert not User.objects.filter(email=VICTIM).exists()

    def test_identity_exchanged_between_form_and_answer(self, visitor, attacker):
        """ASVS 5.0 15.3.3: nothing that is posted says who one is at the provider."""
        attacker.through("mallory@example.org")
        form = {"role": "patient", "name": "M", "subject": "1", "provider": "zoom", "is_vouched": "1"}
        attacker.bloom.post(SIGN_UP, form)
        link = SocialAccount.objects.get()
        assert (link.provider, link.extra_data) == ("google", {"email": "mallory@example.org"})


class TestSession:
    def test_second_factor_walked_around(self, visitor):
        """ASVS 5.0 6.3.3: a provider's sign-in still shows the second factor that a role needs."""
        user = make.therapist()
        make.app(user)
        known = identity(subject=self.subject(visitor))
        services.provider_link(make.SYSTEM, known, at=make.AT, person_id=user.id)
        assert visitor.through(VICTIM)["Location"] == "/accounts/login/factor/"
        for path in ("/dashboard/", "/patients/", "/api/v1/people/"):
            assert visitor.bloom.get(path).status_code in {302, 401}
        assert visitor.me is None
        assert not Session.objects.filter(user=user).exists()

    def test_waiting_session_used_to_connect(self, visitor):
        """ASVS 5.0 6.3.3: who still owes a factor connects nothing."""
        user = make.therapist()
        signed_in(visitor, user, factor=False)
        assert visitor.bloom.post(CONNECT).status_code == 302
        assert not SocialAccount.objects.exists()
        state = visitor.bloom.session.get("socialaccount_states", {})
        assert state == {}

    def test_hammering(self, visitor, settings):
        """ASVS 5.0 6.3.1: signing in with a provider is limited by place, as with a password."""
        settings.RATE_FACTOR = 1
        settings.SIGN_INS_PER_MINUTE = 1
        found = [visitor.bloom.post("/accounts/google/").status_code for _ in range(10)]
        assert found[0] == 302
        assert found[-1] == 429

    def test_keys_in_the_database_point_nowhere(self, visitor):
        """ASVS 5.0 13.3.1: a row in the library's table of apps does not turn sign-in to another app."""
        from allauth.socialaccount.models import SocialApp

        SocialApp.objects.create(provider="google", name="evil", client_id="evil", secret="evil")
        assert query(visitor.leave())["client_id"] == "google-sandbox"

    def subject(self, visitor):
        return visitor.google._known(VICTIM, "Maya Torres", True).subject


@pytest.mark.parametrize("provider", list(ProviderName))
def test_sign_up_makes_no_staff(visitor, provider):
    """ASVS 5.0 8.2.1: nobody becomes staff by what they post."""
    visitor.through(VICTIM, path=f"/accounts/{provider}/")
    for role in ("admin", "support", "owner"):
        form = {"role": role, "name": "Mallory", "email": VICTIM}
        assert visitor.bloom.post(SIGN_UP, form).status_code == 200
    assert not User.objects.exists()


def test_code_for_the_address_is_the_mailboxs_alone(visitor):
    """ASVS 5.0 6.3.8: the code goes by mail, and a wrong one opens nothing."""
    visitor.google.fault_set("unverified")
    visitor.through(VICTIM)
    visitor.bloom.post(SIGN_UP, {"role": "patient", "name": "Maya", "email": VICTIM})
    visitor.bloom.post("/accounts/confirm-email/", {"code": "AAAAAA"})
    assert visitor.me is None
    visitor.bloom.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
    assert visitor.me == VICTIM
