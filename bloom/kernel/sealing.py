"""The sealed form of a text: AES-256-GCM, bound to where it is stored. Pure; keys come from `kernel.vault`.

    1 byte version | 16 bytes data key id | 12 bytes nonce | ciphertext and 16 bytes tag

The associated data is the version, the key id, the row, the table and the column, so that a value moved to
another row or column, or given another key's id, does not open. Nonces are random: one data key is good for
2**32 texts, far beyond what one person's record holds.
"""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import FieldError
from django.db import models

VERSION: Final = 1
_VERSION_BYTE: Final = bytes([VERSION])
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
KEY_ID: Final = slice(1, 17)
_HEAD_BYTES: Final = 1 + 16 + _NONCE_BYTES
_NONCE: Final = slice(17, _HEAD_BYTES)
OVERHEAD_BYTES: Final = _HEAD_BYTES + _TAG_BYTES


class VaultError(Exception):
    """A sealed value cannot be made or opened. Says why, never what."""


class SealBroken(VaultError):
    """The value was altered, moved from its place, or is not a sealed value."""


class KeyDestroyed(VaultError):
    """The key was destroyed, and what it sealed is gone for good."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands: a value opens there and nowhere else."""

    table: str
    column: str
    row: UUID


@dataclass(frozen=True, slots=True)
class KeyHandle:
    """An unwrapped data key, ready for use. Lives in memory for seconds; never store or log one."""

    key_id: UUID
    subject_id: UUID
    version: int
    cipher: AESGCM

    def __repr__(self) -> str:
        return f"<KeyHandle {self.key_id}>"


def seal_with(handle: KeyHandle, text: str, place: Place) -> bytes:
    """Seal `text` for `place`. No input or output: some microseconds. Lone surrogates raise UnicodeError."""
    key_id = handle.key_id.bytes
    nonce = os.urandom(_NONCE_BYTES)
    sealed = handle.cipher.encrypt(nonce, text.encode(), _bound(key_id, place))
    return b"".join((_VERSION_BYTE, key_id, nonce, sealed))


def open_with(handle: KeyHandle, blob: bytes, place: Place) -> str:
    """The text that was sealed for `place` under this key. Raises SealBroken."""
    key_id = handle.key_id.bytes
    _require_sealed(blob)
    if blob[KEY_ID] != key_id:
        raise SealBroken("sealed under another key")
    try:
        text = handle.cipher.decrypt(blob[_NONCE], blob[_HEAD_BYTES:], _bound(key_id, place))
    except InvalidTag:
        raise SealBroken(f"a value in {place.table}.{place.column} was altered or moved") from None
    return text.decode()


def key_id_of(blob: bytes) -> UUID:
    """Which data key a sealed value names. Raises SealBroken when it is not a sealed value."""
    _require_sealed(blob)
    return UUID(bytes=blob[KEY_ID])


def _require_sealed(blob: bytes) -> None:
    if len(blob) < OVERHEAD_BYTES or blob[0] != VERSION:
        raise SealBroken("not a sealed value")


def _bound(key_id: bytes, place: Place) -> bytes:
    # Fixed lengths first; table and column are identifiers, so that the dot divides them unambiguously.
    return b"".join((_VERSION_BYTE, key_id, place.row.bytes, f"{place.table}.{place.column}".encode()))


if TYPE_CHECKING:
    _BinaryField = models.BinaryField[Any, Any]  # bytes, or None where the column is nullable
else:
    _BinaryField = models.BinaryField


class SealedField(_BinaryField):
    """A column of sealed values. Takes and gives bytes; opening them is an explicit `vault.open`.

    It refuses text and anything that is not sealed, and cannot be searched (use `vault.keyed_hash`).
    """

    description = "Sealed text"

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, bytes | memoryview):
            raise TypeError(f"{self.name} takes sealed bytes, not {type(value).__name__}")
        blob = bytes(value)
        key_id_of(blob)
        return blob

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> bytes | None:
        return None if value is None else bytes(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed: it cannot be compared, only opened")
        return super().get_lookup(lookup_name)
