"""Google and Zoom, asked who somebody is (OAuth 2.0 with PKCE; OpenID Connect where there is an id_token).

allauth builds the question and keeps state and PKCE in the session; what comes back is read here, and nothing
of it is taken on trust: signature, issuer, audience, age and nonce of the id_token are checked, answers are
small, and have a deadline. No token is kept.
"""

import hmac
import json
import secrets
import time
from typing import Any

import jwt
import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from allauth.socialaccount.providers.zoom.provider import ZoomProvider
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponseRedirect
from django.urls import reverse

from accounts.types import ProviderAim, ProviderIdentity, ProviderName
from bloom.kernel import db
from bloom.kernel.actor import FRESH

LARGEST_ANSWER = 256 * 1024
DEADLINE = 8.0
# A clock may be off by so much.
LEEWAY_SECONDS = 120
# How long ago somebody may have signed in there when they show that it is still they.
AGE_SECONDS = int(FRESH.total_seconds())
KEYS_KEPT_SECONDS = 3600
SUBJECT_LENGTH = 191
NAME_LENGTH = 150
EMAIL_LENGTH = 254


class ProviderUnavailable(Exception):
    """No answer, or none that makes sense: later it may be another."""


class ProviderUnbelieved(Exception):
    """An answer that does not hold."""


class ProviderStale(Exception):
    """A true answer, which does not say that its person has just shown there that it is they."""


class _Adapter(OAuth2Adapter):
    """allauth's adapter, with addresses as they are when they are asked for."""

    def get_callback_url(self, request: Any, app: Any) -> str:
        return str(build_absolute_uri(request, reverse("provider_callback", args=[self.provider_id])))

    @property
    def authorize_url(self) -> str:
        return settings.VENDOR_URLS[f"{self.provider_id}_authorize"]

    @property
    def access_token_url(self) -> str:
        return settings.VENDOR_URLS[f"{self.provider_id}_token"]


class _GoogleAdapter(_Adapter):
    provider_id = "google"


class _ZoomAdapter(_Adapter):
    provider_id = "zoom"
    basic_auth = True


class Google(GoogleProvider):
    """allauth's provider over our adapter."""

    oauth2_adapter_class = _GoogleAdapter


class Zoom(ZoomProvider):
    oauth2_adapter_class = _ZoomAdapter


def register() -> None:
    """Make both known to allauth. Once, when the apps are loaded."""
    for provider in (Google, Zoom):
        registry.register(provider)


def begin(
    request: Any, name: ProviderName, aim: ProviderAim, *, back: str | None, person: str
) -> HttpResponseRedirect | None:
    """Send somebody to the provider; None when we have no keys of it. `back` and `person` come back with the
    answer, from this browser's session.
    """
    try:
        provider = get_adapter().get_provider(request, name)
    except SocialApp.DoesNotExist:
        return None
    nonce = secrets.token_urlsafe(24)
    more = {"nonce": nonce, "prompt": "select_account"} if name is ProviderName.GOOGLE else {}
    if aim is ProviderAim.AGAIN:
        # OpenID Connect Core 1.0, 3.1.2.1 and 5.5; what comes back is held to it (_age_check).
        more |= {"max_age": str(AGE_SECONDS), "claims": '{"id_token":{"auth_time":{"essential":true}}}'}
    answer: HttpResponseRedirect = provider.redirect(
        request, aim, next_url=back, auth_params=more, nonce=nonce, person=person
    )
    return answer


def state_take(request: Any, name: ProviderName, state: str) -> dict[str, Any] | None:
    """What this browser was sent to this provider with, good for once and for ten minutes."""
    found: dict[str, Any] | None = statekit.unstash_state(request, provider_id=name, state_id=state)
    return found


def identity_fetch(request: Any, name: ProviderName, code: str, state: dict[str, Any]) -> ProviderIdentity:
    """Whom the provider says that somebody is. Raises ProviderUnavailable, ProviderUnbelieved; for
    who shows that it is still they, ProviderStale.
    """
    db.network_check("a provider of sign-in")
    provider = get_adapter().get_provider(request, name)
    app, adapter = provider.app, provider.get_oauth2_adapter(request)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": adapter.get_callback_url(request, app),
        "code_verifier": state.get("pkce_code_verifier") or "",
    }
    basic = (app.client_id, app.secret) if adapter.basic_auth else None
    if basic is None:
        form |= {"client_id": app.client_id, "client_secret": app.secret}
    token = _ask("POST", adapter.access_token_url, data=form, auth=basic)
    if name is ProviderName.GOOGLE:
        claims = _claims(token.get("id_token"), app.client_id, state.get("nonce") or "")
        if state.get("process") == ProviderAim.AGAIN:
            _age_check(claims)
        return _google(claims)
    if state.get("process") == ProviderAim.AGAIN:
        raise ProviderStale("a provider that does not tell")
    bearer = token.get("access_token")
    if not isinstance(bearer, str):
        raise ProviderUnbelieved("no access token")
    return _zoom(
        _ask("GET", settings.VENDOR_URLS["zoom_profile"], headers={"Authorization": f"Bearer {bearer}"})
    )


def _google(claims: dict[str, Any]) -> ProviderIdentity:
    """Google vouches for an address for good where it gives it out itself, or its organisation runs its mail
    there; any other was only checked once, when that account was made.
    """
    email = _word(claims.get("email"), EMAIL_LENGTH)
    is_own = email.lower().endswith("@gmail.com") or bool(claims.get("hd"))
    return ProviderIdentity(
        provider=ProviderName.GOOGLE,
        subject=_subject(claims.get("sub")),
        email=email,
        is_verified=bool(email) and claims.get("email_verified") is True,
        is_vouched=bool(email) and claims.get("email_verified") is True and is_own,
        name=_word(claims.get("name"), NAME_LENGTH),
    )


def _zoom(profile: dict[str, Any]) -> ProviderIdentity:
    """Zoom has checked an address once, and says nothing of whose it is now."""
    email = _word(profile.get("email"), EMAIL_LENGTH)
    names = (_word(profile.get(each), NAME_LENGTH) for each in ("first_name", "last_name"))
    return ProviderIdentity(
        provider=ProviderName.ZOOM,
        subject=_subject(profile.get("id")),
        email=email,
        is_verified=bool(email) and profile.get("verified") == 1,
        is_vouched=False,
        name=" ".join(filter(None, names))[:NAME_LENGTH],
    )


def _claims(id_token: Any, client_id: str, nonce: str) -> dict[str, Any]:
    """What a valid id_token says (OpenID Connect Core 1.0, 3.1.3.7); its own algorithm is not asked."""
    if not isinstance(id_token, str):
        raise ProviderUnbelieved("no id_token")
    try:
        key = _key(str(jwt.get_unverified_header(id_token).get("kid")))
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key,
            algorithms=["RS256"],
            audience=client_id,
            issuer=settings.VENDOR_URLS["google_issuer"],
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise ProviderUnbelieved("id_token") from error
    if claims.get("azp", client_id) != client_id:
        raise ProviderUnbelieved("azp")
    if not nonce or not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise ProviderUnbelieved("nonce")
    return claims


def _age_check(claims: dict[str, Any]) -> None:
    """Whoever is at the browser has shown it to the provider within AGE_SECONDS. Raises ProviderStale."""
    shown = claims.get("auth_time")
    if type(shown) is not int or not -LEEWAY_SECONDS <= time.time() - shown <= AGE_SECONDS + LEEWAY_SECONDS:
        raise ProviderStale("auth_time")


def _key(kid: str) -> Any:
    """The provider's public key of this name; asked for anew when it is not among those that are kept."""
    place = settings.VENDOR_URLS["google_keys"]
    kept = f"accounts.provider_keys:{place}"
    for known in (cache.get(kept), None):
        keys = known if known is not None else _ask("GET", place)
        if known is None:
            cache.set(kept, keys, KEYS_KEPT_SECONDS)
        for each in keys.get("keys") or ():
            if isinstance(each, dict) and each.get("kid") == kid and each.get("kty") == "RSA":
                return jwt.PyJWK(each, algorithm="RS256").key
    raise ProviderUnbelieved("kid")


def _ask(method: str, address: str, **more: Any) -> dict[str, Any]:
    """A JSON object from the provider. A refusal is ProviderUnbelieved, all else ProviderUnavailable."""
    deadline = time.monotonic() + DEADLINE
    body = b""
    try:
        with (
            get_adapter().get_requests_session() as session,
            session.request(method, address, stream=True, allow_redirects=False, **more) as answer,
        ):
            for part in answer.iter_content(8192):
                body += part
                if len(body) > LARGEST_ANSWER or time.monotonic() > deadline:
                    raise ProviderUnavailable("too much, or too slow")
    except requests.RequestException as error:
        raise ProviderUnavailable("no answer") from error
    if 400 <= answer.status_code < 500 and answer.status_code != 429:
        raise ProviderUnbelieved("refused")
    try:
        data = json.loads(body) if answer.status_code == 200 else None
    except ValueError as error:
        raise ProviderUnavailable("no JSON") from error
    if not isinstance(data, dict):
        raise ProviderUnavailable("no object")
    return data


def _subject(raw: Any) -> str:
    if not isinstance(raw, str) or not 0 < len(raw) <= SUBJECT_LENGTH or not raw.isprintable():
        raise ProviderUnbelieved("subject")
    return raw


def _word(raw: Any, length: int) -> str:
    return raw.strip()[:length] if isinstance(raw, str) and raw.isprintable() else ""
