"""The unwrapped data keys that a process has at hand: a bounded number, each for 30 seconds at most."""

import threading
import time
from collections import OrderedDict
from typing import Final

from bloom.kernel.sealing import KeyHandle

SECONDS: Final = 30.0
MOST: Final = 20_000


class Keyring:
    """Keys by data key id ("key") and, for the active ones, by subject ("subject")."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[tuple[str, bytes], tuple[float, KeyHandle]] = OrderedDict()

    def get(self, kind: str, of: bytes) -> KeyHandle | None:
        entry = self._entries.get((kind, of))
        if entry is None:
            return None
        if entry[0] < time.monotonic():
            self.drop(kind, of)
            return None
        return entry[1]

    def put(self, kind: str, of: bytes, handle: KeyHandle) -> None:
        with self._lock:
            self._entries.pop((kind, of), None)
            self._entries[kind, of] = (time.monotonic() + SECONDS, handle)
            while len(self._entries) > MOST:
                self._entries.popitem(last=False)

    def drop(self, kind: str, of: bytes) -> None:
        with self._lock:
            self._entries.pop((kind, of), None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
