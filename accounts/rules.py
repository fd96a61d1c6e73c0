"""Pure decisions about scopes, names, addresses, tokens and cursors."""

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Iterable
from zoneinfo import available_timezones

from accounts.types import NAME_LENGTH
from bloom.kernel.text import is_blank

SCOPE_AREAS = (
    "profile",
    "people",
    "assignments",
    "conversations",
    "scheduling",
    "files",
    "billing",
    "records",
    "credentialing",
    "support",
)
SCOPES = frozenset(f"{area}:{verb}" for area in SCOPE_AREAS for verb in ("read", "write"))

TOKEN_DAYS_MAX = 366

_TOKEN = re.compile(r"blm_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_ZONES = frozenset(available_timezones())


def email_normal(email: str) -> str:
    """The one spelling under which an address is stored and looked up."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def name_problem(name: str) -> str | None:
    """Why `name` cannot be a person's name ("blank", "long", "characters"), or None when it can."""
    if is_blank(name):
        return "blank"
    if len(name) > NAME_LENGTH:
        return "long"
    # Direction overrides and control characters would let one name pass for another's.
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for character in name):
        return "characters"
    if any(character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for character in name):
        return "characters"
    return None


def time_zone_is_known(name: str) -> bool:
    return name in _ZONES


def time_zone_or_utc(name: str) -> str:
    """`name` when it is a time zone, else "UTC": what a browser claims is only a hint."""
    return name if time_zone_is_known(name) else "UTC"


def scopes_unknown(scopes: Iterable[str]) -> list[str]:
    """Those of `scopes` that do not exist, sorted."""
    return sorted(set(scopes) - SCOPES)


def token_write(prefix: str, secret: str) -> str:
    """The token as its bearer sends it."""
    return f"blm_{prefix}_{secret}"


def token_prefix(raw: str) -> str | None:
    """The findable part of a token, or None when `raw` cannot be one."""
    match = _TOKEN.fullmatch(raw)
    return match[1] if match else None


def cursor_write(*parts: str) -> str:
    """Where a page of a list ended, as one opaque word."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def cursor_read(cursor: str, length: int) -> tuple[str, ...] | None:
    """The parts of a cursor, or None when it is not one of `length` parts that we wrote."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if (
        not isinstance(parts, list)
        or len(parts) != length
        or not all(isinstance(part, str) and _can_be_stored(part) for part in parts)
    ):
        return None
    return tuple(parts)


def _can_be_stored(text: str) -> bool:
    """No NUL and no lone surrogates, which JSON can write and no column holds."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
