"""The file in which the copy of somebody's data waits for them, sealed piece by piece with their key.

Nothing of it is on a disk in the plain, and no more of it in memory than a piece. Each piece is bound to the
file, its number and whether it is the last, so that none can be left out, doubled or moved.
"""

import base64
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO
from uuid import UUID

from bloom.kernel import vault

PIECE_BYTES = 192 * 1024
_TABLE = "accounts_dataexport"
_LENGTH = struct.Struct(">I")


class SealedWriter:
    """Takes bytes, in order, and writes them sealed to `file`; `close` writes the last piece."""

    def __init__(self, file: BinaryIO, subject_id: UUID, file_id: UUID) -> None:
        self._file = file
        self._subject_id = subject_id
        self._file_id = file_id
        self._waiting = bytearray()
        self._pieces = 0
        self.size = 0

    def write(self, data: Any) -> int:
        taken = bytes(data)
        self._waiting += taken
        self.size += len(taken)
        while len(self._waiting) > PIECE_BYTES:
            self._piece(bytes(self._waiting[:PIECE_BYTES]), is_last=False)
            del self._waiting[:PIECE_BYTES]
        return len(taken)

    def flush(self) -> None:
        """Nothing: a piece is sealed when it is full."""

    def close(self) -> None:
        self._piece(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _piece(self, data: bytes, *, is_last: bool) -> None:
        place = _place(self._file_id, self._pieces, is_last=is_last)
        blob = vault.seal(self._subject_id, base64.b64encode(data).decode(), place)
        self._file.write(_LENGTH.pack(len(blob)))
        self._file.write(blob)
        self._pieces += 1


def sealed_read(file: BinaryIO, file_id: UUID) -> Iterator[bytes]:
    """What was written, piece by piece. Raises SealBroken for a file that is not whole, KeyDestroyed."""
    blob, number = _blob_next(file), 0
    if blob is None:
        raise vault.SealBroken("an empty file")
    while blob is not None:
        following = _blob_next(file)
        text = vault.open(blob, _place(file_id, number, is_last=following is None))
        yield base64.b64decode(text)
        blob, number = following, number + 1


def _place(file_id: UUID, number: int, *, is_last: bool) -> vault.Place:
    return vault.Place(_TABLE, f"file_{number}_{'last' if is_last else 'more'}", file_id)


def _blob_next(file: BinaryIO) -> bytes | None:
    head = file.read(_LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise vault.SealBroken("the file was cut")
    (length,) = _LENGTH.unpack(head)
    # No piece is larger than this: what says so was altered.
    if length > PIECE_BYTES * 2:
        raise vault.SealBroken("the file was altered")
    return file.read(length)
