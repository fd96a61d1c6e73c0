"""What Bloom is and where it stands."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from bloom.env import ROOT
from bloom.settings.environment import ENVIRONMENT

BASE_DIR = ROOT
BLOOM_ENV = ENVIRONMENT.environment
DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key
SITE_URL = ENVIRONMENT.url.rstrip("/")
VAR_DIR = ENVIRONMENT.var_dir

# Pages for whoever builds Bloom: the style guide and the mail that was sent.
DEV_PAGES = BLOOM_ENV != "production"
DEMO = BLOOM_ENV in {"demo", "test"}

ROOT_URLCONF = "bloom.urls"
ASGI_APPLICATION = "bloom.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "bloom.formats"
LOCALE_PATHS = [ROOT / "locale"]
# A language is offered once its catalogue is there: half a page in another language helps nobody.
LANGUAGES = [
    (code, name)
    for code, name in (("en", _("English")), ("es", _("Spanish")))
    if code == LANGUAGE_CODE or (ROOT / "locale" / code / "LC_MESSAGES/django.mo").is_file()
]

VAULT_KEYS = ENVIRONMENT.vault_keys
AUDIT_MAC_KEY = ENVIRONMENT.audit_mac_key
AUDIT_SIGNING_KEY = ENVIRONMENT.audit_signing_key
AUDIT_PUBLIC_KEYS = ENVIRONMENT.audit_public_keys
PLACES_FILE = ENVIRONMENT.places_file
METRICS_TOKEN = ENVIRONMENT.metrics_token

# Shown wherever somebody may be in danger, the practice's own first.
HELP_LINES: list[dict[str, Any]] = [
    *({"name": name, "how": how, "href": href} for name, how, href in ENVIRONMENT.help_lines),
    {
        "name": _("988 Suicide & Crisis Lifeline"),
        "how": _("Call or text 988, day or night. Veterans: press 1, or text 838255."),
        "href": "tel:988",
    },
    {
        "name": _("Crisis Text Line"),
        "how": _("Text HOME to 741741."),
        "href": "sms:741741?body=HOME",
    },
    {
        "name": _("Emergency services"),
        "how": _("If you or someone else is in danger right now, call 911."),
        "href": "tel:911",
    },
]
