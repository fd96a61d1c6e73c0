"""Mail: a server in production; elsewhere files below var/ that /dev/mail/ shows."""

from urllib.parse import unquote, urlsplit

from bloom.settings.environment import ENVIRONMENT

DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email_from
EMAIL_SUBJECT_PREFIX = ""
EMAIL_TIMEOUT = 10
MAIL_DIR = ENVIRONMENT.var_dir / "mail"

if ENVIRONMENT.email_url:
    _server = urlsplit(ENVIRONMENT.email_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _server.hostname or "localhost"
    EMAIL_HOST_USER = unquote(_server.username or "")
    EMAIL_HOST_PASSWORD = unquote(_server.password or "")
    EMAIL_USE_SSL = _server.scheme == "smtps"
    EMAIL_USE_TLS = not EMAIL_USE_SSL and EMAIL_HOST not in {"localhost", "127.0.0.1"}
    EMAIL_PORT = _server.port or (465 if EMAIL_USE_SSL else 587)
else:
    EMAIL_BACKEND = "accounts.mail.EmlBackend"
