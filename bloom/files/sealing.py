"""The sealed form of a file: AES-256-GCM under a key of its own, bound to the row that it belongs to.

The key lies with the file's name in a `head`, which the vault seals under the key of whoever the file is
about. So a file changes hands by sealing its head anew, however large it is, and is gone with that person's
key.

    1 byte version | 12 bytes nonce | ciphertext and 16 bytes tag
"""

import json
import os
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bloom.kernel import vault

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
# How many bytes longer the sealed form is.
OVERHEAD: Final = 1 + _NONCE_BYTES + 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What opens a file, and what it is called."""

    key: bytes
    name: str

    @classmethod
    def new(cls, name: str) -> Self:
        return cls(key=AESGCM.generate_key(bit_length=256), name=name)

    def __repr__(self) -> str:
        return "<Head>"


def head_seal(owner_id: UUID, head: Head, place: vault.Place) -> bytes:
    """The head, sealed for `place` with the owner's key. Raises vault.KeyDestroyed."""
    return vault.seal(owner_id, json.dumps({"key": head.key.hex(), "name": head.name}), place)


def head_open(sealed: bytes, place: vault.Place) -> Head:
    """Raises vault.KeyDestroyed and vault.SealBroken."""
    told = json.loads(vault.open(bytes(sealed), place))
    return Head(key=bytes.fromhex(told["key"]), name=told["name"])


def content_seal(key: bytes, content: bytes, file_id: UUID) -> bytes:
    """The bytes of the file of this row, sealed."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, content, _bound(file_id))


def content_open(key: bytes, sealed: bytes, file_id: UUID) -> bytes:
    """What was sealed for this row. Raises vault.SealBroken for anything altered, cut or moved."""
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        if sealed[:1] != _VERSION or len(nonce) < _NONCE_BYTES:
            raise InvalidTag
        return AESGCM(key).decrypt(nonce, body, _bound(file_id))
    except InvalidTag:
        raise vault.SealBroken("a stored file was altered or moved") from None


def _bound(file_id: UUID) -> bytes:
    return b"bloom file 1" + file_id.bytes
