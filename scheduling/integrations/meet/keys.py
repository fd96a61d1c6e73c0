"""The keys with which Google signs pushes, fetched when one is met that is not known, and kept for an hour.

Strangers choose the key id of a token, so an unknown one has the set fetched once a minute at most, also
where none was to be had.
"""

import threading
import time
from collections.abc import Mapping
from typing import Any, Final

import jwt
from django.conf import settings

from scheduling.integrations import calls
from scheduling.integrations.calls import Question
from scheduling.telehealth.port import VendorUnavailable
from scheduling.telehealth.types import Fault

KEPT_SECONDS: Final = 3600.0
AGAIN_SECONDS: Final = 60.0
# An answer is due within three seconds, all in all.
DEADLINE: Final = 2.0
_lock = threading.Lock()
_kept: tuple[str, float, Mapping[str, Any]] | None = None


def keys_get(wanted: str) -> Mapping[str, Any]:
    """The public keys by id, fetched anew when they are old or `wanted` is not among them; a set that is
    known still serves when Google does not answer. Raises VendorUnavailable when there is none: Google tells
    it again.
    """
    global _kept
    url, now = settings.VENDOR_URLS["meet_keys"], time.monotonic()
    with _lock:
        tried_at, known = (_kept[1], _kept[2]) if _kept is not None and _kept[0] == url else (None, {})
        if tried_at is not None:
            age = now - tried_at
            if age < AGAIN_SECONDS or (age < KEPT_SECONDS and wanted in known):
                return _some(known)
        # Whoever comes meanwhile, or within a minute of a failure, does not fetch as well.
        _kept = (url, now, known)
    try:
        found = _fetch(url)
    except VendorUnavailable:
        return _some(known)
    with _lock:
        _kept = (url, now, found)
    return found


def _some(known: Mapping[str, Any]) -> Mapping[str, Any]:
    if not known:
        raise VendorUnavailable(Fault.FAILED)
    return known


def clear() -> None:
    """Forget them."""
    global _kept
    with _lock:
        _kept = None


def _fetch(url: str) -> Mapping[str, Any]:
    question = Question(method="GET", url=url, safe=True)
    reply = calls.ask(question, until=time.monotonic() + DEADLINE)
    if not reply.is_good:
        raise VendorUnavailable(Fault.FAILED)
    found: dict[str, Any] = {}
    for row in calls.objects_of(reply.object.get("keys")):
        kid = row.get("kid")
        # Keys for anything else than signing with RS256 are no keys of ours.
        if isinstance(kid, str) and row.get("kty") == "RSA" and row.get("alg", "RS256") == "RS256":
            try:
                found[kid] = jwt.PyJWK(row, algorithm="RS256").key
            except jwt.PyJWTError:
                continue
    if not found:
        raise VendorUnavailable(Fault.GARBLED)
    return found
