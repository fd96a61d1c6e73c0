"""Signing in with Google and Zoom: whose keys we have, and how strict we are with what they say."""

from typing import Any
from urllib.parse import urlsplit

from bloom.settings.environment import ENVIRONMENT
from bloom.settings.vendors import VENDOR_URLS

SOCIALACCOUNT_ADAPTER = "accounts.adapters_providers.ProviderAdapter"
# A provider's word about an address opens no account of that address.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
# allauth's own migrations change the type of a column in a way that CockroachDB does not know.
MIGRATION_MODULES = {"socialaccount": "accounts.integrations.oauth.migrations"}


def _keys(client_id: str, secret: str, fake: str) -> tuple[str, str]:
    """The app's keys; without them those that the sandbox's fake knows, where there is a sandbox."""
    if client_id or not ENVIRONMENT.sandbox_url:
        return client_id, secret
    return f"{fake}-sandbox", f"{fake}-sandbox-secret"


def _provider(client_id: str, secret: str, scope: list[str]) -> dict[str, Any]:
    app = {"client_id": client_id, "secret": secret}
    return {"APPS": [app] if client_id else [], "SCOPE": scope, "OAUTH_PKCE_ENABLED": True}


SOCIALACCOUNT_PROVIDERS = {
    "google": _provider(
        *_keys(ENVIRONMENT.google_client_id, ENVIRONMENT.google_client_secret, "google"),
        ["openid", "email", "profile"],
    ),
    "zoom": _provider(
        *_keys(ENVIRONMENT.zoom_client_id, ENVIRONMENT.zoom_client_secret, "zoom"), ["user:read:user"]
    ),
}

# Where a form may lead by a redirect (Content-Security-Policy, form-action), on the pages with such forms.
PROVIDER_ORIGINS = [
    f"{place.scheme}://{place.netloc}"
    for name, known in SOCIALACCOUNT_PROVIDERS.items()
    if known["APPS"]
    for place in [urlsplit(VENDOR_URLS[f"{name}_authorize"])]
]
if "https://zoom.us" in PROVIDER_ORIGINS:
    # Zoom sends organisations on to addresses of their own.
    PROVIDER_ORIGINS.append("https://*.zoom.us")
