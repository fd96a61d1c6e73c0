"""Production refuses to start with a development value.

`start_check` runs when the apps are loaded (bloom.pages.apps), so that neither web, worker, beat nor a
command starts: a server runs none of Django's checks by itself. `manage.py check` tells the same.
"""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Critical, register
from django.utils.encoding import force_bytes

from bloom import env

# bin/run and the tests name the keys that they make in this way.
DEVELOPMENT_KEYS = ("dev", "test")
FAST_HASHERS = ("MD5", "Unsalted", "SHA1")


def _development_bytes() -> set[bytes]:
    known = env.read({**env.TEST_DEFAULTS, "BLOOM_ENV": "test", "DATABASE_URL": "x", "REDIS_URL": "x"})
    return {
        known.audit_mac_key,
        known.audit_signing_key or b"",
        force_bytes(known.secret_key),
        *(key for _, key in known.vault_keys),
    }


def _is_outside(address: str) -> bool:
    """Is this an https address of another machine?"""
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        inside = ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = host in {"", "localhost"} or host.endswith(".localhost")
    return parts.scheme == "https" and not inside


def _has_store(store: Mapping[str, Any]) -> bool:
    """Is this a bucket, or a folder that can be written or made?"""
    if not store["BACKEND"].endswith("FileSystemStorage"):
        return True
    folder = Path(store["OPTIONS"]["location"]).absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


@register()
def production_values(**kwargs: Any) -> list[CheckMessage]:
    """Every setting that is fine on a laptop and dangerous in a practice."""
    if settings.BLOOM_ENV != "production":
        return []
    known = _development_bytes()
    faults: list[tuple[bool, str, str]] = [
        (settings.DEBUG, "E001", "BLOOM_DEBUG is on."),
        (
            len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 8
            or force_bytes(settings.SECRET_KEY) in known,
            "E002",
            "BLOOM_SECRET_KEY is short, simple or the one from the tests.",
        ),
        (
            any(hasher.rsplit(".", 1)[-1].startswith(FAST_HASHERS) for hasher in settings.PASSWORD_HASHERS),
            "E003",
            "A fast password hasher is active.",
        ),
        (
            any(key in known or name.startswith(DEVELOPMENT_KEYS) for name, key in settings.VAULT_KEYS),
            "E004",
            "BLOOM_VAULT_KEYS holds a key from development or from the tests.",
        ),
        (
            settings.AUDIT_MAC_KEY in known or settings.AUDIT_SIGNING_KEY in known,
            "E005",
            "An audit key is the one from the tests.",
        ),
        (
            str(settings.CHANNEL_LAYERS["default"]["BACKEND"]).endswith("InMemoryChannelLayer"),
            "E006",
            "The channel layer lives in memory, so processes would not hear each other.",
        ),
        (settings.RATE_FACTOR != 1, "E007", "BLOOM_RATE_FACTOR is for load tests only."),
        (
            settings.EMAIL_BACKEND.rsplit(".", 2)[-2] != "smtp",
            "E008",
            "BLOOM_EMAIL_URL is not set, so nobody would get mail.",
        ),
        (
            not settings.SITE_URL.startswith("https://"),
            "E009",
            "BLOOM_URL must begin with https://.",
        ),
        (settings.DEMO or settings.DEV_PAGES, "E010", "Demo mode is on."),
        (
            not settings.METRICS_TOKEN,
            "E011",
            "BLOOM_METRICS_TOKEN is not set: a proxy on the same machine would show /metrics to all.",
        ),
        (
            any(not _is_outside(address) for address in settings.VENDOR_URLS.values()),
            "E012",
            "A vendor's address is not https or is this machine: BLOOM_SANDBOX_URL is for development.",
        ),
        (
            not _has_store(settings.STORAGES["default"]),
            "E013",
            "No file could be stored: no bucket is set, and below BLOOM_VAR_DIR nothing can be written.",
        ),
    ]  # fmt: skip
    return [Critical(text, id=f"bloom.{code}") for wrong, code, text in faults if wrong]


def start_check() -> None:
    """Leave with every fault in words. Raises SystemExit."""
    faults = production_values()
    if faults:
        raise SystemExit(
            "Bloom cannot start.\n  " + "\n  ".join(f"{fault.id}: {fault.msg}" for fault in faults)
        )
