"""A provider's answer that is forged, replayed, or none."""

import jwt
import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.test import Client

from accounts.integrations.oauth import fake as fakes
from accounts.integrations.oauth import http
from accounts.tests import factories as make
from accounts.tests.attacks import social
from accounts.tests.attacks.social import SIGN_UP, VICTIM, swap
from accounts.tests.provider_browser import by_password, query, refusals, words

pytestmark = pytest.mark.django_db

attacker = social.attacker


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
        answer = visitor.through(VICTIM, path=f"/accounts/{provider}/")
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
