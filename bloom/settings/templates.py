"""Templates: cotton components and partials, cached; no app-level surprises."""

from bloom.env import ROOT
from bloom.settings.environment import ENVIRONMENT

_loaders = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    _loaders if ENVIRONMENT.debug else [("django.template.loaders.cached.Loader", _loaders)],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "bloom.pages.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "bloom.pages.templatetags.constant",
                "template_partials.templatetags.partials",
            ],
        },
    }
]
COTTON_DIR = "cotton"

FORM_RENDERER = "bloom.kernel.form_fields.FormRenderer"
