"""The keys of the chain: the one seed that signs, which the worker holds, and the public keys that count."""

import functools
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

_PURPOSE = b"bloom.seal.1:"


class NoSigningKey(RuntimeError):
    """This process was asked to seal, and was not given the key to do it with."""


class NoPublicKey(RuntimeError):
    """This process was asked whether the seals are good, and knows nobody's signature."""


@functools.lru_cache(maxsize=4)
def _private(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _active() -> Ed25519PrivateKey:
    if settings.AUDIT_SIGNING_KEY is None:
        raise NoSigningKey("BLOOM_AUDIT_SIGNING_KEY is not set in a process that seals the record")
    return _private(settings.AUDIT_SIGNING_KEY)


def key_id(public: bytes) -> str:
    """A public key's short name: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def active_key_id() -> str:
    """The name of the key that signs. Raises NoSigningKey."""
    return key_id(_active().public_key().public_bytes_raw())


def sign(batch_hash: bytes) -> bytes:
    """The signature of a batch's hash under the active key. Raises NoSigningKey."""
    return _active().sign(_PURPOSE + batch_hash)


def public_keys() -> dict[str, Ed25519PublicKey]:
    """Every key whose signature counts, by id: the signing key's own, where it is, and those that were named.

    Raises NoPublicKey when there is none, for then every seal would look forged.
    """
    known = [raw for _, raw in settings.AUDIT_PUBLIC_KEYS]
    if settings.AUDIT_SIGNING_KEY is not None:
        known.append(_active().public_key().public_bytes_raw())
    if not known:
        raise NoPublicKey("BLOOM_AUDIT_PUBLIC_KEYS is not set, and neither is the signing key")
    return {key_id(raw): Ed25519PublicKey.from_public_bytes(raw) for raw in known}


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
