"""What is tried against signing in with Google and Zoom, over real HTTP to their fakes.

Each test is named for its attack and cites what OWASP's ASVS 5.0 asks. Pre-hijacking: Sudhodanan and Paverd,
"Pre-hijacked accounts", USENIX Security 2022.
"""

import re
import time
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client

from accounts import services
from accounts.integrations.oauth import fake as fakes
from accounts.integrations.oauth import http
from accounts.models import Session, User
from accounts.tests import factories as make
from accounts.tests import test_providers
from accounts.tests.provider_browser import Visitor, query
from accounts.tests.test_providers import by_password, code_in, identity, refusals, signed_in, words
from accounts.types import ProviderName

pytestmark = pytest.mark.django_db

visitor = test_providers.visitor

CONNECT = "/settings/connected/google/connect/"
SIGN_UP = "/accounts/signup/provider/"
VICTIM = "maya@example.org"
NEW_PASSWORD = "amber lantern forest"


@pytest.fixture
def attacker(visitor):
    """Another browser."""
    return Visitor(visitor.google, visitor.zoom)


def password_sign_up(browser, email, password=make.PASSWORD):
    form = {
        "role": "patient",
        "name": "Mallory",
        "email": email,
        "password1": password,
        "password2": password,
    }
    return browser.bloom.post("/accounts/signup/", form | {"password2": password})


def reset_by_mail(browser, email, password=NEW_PASSWORD):
    """The owner of the mailbox chooses a new password."""
    browser.bloom.post("/accounts/password/reset/", {"email": email})
    (link,) = re.findall(r"https?://testserver(/accounts/password/reset/key/\S+/)", mail.outbox[-1].body)
    return browser.bloom.post(
        browser.bloom.get(link)["Location"], {"password1": password, "password2": password}
    )


def zoom_of(browser, user):
    """Connect an account at Zoom to this person; its address."""
    other = Visitor(browser.google, browser.zoom)
    by_password(other, user).through("zoe@example.net", path="/settings/connected/zoom/connect/")
    return "zoe@example.net"


def swap(address, **changes):
    """An address with other parameters; None takes one away."""
    place = urlsplit(address)
    known = {**query(address), **changes}
    kept = {name: value for name, value in known.items() if value is not None}
    return f"{place.path}?{requests.models.RequestEncodingMixin._encode_params(kept)}"


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
        # The victim finds "their" account and takes it over by their mailbox.
        reset_by_mail(visitor, VICTIM)
        visitor.bloom.post("/accounts/login/", {"login": VICTIM, "password": NEW_PASSWORD})
        visitor.bloom.post("/accounts/confirm-email/", {"code": code_in(mail.outbox[-1])})
        assert visitor.me == VICTIM
        attacker.through("mallory@gmail.com")
        assert attacker.me is None
        assert not SocialAccount.objects.exists()

    def test_trojan_identifier_finished_after_the_victim_came(self, visitor, attacker):
        """ASVS 5.0 6.8.1: an identity that waits in a browser is linked by nobody else's sign-in."""
        attacker.google.fault_set("unverified")
        attacker.through("mallory@gmail.com")
        attacker.bloom.post(SIGN_UP, {"role": "patient", "name": "Mallory", "email": VICTIM})
        reset_by_mail(visitor, VICTIM)
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
        """ASVS 5.0 7.4.3: a sign-in that waited for the address's code does not outlive a new password."""
        password_sign_up(attacker, VICTIM)
        reset_by_mail(visitor, VICTIM)
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


class TestState:
    """The answer must belong to a question of this browser's."""

    @pytest.mark.parametrize("state", [None, "", "x" * 16, "' OR 1=1", "x" * 5000])
    def test_missing_or_tampered(self, visitor, state):
        """ASVS 5.0 10.2.1: no answer counts without the state that was sent."""
        back = visitor.choose(visitor.leave(), VICTIM)
        assert visitor.arrive(swap(back, state=state)).status_code == 400
        assert visitor.me is None
        assert refusals() == ["state"]

    def test_login_csrf(self, visitor, attacker):
        """ASVS 5.0 10.2.1: the attacker's answer, opened in the victim's browser, signs nobody in."""
        attacker.sign_up("mallory@example.org")
        attacker.bloom.post("/accounts/logout/")
        back = attacker.choose(attacker.leave(), "mallory@example.org")
        assert visitor.arrive(back).status_code == 400
        assert visitor.me is None
        # Nor when the victim has a question of their own under way.
        visitor.leave()
        assert visitor.arrive(back).status_code == 400
        assert visitor.me is None

    def test_without_a_session(self, visitor):
        """ASVS 5.0 10.2.1: an answer without cookies is nobody's."""
        back = visitor.choose(visitor.leave(), VICTIM)
        answer = Client().get(back)
        assert answer.status_code == 400
        assert "begin again" in words(answer)

    def test_used_twice(self, visitor):
        """ASVS 5.0 10.2.1: a state is good for once."""
        back = visitor.choose(visitor.leave(), VICTIM)
        assert visitor.arrive(back).status_code == 302
        assert visitor.arrive(back).status_code == 400

    def test_too_old(self, visitor):
        """ASVS 5.0 10.2.1: a state is good for ten minutes."""
        back = visitor.choose(visitor.leave(), VICTIM)
        session = visitor.bloom.session
        session["socialaccount_states"] = {
            key: [state, stamp - 601, name]
            for key, (state, stamp, name) in session["socialaccount_states"].items()
        }
        session.save()
        assert visitor.arrive(back).status_code == 400

    def test_mix_up_of_providers(self, visitor):
        """ASVS 5.0 10.2.2: Zoom's answer at Google's address is none, and the other way round."""
        for there, here in (("/accounts/zoom/", "google"), ("/accounts/google/", "zoom")):
            back = visitor.choose(visitor.leave(there), VICTIM)
            wrong = back.replace(there, f"/accounts/{here}/")
            assert wrong != back
            assert visitor.arrive(wrong).status_code == 400
            assert visitor.me is None

    @pytest.mark.parametrize("issuer", ["https://evil.example", ""])
    def test_answer_of_another_issuer(self, visitor, issuer):
        """ASVS 5.0 10.2.2: who answers names themselves (RFC 9207); checked before the code is sent."""
        back = visitor.choose(visitor.leave(), VICTIM)
        assert visitor.arrive(swap(back, iss=issuer)).status_code == 403
        assert refusals() == ["unbelieved"]

    def test_signed_in_as_somebody_else_meanwhile(self, visitor):
        """ASVS 5.0 10.2.1, 7.2.4: an answer is for the person who was sent, not for who is there by now."""
        back = visitor.choose(visitor.leave(), VICTIM)
        user = make.patient()
        by_password(visitor, user)
        assert visitor.arrive(back).status_code in {400, 409}
        assert visitor.me == user.email
        assert not SocialAccount.objects.exists()

    def test_sign_in_keeps_no_session_name(self, visitor):
        """ASVS 5.0 7.2.4: a session that somebody else may know is renamed when a person signs in."""
        visitor.sign_up(VICTIM)
        visitor.bloom.post("/accounts/logout/")
        visitor.leave()
        before = visitor.bloom.cookies[django_settings.SESSION_COOKIE_NAME].value
        visitor.through(VICTIM)
        assert visitor.me == VICTIM
        assert visitor.bloom.cookies[django_settings.SESSION_COOKIE_NAME].value != before


class TestCode:
    def test_replayed_in_another_browser(self, visitor, attacker):
        """ASVS 5.0 10.2.1, 10.4.2: a stolen code is worth nothing with another browser's state."""
        visitor.sign_up(VICTIM)
        visitor.bloom.post("/accounts/logout/")
        stolen = query(visitor.choose(visitor.leave(), VICTIM))["code"]
        own = attacker.choose(attacker.leave(), "mallory@example.org")
        # PKCE: the verifier is that of the attacker's question, the code that of the victim's.
        assert attacker.arrive(swap(own, code=stolen)).status_code == 403
        assert attacker.me is None
        assert refusals() == ["unbelieved"]

    def test_replayed_after_use(self, visitor):
        """ASVS 5.0 10.4.2: a code is good for once."""
        visitor.sign_up(VICTIM)
        visitor.bloom.post("/accounts/logout/")
        address = visitor.leave()
        back = visitor.choose(address, VICTIM)
        code = query(back)["code"]
        visitor.arrive(back)
        visitor.bloom.post("/accounts/logout/")
        fresh = visitor.choose(visitor.leave(), VICTIM)
        assert visitor.arrive(swap(fresh, code=code)).status_code == 403
        assert visitor.me is None

    def test_every_question_has_its_own_challenge(self, visitor):
        """ASVS 5.0 10.2.1, 10.4.6: PKCE with S256, state and nonce, never the same twice."""
        for path in ("/accounts/google/", "/accounts/zoom/"):
            first, second = query(visitor.leave(path)), query(visitor.leave(path))
            assert first["code_challenge_method"] == "S256"
            for name in ("code_challenge", "state"):
                assert first[name] != second[name]
                assert len(first[name]) >= 16
            assert first["response_type"] == "code"
        google = [query(visitor.leave())["nonce"] for _ in range(2)]
        assert google[0] != google[1]

    def test_verifier_mismatch(self, visitor):
        """ASVS 5.0 10.4.6: a code whose challenge was exchanged on the way is refused."""
        address = visitor.leave()
        other = query(visitor.leave())["code_challenge"]
        base = address.partition("?")[0]
        tampered = base + "?" + swap(address, code_challenge=other).partition("?")[2]
        assert visitor.arrive(visitor.choose(tampered, VICTIM)).status_code == 403

    def test_challenge_taken_away(self, visitor):
        """ASVS 5.0 10.4.6: without PKCE there is no code at all."""
        address = visitor.leave()
        tampered = address.partition("?")[0] + "?" + swap(address, code_challenge=None).partition("?")[2]
        answer = requests.get(tampered, allow_redirects=False, timeout=5)
        assert "error=invalid_request" in answer.headers["Location"]

    def test_secrets_stay_on_the_server(self, visitor):
        """ASVS 5.0 14.2.1: neither secret nor verifier is in an address that the browser sees."""
        for provider in ("google", "zoom"):
            address = visitor.leave(f"/accounts/{provider}/")
            assert "secret" not in address
            assert "verifier" not in address

    def test_parameters_smuggled_into_the_question(self, visitor):
        """ASVS 5.0 10.2.3, 15.3.3: scope, prompt and purpose are ours to choose."""
        path = "/accounts/google/?process=connect&scope=drive&auth_params=access_type%3Doffline"
        asked = query(visitor.leave(path))
        assert set(asked["scope"].split()) == {"openid", "email", "profile"}
        assert "access_type" not in asked
        answer = visitor.arrive(visitor.choose(visitor.leave(path), VICTIM))
        assert answer["Location"] == SIGN_UP


class TestIdToken:
    @pytest.mark.parametrize(
        "fault",
        [
            *("nonce", "no_nonce", "audience", "azp", "issuer", "expired"),
            *("signature", "unknown_key", "no_algorithm", "shared_key", "no_id_token"),
        ],
    )
    def test_that_does_not_hold(self, visitor, fault):
        """ASVS 5.0 10.5.1 (nonce), 10.5.3 (issuer), 10.5.4 (audience), 9.1.1, 9.1.2, 9.2.1."""
        visitor.sign_up(VICTIM)
        visitor.bloom.post("/accounts/logout/")
        visitor.google.fault_set(fault)
        answer = visitor.through(VICTIM)
        assert answer.status_code == 403
        assert "could not be trusted" in words(answer)
        assert visitor.me is None
        assert refusals() == ["unbelieved"]
        # The same without the fault works: it was the fault that was refused.
        visitor.through(VICTIM)
        assert visitor.me == VICTIM

    def test_of_another_question_of_the_same_browser(self, visitor):
        """ASVS 5.0 10.5.1: a token that answers another question carries another nonce."""
        first, second = visitor.leave(), visitor.leave()
        nonce = query(first)["nonce"]
        base = second.partition("?")[0]
        tampered = base + "?" + swap(second, nonce=nonce).partition("?")[2]
        assert visitor.arrive(visitor.choose(tampered, VICTIM)).status_code == 403

    @pytest.mark.parametrize("minutes", [-3, 3])
    def test_clock_far_off(self, visitor, monkeypatch, minutes):
        """ASVS 5.0 9.2.1: two minutes of a wrong clock are forgiven, three are not."""
        visitor.sign_up(VICTIM)
        visitor.bloom.post("/accounts/logout/")
        seconds = minutes * 60 if minutes > 0 else minutes * 60 - fakes.TOKEN_SECONDS
        real = jwt.encode

        def shifted(claims, *more):
            moved = {name: value + seconds for name, value in claims.items() if name in {"iat", "exp"}}
            return real({**claims, **moved}, *more)

        monkeypatch.setattr(fakes.jwt, "encode", shifted)
        assert visitor.through(VICTIM).status_code == 403

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", None, 7, ["x"], "x" * 100_000])
    def test_that_is_none(self, token):
        """ASVS 5.0 9.1.1: nonsense is refused, not an error."""
        with pytest.raises(http.ProviderUnbelieved):
            http._claims(token, "app", "nonce")

    @pytest.mark.parametrize("subject", ["", None, 7, "x" * 192, "a\nb", ["1"]])
    def test_subject_that_is_none(self, subject):
        """ASVS 5.0 10.5.2: an identity without a proper subject is nobody."""
        with pytest.raises(http.ProviderUnbelieved):
            http._zoom({"id": subject, "email": VICTIM, "verified": 1})


class TestProviderFails:
    @pytest.mark.parametrize(
        ("provider", "path"),
        [
            ("google", "/token"),
            ("google", "/oauth2/v3/certs"),
            ("zoom", "/oauth/token"),
            ("zoom", "/v2/users/me"),
        ],
    )
    @pytest.mark.parametrize("fault", ["down", "error", "garbage", "slow"])
    def test_page_says_so_and_nothing_is_lost(self, visitor, monkeypatch, provider, path, fault, settings):
        """ASVS 5.0 16.5.2: what fails outside fails safely, in words, and soon."""
        settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.3
        fake = getattr(visitor, provider)
        fake.fault_set(fault, path=path, seconds=1)
        begun = time.monotonic()
        answer = visitor.through(VICTIM, path=f"/accounts/{provider}/")
        assert time.monotonic() - begun < 3
        assert answer.status_code == 503
        assert "Nothing was lost" in words(answer)
        assert visitor.me is None
        assert refusals() == ["unavailable"]
        fake.faults_clear()
        assert visitor.through(VICTIM, path=f"/accounts/{provider}/")["Location"] == SIGN_UP

    def test_answer_without_end(self, visitor, monkeypatch):
        """ASVS 5.0 15.2.2, 2.4.1: an answer that is too large is not read to its end."""
        monkeypatch.setattr(http, "LARGEST_ANSWER", 100)
        assert visitor.through(VICTIM).status_code == 503

    def test_refusal_in_the_answer(self, visitor):
        """ASVS 5.0 10.2.1: an error instead of a code is a refusal, and its text is not shown."""
        state = query(visitor.leave())["state"]
        answer = visitor.bloom.get(
            "/accounts/google/callback/",
            {"state": state, "error": "server_error", "error_description": "<b>call 555</b>"},
        )
        assert answer.status_code == 403
        assert "555" not in answer.content.decode()

    def test_provider_sends_elsewhere(self, visitor, settings, monkeypatch):
        """ASVS 5.0 15.3.2: our server follows no redirect of a provider's."""
        monkeypatch.setattr(
            visitor.google, "_token", lambda ask: fakes.redirect("http://169.254.169.254/latest/meta-data/")
        )
        assert visitor.through(VICTIM).status_code == 503


class TestRedirects:
    @pytest.mark.parametrize(
        "back",
        [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "https:evil.example",
        ],
    )
    def test_open_redirect(self, visitor, back):
        """ASVS 5.0 3.7.2: nobody is sent to another site after signing in."""
        visitor.sign_up(VICTIM)
        visitor.bloom.post("/accounts/logout/")
        answer = visitor.through(VICTIM, next=back)
        assert answer["Location"] == "/dashboard/"

    @pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example"])
    def test_open_redirect_after_showing_that_it_is_still_you(self, visitor, back):
        """ASVS 5.0 3.7.2: nor after that."""
        visitor.sign_up(VICTIM)
        answer = visitor.through(VICTIM, path="/accounts/again/google/", next=back)
        assert answer["Location"] == "/dashboard/"

    def test_forged_host(self, visitor):
        """ASVS 5.0 10.4.1: the address to come back to is ours, whatever Host a request claims."""
        answer = visitor.bloom.post("/accounts/google/", headers={"Host": "evil.example"})
        assert answer.status_code == 400

    def test_unregistered_address_to_come_back_to(self, visitor):
        """ASVS 5.0 10.4.1: a provider sends a code nowhere else."""
        address = visitor.leave()
        tampered = address.replace("testserver", "evil.example")
        assert tampered != address
        assert requests.get(tampered, allow_redirects=False, timeout=5).status_code == 400


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
        test_providers.TestSettings().hour_passes(visitor)
        assert visitor.arrive(back)["Location"] == "/settings/connected/google/"
        assert not SocialAccount.objects.exists()

    def test_another_identity_shows_that_it_is_still_you(self, visitor):
        """ASVS 5.0 7.5.1: only the identity that opens this account confirms it."""
        visitor.sign_up(VICTIM)
        test_providers.TestSettings().hour_passes(visitor)
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
        test_providers.TestSettings().hour_passes(visitor)
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
        test_providers.TestSettings().hour_passes(visitor)
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
