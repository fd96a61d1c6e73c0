"""The unwrapped data keys that a process has at hand: a bounded number, each for 30 seconds at most."""

import itertools
import threading
import time
from collections import OrderedDict
from typing import Final

from bloom.kernel.sealing import KeyHandle

SECONDS: Final = 30.0
MOST: Final = 20_000
# So many keys at most are asked for along with one that is missing.
TOGETHER: Final = 100


class Keyring:
    """Keys by data key id ("key") and, for the active ones, by subject ("subject")."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The oldest stand first.
        self._entries: OrderedDict[tuple[str, bytes], tuple[float, KeyHandle]] = OrderedDict()
        # What was taken since it was put here.
        self._needed: set[tuple[str, bytes]] = set()

    def get(self, kind: str, of: bytes) -> KeyHandle | None:
        entry = self._entries.get((kind, of))
        if entry is None:
            return None
        if entry[0] < time.monotonic():
            self.drop(kind, of)
            return None
        self._needed.add((kind, of))
        return entry[1]

    def due(self, kind: str) -> list[KeyHandle]:
        """The keys of this kind that were taken lately and are half way to being forgotten. Whoever has to
        ask for one asks for these, too, instead of one by one as they run out.
        """
        now = time.monotonic()
        due: list[KeyHandle] = []
        with self._lock:
            for name, (until, handle) in list(itertools.islice(self._entries.items(), 4 * TOGETHER)):
                if until > now + SECONDS / 2 or len(due) == TOGETHER:
                    break
                if name[0] == kind and name in self._needed:
                    due.append(handle)
                elif until <= now:
                    del self._entries[name]
                    self._needed.discard(name)
        return due

    def put(self, kind: str, of: bytes, handle: KeyHandle) -> None:
        with self._lock:
            self._entries.pop((kind, of), None)
            self._entries[kind, of] = (time.monotonic() + SECONDS, handle)
            self._needed.discard((kind, of))
            while len(self._entries) > MOST:
                self._needed.discard(self._entries.popitem(last=False)[0])

    def drop(self, kind: str, of: bytes) -> None:
        with self._lock:
            self._entries.pop((kind, of), None)
            self._needed.discard((kind, of))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._needed.clear()
