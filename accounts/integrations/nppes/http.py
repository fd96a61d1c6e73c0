"""NPPES over HTTP: version 2.1 of its API, which asks for no key.

A question changes nothing, so it is asked again, twice, when no answer comes. Errors come with status 200,
and values as text or numbers. The registry keeps what its holders report: nothing here proves a licence.
"""

import json
import time
from typing import Any

import requests
from django.conf import settings

from accounts.integrations.nppes.port import RegistryUnavailable
from accounts.types import RegistryEntry, RegistryTaxonomy
from bloom.kernel import db

DEADLINE = 6.0
TRIES = 3
PAUSE_SECONDS = 0.3
LARGEST_ANSWER = 512 * 1024


class NppesRegistry:
    """The `Registry` at settings.VENDOR_URLS["nppes"]."""

    def entry_get(self, npi: str) -> RegistryEntry | None:
        db.network_check("the registry of providers")
        until = time.monotonic() + DEADLINE
        for number in range(1, TRIES + 1):
            try:
                return _entry(npi, _ask(npi, until))
            except RegistryUnavailable:
                if number == TRIES or time.monotonic() + PAUSE_SECONDS > until:
                    raise
            time.sleep(PAUSE_SECONDS * number)
        raise RegistryUnavailable("no answer")


def _ask(npi: str, until: float) -> dict[str, Any]:
    """The answer as a JSON object."""
    body = b""
    try:
        with requests.get(
            settings.VENDOR_URLS["nppes"],
            params={"version": "2.1", "number": npi},
            timeout=max(0.1, until - time.monotonic()),
            allow_redirects=False,
            stream=True,
        ) as answer:
            for part in answer.iter_content(8192):
                body += part
                if len(body) > LARGEST_ANSWER or time.monotonic() > until:
                    raise RegistryUnavailable("too much, or too slow")
            status = answer.status_code
    except requests.RequestException as error:
        raise RegistryUnavailable("no answer") from error
    try:
        data = json.loads(body) if status == 200 else None
    except ValueError as error:
        raise RegistryUnavailable("no JSON") from error
    if not isinstance(data, dict):
        raise RegistryUnavailable("no object")
    return data


def _entry(npi: str, data: dict[str, Any]) -> RegistryEntry | None:
    results = data.get("results")
    if not isinstance(results, list):
        # {"Errors": [...]}: the number was not understood, or the service is not well. Ours has a right check
        # digit, so it is the latter.
        raise RegistryUnavailable("errors")
    found = [each for each in results if isinstance(each, dict) and _text(each.get("number")) == npi]
    if not found:
        return None
    entry = found[0]
    basic = _object(entry.get("basic"))
    return RegistryEntry(
        npi=npi,
        is_person=_text(entry.get("enumeration_type")) != "NPI-2" and bool(_text(basic.get("last_name"))),
        is_active=_text(basic.get("status")).upper() == "A",
        first_name=_text(basic.get("first_name")),
        last_name=_text(basic.get("last_name")),
        credential=_text(basic.get("credential")),
        other_names=tuple(
            f"{_text(each.get('first_name'))} {_text(each.get('last_name'))}".strip()
            for each in _objects(entry.get("other_names"))
        ),
        taxonomies=tuple(
            RegistryTaxonomy(
                code=_text(each.get("code")).upper(),
                state=_text(each.get("state")).upper(),
                licence=_text(each.get("license")),
            )
            for each in _objects(entry.get("taxonomies"))
        ),
        states=tuple(
            dict.fromkeys(
                state
                for each in _objects(entry.get("addresses"))
                if (state := _text(each.get("state")).upper())
            )
        ),
    )


def _object(raw: Any) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _objects(raw: Any) -> list[dict[str, Any]]:
    return [each for each in raw if isinstance(each, dict)] if isinstance(raw, list) else []


def _text(raw: Any) -> str:
    """A short text, whether it came as text or as a number."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return ""
    text = str(raw).strip()[:120]
    return text if text.isprintable() else ""
