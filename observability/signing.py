"""The keys that sign the chain: one active seed, and the public keys that signed before it."""

import functools
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

_PURPOSE = b"bloom.seal.1:"


@functools.lru_cache(maxsize=4)
def _private(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def key_id(public: bytes) -> str:
    """A public key's short name: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def active_key_id() -> str:
    return key_id(_private(settings.AUDIT_SIGNING_KEY).public_key().public_bytes_raw())


def sign(batch_hash: bytes) -> bytes:
    """The signature of a batch's hash under the active key."""
    return _private(settings.AUDIT_SIGNING_KEY).sign(_PURPOSE + batch_hash)


def public_keys() -> dict[str, Ed25519PublicKey]:
    """Every key whose signature counts, by id."""
    active = _private(settings.AUDIT_SIGNING_KEY).public_key().public_bytes_raw()
    past = [raw for _, raw in settings.AUDIT_PAST_PUBLIC_KEYS]
    return {key_id(raw): Ed25519PublicKey.from_public_bytes(raw) for raw in (active, *past)}


def is_signed(keys: dict[str, Ed25519PublicKey], by: str, batch_hash: bytes, signature: bytes) -> bool:
    """True when the key named `by` is one of `keys` and signed `batch_hash`."""
    key = keys.get(by)
    if key is None:
        return False
    try:
        key.verify(signature, _PURPOSE + batch_hash)
    except InvalidSignature:
        return False
    return True
