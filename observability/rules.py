"""The chain's arithmetic: how a row, an entry and a batch become bytes, hashes and codes. Pure.

row --HMAC--> mac (beside the row)      row and mac --SHA-256--> row_hash (in its entry)
entries --SHA-256--> entries_hash       batch header --SHA-256--> hash --Ed25519--> signature
and each header holds the hash of the batch before.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

GENESIS = hashlib.sha256(b"bloom record 1").digest()

_encode = msgspec.json.Encoder(order="deterministic").encode


def row_bytes(source: str, columns: Sequence[str], values: Mapping[str, Any]) -> bytes:
    """One row as the bytes that are authenticated: the source's name, then each column in order.

    A value reads the same before it was stored and after: UUIDs as text, moments in UTC, bytes in base64.
    Raises KeyError for a missing column, TypeError or ValueError for a value that has no one spelling.
    """
    return _encode([source, [_stable(values[column]) for column in columns]])


def row_mac(key: bytes, source: str, columns: Sequence[str], values: Mapping[str, Any]) -> bytes:
    """What proves that Bloom wrote the row: HMAC-SHA256 over `row_bytes`."""
    return hmac.digest(key, row_bytes(source, columns, values), "sha256")


def row_hash(source: str, columns: Sequence[str], values: Mapping[str, Any], mac: bytes) -> bytes:
    """What an entry keeps of its row: SHA-256 over `row_bytes` and the row's mac."""
    return hashlib.sha256(row_bytes(source, columns, values) + mac).digest()


def entries_hash(entries: Iterable[tuple[str, UUID, bytes, int]]) -> bytes:
    """SHA-256 over (source, row id, row hash, position) of a batch's entries, in order."""
    digest = hashlib.sha256()
    for source, row_id, hashed, position in entries:
        digest.update(_encode([source, row_id, hashed, position]))
        digest.update(b"\n")
    return digest.digest()


def batch_hash(
    *,
    number: int,
    previous_hash: bytes,
    entries_hash: bytes,
    count: int,
    late_count: int,
    sealed_at: datetime,
    signing_key_id: str,
) -> bytes:
    """SHA-256 over a batch's header; this is what is signed and what the next batch holds."""
    header = [
        "bloom.seal.1",
        number,
        previous_hash,
        entries_hash,
        count,
        late_count,
        _stable(sealed_at),
        signing_key_id,
    ]
    return hashlib.sha256(_encode(header)).digest()


def retry_delay_seconds(attempts: int, jitter: float) -> float:
    """How long a delivery waits after its `attempts`-th failure: doubling from 2 s up to an hour; `jitter`
    in [0, 1] takes away up to half of it.
    """
    return min(3600.0, 2.0 ** min(attempts, 12)) * (1 - jitter / 2)


def _stable(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment on record knows its zone")
        return value.astimezone(UTC)
    if isinstance(value, float):
        raise TypeError("a float has no stable spelling: keep whole numbers on record")
    return value
