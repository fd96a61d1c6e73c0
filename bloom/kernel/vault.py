"""The vault: field-level encryption with one data key per subject, wrapped by a key of the environment.

    place = vault.Place("messaging_message", "body", message.id)
    message.body = vault.seal(patient_id, "I slept well", place)
    text = vault.open(message.body, place)

A subject is whose key it is: the patient that the text is about, a conversation, or `SYSTEM_SUBJECT`. Each
process keeps unwrapped keys for 30 seconds, so a destroyed key is gone everywhere after that long. The
first of `settings.VAULT_KEYS` wraps new data keys; `vault_rewrap` moves the others under it.
"""

import hmac
import logging
import os
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection, transaction

from bloom.kernel import clock, keyring
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.events import Event
from bloom.kernel.models import DataKey
from bloom.kernel.sealing import (
    KEY_ID,
    KeyDestroyed,
    KeyHandle,
    Place,
    SealBroken,
    SealedField,
    VaultError,
    key_id_of,
    open_with,
    seal_with,
)

__all__ = [
    "SYSTEM_SUBJECT",
    "KeyDestroyed",
    "KeyHandle",
    "Place",
    "SealBroken",
    "SealedField",
    "VaultError",
    "cache_clear",
    "key_cached",
    "key_destroy",
    "key_get_or_create",
    "key_id_of",
    "key_rotate",
    "keyed_hash",
    "keys_create",
    "keys_load",
    "keys_rewrap",
    "open",
    "open_with",
    "reseal",
    "seal",
    "seal_with",
]

# Whose key seals what belongs to no person: secrets of integrations.
SYSTEM_SUBJECT: Final = UUID("00000000-0000-4000-8000-0000b1000000")

_BATCH: Final = 1_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Event):
    """A subject seals with a new key from now on."""

    name = "vault.key.rotated"
    object_kind = "kernel.datakey"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyErased(Event):
    """A subject's keys are gone, and with them everything they sealed."""

    name = "vault.key.destroyed"
    object_kind = "kernel.datakey"
    keys: int


_cache = keyring.Keyring()
# For whom the transaction that is open made keys; gone with it.
_made_for: "WeakKeyDictionary[transaction.Atomic, set[UUID]]" = WeakKeyDictionary()


def cache_clear() -> None:
    """Forget every unwrapped key of this process."""
    _cache.clear()


def seal(subject_id: UUID, text: str, place: Place) -> bytes:
    """Seal `text` under the subject's active key (made when there is none) for `place`."""
    return seal_with(key_get_or_create(subject_id), text, place)


def open(blob: bytes, place: Place) -> str:
    """The text sealed for `place`. Raises KeyDestroyed, or SealBroken for anything altered or moved."""
    return open_with(_handle(blob), blob, place)


def reseal(blob: bytes, place: Place) -> bytes:
    """The same text under its subject's active key; the same bytes when it is sealed so already."""
    handle = _handle(blob)
    active = key_get_or_create(handle.subject_id)
    return (
        blob if active.key_id == handle.key_id else seal_with(active, open_with(handle, blob, place), place)
    )


def keyed_hash(purpose: str, value: str | bytes) -> bytes:
    """32 bytes that only this installation can compute, for equality look-ups of what is not stored plain.

    Derived from the last of VAULT_KEYS, which therefore stays in that list for good: key-encryption keys
    rotate, and what was hashed has to be found again.
    """
    data = value.encode() if isinstance(value, str) else value
    return hmac.digest(_hash_key(purpose, settings.VAULT_KEYS[-1][1]), data, "sha256")


@lru_cache(maxsize=256)
def _hash_key(purpose: str, root: bytes) -> bytes:
    return HKDF(
        algorithm=SHA256(), length=32, salt=None, info=b"bloom keyed hash " + purpose.encode()
    ).derive(root)


def key_cached(subject_id: UUID) -> KeyHandle | None:
    """The subject's active key when this process holds it: never touches the database."""
    return _cache.get("subject", subject_id.bytes)


def key_get_or_create(subject_id: UUID) -> KeyHandle:
    """The subject's active key, made on first use. Raises KeyDestroyed for a subject whose keys are gone."""
    known = _cache.get("subject", subject_id.bytes)
    if known is not None:
        return known
    key = _active(subject_id, also=_cache.due("subject"))
    if key is None:
        keys_create([subject_id])
        key = _active(subject_id)
    if key is None:
        raise KeyDestroyed(f"the keys of {subject_id} were destroyed")
    handle = _unwrap(key)
    _remember(handle, active=True)
    return handle


def keys_create(subject_ids: Iterable[UUID]) -> None:
    """Make first keys for those subjects that have none, in bulk. Two callers at once make one key each."""
    pending = iter(dict.fromkeys(subject_ids))
    at = clock.now()
    while batch := list(islice(pending, _BATCH)):
        _keys_insert(batch, at)


@transactional
def _keys_insert(batch: list[UUID], at: datetime) -> None:
    known = set(DataKey.objects.filter(subject_id__in=batch).values_list("subject_id", flat=True))
    new = [subject_id for subject_id in batch if subject_id not in known]
    _note_made(new)
    DataKey.objects.bulk_create(
        (_new_key(subject_id, version=1, at=at) for subject_id in new),
        # The loser of a race takes the winner's key; at SERIALIZABLE, when it tries again.
        ignore_conflicts=True,
    )


def keys_load(blobs: Iterable[bytes]) -> None:
    """Have at hand the keys that these sealed values need: one query for all that this process lacks."""
    named = {key_id_of(blob) for blob in blobs}
    missing = [key_id for key_id in named if _cache.get("key", key_id.bytes) is None]
    if missing:
        for key in DataKey.objects.filter(id__in=missing, destroyed_at__isnull=True):
            _remember(_unwrap(key), active=False)


@transactional
def key_rotate(actor: Actor, subject_id: UUID, *, at: datetime) -> KeyRotated:
    """Seal with a new key from now on; what the old one sealed still opens (see `reseal`).

    Returns the event for the caller to record. Raises KeyDestroyed.
    """
    current = DataKey.objects.select_for_update().filter(subject_id=subject_id).order_by("-version").first()
    if current is None:
        keys_create([subject_id])
        current = DataKey.objects.select_for_update().get(subject_id=subject_id)
    if current.destroyed_at is not None:
        raise KeyDestroyed(f"the keys of {subject_id} were destroyed")
    current.retired_at = at
    current.save(update_fields=["retired_at"])
    key = _new_key(subject_id, version=current.version + 1, at=at)
    key.save(force_insert=True)
    _note_made([subject_id])
    _forget(subject_id, [])
    logger.info("vault.key_rotated")
    return KeyRotated(object_id=key.id, subject_id=subject_id)


@transactional
def key_destroy(actor: Actor, subject_id: UUID, *, at: datetime) -> KeyErased:
    """Erase every key of the subject, for good: 30 seconds later what they sealed opens nowhere any more.

    Returns the event for the caller to record.
    """
    keys = list(
        DataKey.objects.select_for_update()
        .filter(subject_id=subject_id, destroyed_at__isnull=True)
        .order_by("version")
    )
    if not keys and not DataKey.objects.filter(subject_id=subject_id).exists():
        # Leave a grave, so that nothing is sealed for this subject later.
        keys = [_new_key(subject_id, version=1, at=at)]
        keys[0].save(force_insert=True)
    for key in keys:
        key.wrapped, key.destroyed_at = None, at
        key.save(update_fields=["wrapped", "destroyed_at"])
    _forget(subject_id, [key.id for key in keys])
    logger.info("vault.key_destroyed")
    return KeyErased(object_id=subject_id, subject_id=subject_id, keys=len(keys))


def keys_rewrap() -> int:
    """Wrap every data key under the first of VAULT_KEYS; sealed values stay as they are. Returns how many.

    Restartable: each batch is a transaction of its own, and rewrapped keys are not looked at again.
    """
    count = 0
    while moved := _rewrap_batch():
        count += moved
    return count


@transactional
def _rewrap_batch() -> int:
    active_id = _active_kek()[0]
    keys = list(
        DataKey.objects.select_for_update()
        .filter(destroyed_at__isnull=True)
        .exclude(kek_id=active_id)
        .order_by("id")[:_BATCH]
    )
    for key in keys:
        raw = _unwrap_raw(key)
        key.kek_id = active_id
        key.wrapped = _wrap(key, raw)
    DataKey.objects.bulk_update(keys, ["kek_id", "wrapped"])
    return len(keys)


def _active(subject_id: UUID, *, also: Iterable[KeyHandle] = ()) -> DataKey | None:
    """The subject's active key; in the same query those of others, which are kept anew."""
    subjects = {subject_id, *(handle.subject_id for handle in also)}
    found = DataKey.objects.filter(
        subject_id__in=subjects, retired_at__isnull=True, destroyed_at__isnull=True
    )
    own = None
    for key in found:
        if key.subject_id == subject_id:
            own = key
            continue
        # One that cannot be unwrapped is the trouble of whoever asks for it.
        with suppress(VaultError):
            _remember(_unwrap(key), active=True)
    return own


def _handle(blob: bytes) -> KeyHandle:
    """The key that a sealed value names."""
    known = _cache.get("key", blob[KEY_ID])
    if known is not None:
        return known
    key = DataKey.objects.filter(id=key_id_of(blob)).first()
    if key is None:
        raise SealBroken("sealed under a key that this vault does not have")
    handle = _unwrap(key)
    _remember(handle, active=False)
    return handle


def _new_key(subject_id: UUID, *, version: int, at: datetime) -> DataKey:
    key = DataKey(
        id=uuid.uuid4(), subject_id=subject_id, version=version, kek_id=_active_kek()[0], created_at=at
    )
    key.wrapped = _wrap(key, AESGCM.generate_key(bit_length=256))
    return key


def _active_kek() -> tuple[str, bytes]:
    pair: tuple[str, bytes] = settings.VAULT_KEYS[0]
    return pair


def _kek(kek_id: str) -> AESGCM:
    for name, raw in settings.VAULT_KEYS:
        if name == kek_id:
            return AESGCM(raw)
    raise VaultError(f"VAULT_KEYS does not hold the key {kek_id!r}")


def _wrap(key: DataKey, raw: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + _kek(key.kek_id).encrypt(nonce, raw, _wrapping(key))


def _unwrap_raw(key: DataKey) -> bytes:
    if key.wrapped is None:
        raise KeyDestroyed(f"the keys of {key.subject_id} were destroyed")
    wrapped = bytes(key.wrapped)
    try:
        return _kek(key.kek_id).decrypt(wrapped[:12], wrapped[12:], _wrapping(key))
    except InvalidTag:
        raise SealBroken(f"the data key {key.id} was altered") from None


def _unwrap(key: DataKey) -> KeyHandle:
    return KeyHandle(key.id, key.subject_id, key.version, AESGCM(_unwrap_raw(key)))


def _wrapping(key: DataKey) -> bytes:
    """Binds a wrapped key to its row, its subject and the key that wraps it."""
    return b"".join(
        (
            b"bloom data key 1",
            key.id.bytes,
            key.subject_id.bytes,
            key.version.to_bytes(4, "big"),
            key.kek_id.encode(),
        )
    )


def _remember(handle: KeyHandle, *, active: bool) -> None:
    """Keep a key, but one that the open transaction made only when that is durable: a key that was rolled
    back must never seal anything else.
    """

    def keep() -> None:
        _cache.put("key", handle.key_id.bytes, handle)
        if active:
            _cache.put("subject", handle.subject_id.bytes, handle)

    if handle.subject_id in _made_here():
        transaction.on_commit(keep)
    else:
        keep()


def _forget(subject_id: UUID, key_ids: Iterable[UUID]) -> None:
    """Drop a subject's keys now, and again at the commit, for another thread may read them until then."""

    def drop() -> None:
        _cache.drop("subject", subject_id.bytes)
        for key_id in key_ids:
            _cache.drop("key", key_id.bytes)

    drop()
    transaction.on_commit(drop)


def _made_here() -> set[UUID]:
    block = _open_transaction()
    return set() if block is None else _made_for.get(block, set())


def _note_made(subject_ids: Iterable[UUID]) -> None:
    block = _open_transaction()
    if block is not None:
        _made_for.setdefault(block, set()).update(subject_ids)


def _open_transaction() -> transaction.Atomic | None:
    """The outermost block of the transaction that is open; a test's own stands for none."""
    for block in connection.atomic_blocks:
        if not block._from_testcase:  # type: ignore[attr-defined] # not in the stubs
            return block
    return None
