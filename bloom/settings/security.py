"""Hosts, cookies, headers and the Content-Security-Policy."""

from datetime import timedelta
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from bloom.settings.environment import ENVIRONMENT

_site = urlsplit(ENVIRONMENT.url)
_secure = _site.scheme == "https"

ALLOWED_HOSTS = [_site.hostname or "localhost", *ENVIRONMENT.hosts]
if not ENVIRONMENT.is_production:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]

# The origins whose pages may open a socket or post a form.
SITE_ORIGINS = [
    f"{_site.scheme}://{_site.netloc}",
    *(f"{_site.scheme}://{host}" for host in ENVIRONMENT.hosts),
]
CSRF_TRUSTED_ORIGINS = SITE_ORIGINS
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies

SECURE_SSL_REDIRECT = ENVIRONMENT.is_production and _secure
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.trusted_proxies else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.is_production and _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = bool(SECURE_HSTS_SECONDS)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

SESSION_COOKIE_NAME = "__Host-bloom_session" if _secure else "bloom_session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# How long a session lasts unused, and altogether (accounts.rules.session_limits): whoever sees other people's
# things is asked again sooner. "practice" is for whoever
# works in one, "" for people without any of these.
SESSION_LIMITS = {
    "patient": (timedelta(days=7), timedelta(days=30)),
    "therapist": (timedelta(hours=12), timedelta(days=7)),
    "support": (timedelta(hours=1), timedelta(hours=12)),
    "admin": (timedelta(minutes=30), timedelta(hours=12)),
    "practice": (timedelta(hours=12), timedelta(days=7)),
    "": (timedelta(hours=12), timedelta(days=7)),
}
SESSION_COOKIE_AGE = int(max(whole for _idle, whole in SESSION_LIMITS.values()).total_seconds())
# Which browsers know whom (accounts.devices); it opens nothing.
DEVICE_COOKIE_NAME = "__Host-bloom_device" if _secure else "bloom_device"
DEVICE_COOKIE_AGE = 400 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-bloom_csrf" if _secure else "bloom_csrf"
CSRF_FAILURE_VIEW = "bloom.pages.views.csrf_failure"

# Where files may be sent besides this server.
_stores = []
if ENVIRONMENT.uploads_direct:
    _at = ENVIRONMENT.store_public_url or ENVIRONMENT.s3_endpoint or "https://storage.googleapis.com"
    _stores = ["{0.scheme}://{0.netloc}".format(urlsplit(_at))]

_strict = {
    "default-src": [NONE],
    "script-src": [SELF, NONCE],
    "style-src": [SELF, NONCE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF, *_stores],
    "manifest-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "object-src": [NONE],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _strict}

# Unfold ships Alpine's ordinary build and inline styles: under /admin/ alone, by bloom.pages.site.
ADMIN_CONTENT_SECURITY_POLICY = {
    **_strict,
    "script-src": [SELF, NONCE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
