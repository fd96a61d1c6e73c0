"""Scopes, and how a token is written."""

import re
from collections.abc import Iterable

SCOPE_AREAS = (
    "profile",
    "people",
    "assignments",
    "practices",
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
