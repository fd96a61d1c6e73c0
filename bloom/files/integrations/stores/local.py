"""Files sent to this server, by the same kind of form that object stores take.

The policy says what may come: under which name, as what, how large, until when. Its signature is a keyed hash
that only this installation can make, so the form needs no session, and fits nothing else.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from bloom.files.integrations.stores.port import InStorage
from bloom.files.types import UploadForm
from bloom.kernel import clock, vault


class BadForm(ValueError):
    """The form does not say what it must, or was not signed here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a form allows."""

    key: str
    content_type: str
    size: int
    expires_at: datetime


class LocalStore(InStorage):
    """The default storage of this machine. See `port.Store`."""

    is_sealed = True

    def form(self, name: str, *, content_type: str, size: int, expires_at: datetime) -> UploadForm:
        told = {
            "expiration": clock.to_wire(expires_at),
            "conditions": [
                {"key": name},
                {"Content-Type": content_type},
                ["content-length-range", 1, size],
            ],
        }
        policy = base64.b64encode(json.dumps(told).encode()).decode()
        fields = {
            "key": name,
            "Content-Type": content_type,
            "policy": policy,
            "signature": _signature(policy),
        }
        return UploadForm(url=reverse("upload_take"), fields=fields, expires_at=expires_at)

    def save(self, name: str, content: bytes) -> None:
        """Put it there, in the place of what was there."""
        default_storage.delete(name)
        default_storage.save(name, ContentFile(content))


def policy_read(fields: Mapping[str, Any]) -> Policy:
    """What the form's signed policy allows, if its own fields keep to it. Raises BadForm."""
    policy, signature = str(fields.get("policy", "")), str(fields.get("signature", ""))
    if not hmac.compare_digest(_signature(policy).encode(), signature.encode("utf-8", "replace")):
        raise BadForm("signature")
    try:
        told = json.loads(base64.b64decode(policy, validate=True))
        pairs = [each for each in told["conditions"] if isinstance(each, dict)]
        named = {key: value for pair in pairs for key, value in pair.items()}
        (size,) = [each[2] for each in told["conditions"] if isinstance(each, list)]
        expires_at = clock.from_wire(told["expiration"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise BadForm("policy") from error
    if any(fields.get(name) != value for name, value in named.items()):
        raise BadForm("fields")
    return Policy(key=named["key"], content_type=named["Content-Type"], size=size, expires_at=expires_at)


def _signature(policy: str) -> str:
    return vault.keyed_hash("files.upload form", policy).hex()
