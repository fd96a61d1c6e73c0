"""Google and Zoom as they sign people in, on loopback: their wire formats, and faults on demand.

Whoever opens the authorize page in a browser chooses or types an account. Faults of the next token, for
Google: "nonce", "no_nonce", "audience", "azp", "issuer", "expired", "signature", "unknown_key",
"no_algorithm", "shared_key", "no_id_token", "subject" (another account with the same address),
"unverified", "consumer" (an address of no organisation's), "stale" and "no_age" (signed in a day ago, and
not said when). For Zoom: "subject", "unverified", "no_email".
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from accounts.integrations.oauth import fake_pages as pages
from accounts.integrations.oauth.fake_pages import Account
from bloom.kernel.sandbox import Answer, Ask, Fake, html_answer, json_answer, redirect

CODE_SECONDS = 60
TOKEN_SECONDS = 3600
KEPT = 500
SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a code stands for."""

    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str
    wants_age: bool
    scope: str
    account: Account
    expires_at: float


class _Provider(Fake):
    """What both have in common: authorize, with a page; codes that are good for once; PKCE."""

    title = ""
    authorize_path = ""
    token_path = ""
    digits = 21

    def __init__(self, clients: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.clients = dict(clients or {f"{self.name}-sandbox": f"{self.name}-sandbox-secret"})
        self.accounts: OrderedDict[str, Account] = OrderedDict()
        self._grants: OrderedDict[str, Grant] = OrderedDict()
        self._tokens: OrderedDict[str, Account] = OrderedDict()

    def answer(self, ask: Ask) -> Answer:
        if ask.path == self.authorize_path and ask.method in {"GET", "POST"}:
            return self._authorize(ask)
        if ask.path == self.token_path and ask.method == "POST":
            return self._token(ask)
        return json_answer({"error": "not_found"}, 404)

    # Authorize ----------------------------------------------------------------------------------------------

    def _authorize(self, ask: Ask) -> Answer:
        asked = ask.query
        back = asked.get("redirect_uri", "")
        # Who asks, and where the answer goes, come first: nothing is sent to an address that is not known.
        if asked.get("client_id") not in self.clients or not self._is_registered(back):
            return html_answer(pages.unknown_app(self.title), 400)
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return self._back(asked, error="invalid_request")
        if len(asked.get("code_challenge", "")) != 43:
            return self._back(asked, error="invalid_request")
        if ask.method == "GET":
            with self.lock:
                recent = list(self.accounts.values())[-SHOWN:]
            action = f"{self.url}{self.authorize_path}?{urlencode(asked)}"
            return html_answer(pages.chooser(self.title, action, recent))
        form = ask.form
        if "cancel" in form or "@" not in form.get("email", ""):
            return self._back(asked, error="access_denied")
        account = self._known(form["email"].strip(), form.get("name", "").strip(), "verified" in form)
        return self._back(asked, code=self.code_make(account, asked))

    def code_make(self, account: Account, asked: Mapping[str, str]) -> str:
        """A code for what was asked, as if this account had been chosen."""
        code = secrets.token_urlsafe(32)
        grant = Grant(
            client_id=asked["client_id"],
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            nonce=asked.get("nonce", ""),
            wants_age="max_age" in asked or "auth_time" in asked.get("claims", ""),
            scope=asked.get("scope", ""),
            account=account,
            expires_at=time.time() + CODE_SECONDS,
        )
        with self.lock:
            _keep(self._grants, code, grant)
        return code

    def _is_registered(self, address: str) -> bool:
        """Bloom's callback, at whatever port of this machine it runs."""
        parts = urlsplit(address)
        return parts.hostname in {"localhost", "127.0.0.1", "testserver"} and (
            parts.path == f"/accounts/{self.name}/callback/"
        )

    def _known(self, email: str, name: str, is_verified: bool) -> Account:
        digest = hashlib.sha256(f"{self.name}:{email.lower()}".encode()).hexdigest()
        subject = str(int(digest, 16))[: self.digits]
        account = Account(
            email=email,
            name=name or "Sam Doe",
            is_verified=is_verified,
            organisation=email.rpartition("@")[2] if is_verified else "",
            subject=subject,
        )
        with self.lock:
            _keep(self.accounts, email.lower(), account)
        return account

    def _back(self, asked: Mapping[str, str], **said: str) -> Answer:
        if state := asked.get("state"):
            said["state"] = state
        return redirect(f"{asked['redirect_uri']}?{urlencode(said)}")

    # Token --------------------------------------------------------------------------------------------------

    def _client(self, ask: Ask) -> str | None:
        raise NotImplementedError

    def _token(self, ask: Ask) -> Answer:
        form = ask.form
        client_id = self._client(ask)
        if client_id is None:
            return json_answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "authorization_code":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        with self.lock:
            grant = self._grants.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            grant is None
            or grant.expires_at < time.time()
            or grant.client_id != client_id
            or grant.redirect_uri != form.get("redirect_uri")
            or not hmac.compare_digest(_base64(verifier), grant.challenge)
        ):
            return json_answer({"error": "invalid_grant"}, 400)
        account = grant.account
        if self.fault_take("subject"):
            account = replace(account, subject=account.subject[::-1])
        if self.fault_take("unverified"):
            account = replace(account, is_verified=False)
        if self.fault_take("consumer"):
            account = replace(account, organisation="")
        token = secrets.token_urlsafe(32)
        with self.lock:
            _keep(self._tokens, token, account)
        return json_answer(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "scope": grant.scope,
                **self._more(grant, account),
            }
        )

    def _more(self, grant: Grant, account: Account) -> dict[str, Any]:
        return {}

    def _bearer(self, ask: Ask) -> Account | None:
        """Whose access token was shown."""
        kind, _blank, token = ask.headers.get("Authorization", "").partition(" ")
        with self.lock:
            return self._tokens.get(token) if kind == "Bearer" else None


class GoogleFake(_Provider):
    """OpenID Connect as Google speaks it."""

    name = "google"
    title = "Google"
    authorize_path = "/o/oauth2/v2/auth"
    token_path = "/token"  # noqa: S105 - a path
    keys_path = "/oauth2/v3/certs"
    profile_path = "/v1/userinfo"

    def answer(self, ask: Ask) -> Answer:
        if ask.path == "/.well-known/openid-configuration":
            return json_answer(self._discovery())
        if ask.path == self.keys_path:
            return json_answer({"keys": [_public_jwk("sandbox-1"), _public_jwk("sandbox-2")]})
        if ask.path == self.profile_path:
            account = self._bearer(ask)
            return json_answer(_claims(account)) if account else json_answer({"error": "invalid_token"}, 401)
        return super().answer(ask)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}{self.authorize_path}",
            "token_endpoint": f"{self.url}{self.token_path}",
            "userinfo_endpoint": f"{self.url}{self.profile_path}",
            "jwks_uri": f"{self.url}{self.keys_path}",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "claims_parameter_supported": True,
            "claims_supported": ["sub", "email", "email_verified", "name", "hd", "auth_time"],
        }

    def _back(self, asked: Mapping[str, str], **said: str) -> Answer:
        # RFC 9207: who answers.
        return super()._back(asked, **{"iss": self.url, **said})

    def _client(self, ask: Ask) -> str | None:
        form = ask.form
        return _checked(self.clients, form.get("client_id", ""), form.get("client_secret", ""))

    def _more(self, grant: Grant, account: Account) -> dict[str, Any]:
        if "openid" not in grant.scope.split() or self.fault_take("no_id_token"):
            return {}
        return {"id_token": self._id_token(grant, account)}

    def _id_token(self, grant: Grant, account: Account) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "azp": grant.client_id,
            "aud": grant.client_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            **_claims(account),
        }
        if grant.nonce:
            claims["nonce"] = grant.nonce
        # Whoever chooses an account on the page signs in by it.
        age = self.fault_take("stale", "no_age")
        if grant.wants_age and age != "no_age":
            claims["auth_time"] = now - 86400 if age == "stale" else now
        match self.fault_take("nonce", "no_nonce", "audience", "azp", "issuer", "expired"):
            case "nonce":
                claims["nonce"] = secrets.token_urlsafe(16)
            case "no_nonce":
                claims.pop("nonce", None)
            case "audience":
                claims["aud"] = claims["azp"] = "another-app"
            case "azp":
                claims |= {"aud": [grant.client_id, "another-app"], "azp": "another-app"}
            case "issuer":
                claims["iss"] = "https://accounts.example.org"
            case "expired":
                claims |= {"iat": now - 7200, "exp": now - 3600}
        header = {"kid": "sandbox-1"}
        match self.fault_take("signature", "unknown_key", "no_algorithm", "shared_key"):
            case "signature":
                return jwt.encode(claims, _key("stranger"), "RS256", header)
            case "unknown_key":
                return jwt.encode(claims, _key("stranger"), "RS256", {"kid": "stranger"})
            case "no_algorithm":
                return jwt.encode(claims, "", "none", header)
            case "shared_key":
                # Signed with what everybody can read, as if it were a shared secret.
                signed = jwt.encode(claims, "x" * 32, "HS256", header).rpartition(".")[0]
                return f"{signed}.{_base64(hmac.digest(_public_pem('sandbox-1'), signed.encode(), 'sha256'))}"
        return jwt.encode(claims, _key("sandbox-1"), "RS256", header)


class ZoomFake(_Provider):
    """OAuth 2.0 as Zoom speaks it: the app shows itself by Basic, and who it is says `/v2/users/me`."""

    name = "zoom"
    title = "Zoom"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"  # noqa: S105 - a path
    profile_path = "/v2/users/me"

    def answer(self, ask: Ask) -> Answer:
        if ask.path == self.profile_path and ask.method == "GET":
            account = self._bearer(ask)
            if account is None:
                return json_answer({"code": 124, "message": "Invalid access token."}, 401)
            first, _blank, last = account.name.partition(" ")
            return json_answer(
                {
                    "id": _base64(hashlib.sha256(account.subject.encode()).digest())[:22],
                    "first_name": first,
                    "last_name": last,
                    "display_name": account.name,
                    "email": "" if self.fault_take("no_email") else account.email,
                    "type": 1,
                    "verified": int(account.is_verified),
                    "status": "active",
                    "timezone": "America/Chicago",
                }
            )
        return super().answer(ask)

    def _client(self, ask: Ask) -> str | None:
        kind, _blank, shown = ask.headers.get("Authorization", "").partition(" ")
        try:
            client_id, _colon, secret = base64.b64decode(shown, validate=True).decode().partition(":")
        except ValueError:
            return None
        return _checked(self.clients, client_id, secret) if kind == "Basic" else None


def _checked(clients: Mapping[str, str], client_id: str, secret: str) -> str | None:
    known = clients.get(client_id)
    return client_id if known is not None and hmac.compare_digest(known, secret) else None


def _claims(account: Account) -> dict[str, Any]:
    given, _blank, family = account.name.partition(" ")
    return {
        **({"hd": account.organisation} if account.organisation else {}),
        "sub": account.subject,
        "email": account.email,
        "email_verified": account.is_verified,
        "name": account.name,
        "given_name": given,
        "family_name": family,
    }


def _keep(known: OrderedDict[str, Any], key: str, value: Any) -> None:
    known[key] = value
    known.move_to_end(key)
    while len(known) > KEPT:
        known.popitem(last=False)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@cache
def _key(name: str) -> rsa.RSAPrivateKey:
    """A key of this process's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _public_pem(name: str) -> bytes:
    return (
        _key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _public_jwk(name: str) -> dict[str, Any]:
    numbers = _key(name).public_key().public_numbers()
    return {
        "kid": name,
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "n": _base64(numbers.n.to_bytes(256)),
        "e": _base64(numbers.e.to_bytes(3)),
    }
