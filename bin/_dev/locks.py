"""Locks that the kernel releases when their holder ends, even by kill -9."""

import fcntl
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self


class Lock:
    """A lock file. One holder alone (`exclusive`) or many together (`shared`)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file: IO[str] = path.open("a+")

    def fileno(self) -> int:
        return self._file.fileno()

    def exclusive(self, wait: float = 0) -> bool:
        """Take the lock alone. False when others still hold it after `wait` seconds."""
        return self._take(fcntl.LOCK_EX, wait)

    def shared(self, wait: float = 0) -> bool:
        """Take the lock together with others. False when one holds it alone after `wait` seconds."""
        return self._take(fcntl.LOCK_SH, wait)

    def _take(self, kind: int, wait: float) -> bool:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(self._file, kind | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.05)

    def write(self, note: str) -> None:
        """Leave a note for those who find the lock taken."""
        self._file.truncate(0)
        self._file.write(note)
        self._file.flush()

    def read(self) -> str:
        """The holder's note."""
        return self.path.read_text().strip()

    def release(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release the lock and forget the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_held(path: Path) -> bool:
    """Say whether somebody holds this lock alone."""
    if not path.exists():
        return False
    with Lock(path) as lock:
        return not lock.shared()
