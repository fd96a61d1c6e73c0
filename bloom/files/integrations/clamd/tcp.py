"""ClamAV's daemon over TCP: the command INSTREAM of its protocol (`man clamd`).

zINSTREAM\\0, then pieces, each with its length in four bytes before it, then a length of zero.
"stream: OK\\0", "stream: <name> FOUND\\0", or "... ERROR\\0".
"""

import socket
import struct
import time
from typing import Final

from django.conf import settings

from bloom.files.integrations.clamd.port import ScannerUnavailable
from bloom.kernel.db import network_check

_PIECE: Final = 256 * 1024
_CONNECT_SECONDS: Final = 3.0
_SECONDS: Final = 60.0
_ANSWER_MOST: Final = 4_096
_LENGTH: Final = struct.Struct(">I")


def is_asked() -> bool:
    """Whether this installation has a scanner."""
    return bool(settings.CLAMD_ADDRESS)


def harm_find(content: bytes) -> str:
    """What the scanner knows these bytes as; empty when it knows nothing bad of them.

    Raises ScannerUnavailable.
    """
    network_check("the virus scanner")
    host, _, port = settings.CLAMD_ADDRESS.rpartition(":")
    deadline = time.monotonic() + _SECONDS
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS) as way:
            _send(way, b"zINSTREAM\0", deadline)
            view = memoryview(content)
            for start in range(0, len(content), _PIECE):
                piece = view[start : start + _PIECE]
                _send(way, _LENGTH.pack(len(piece)), deadline)
                _send(way, piece, deadline)
            _send(way, _LENGTH.pack(0), deadline)
            answer = _answer(way, deadline)
    except (OSError, ValueError) as error:
        raise ScannerUnavailable(type(error).__name__) from error
    if answer == "stream: OK":
        return ""
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    raise ScannerUnavailable("an answer of another kind")


def _send(way: socket.socket, data: bytes | memoryview, deadline: float) -> None:
    # The time left for all of it: one who takes a little again and again is as slow as one who takes nothing.
    way.settimeout(max(0.01, deadline - time.monotonic()))
    way.sendall(data)


def _answer(way: socket.socket, deadline: float) -> str:
    said = b""
    while not said.endswith(b"\0"):
        way.settimeout(max(0.01, deadline - time.monotonic()))
        more = way.recv(1024)
        if not more or len(said) > _ANSWER_MOST:
            raise ValueError("no whole answer")
        said += more
    return said.rstrip(b"\0").decode("ascii", "replace")
