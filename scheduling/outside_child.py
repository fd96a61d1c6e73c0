"""The child process that works one calendar out: `python -m scheduling.outside_child`.

In: a line of JSON, then the calendar. Out: the line "ready", then a line of JSON. One calendar each, since
the library keeps zones by name: what one person's calendar calls "Work" decides no other's times.
"""

import json
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.rules import outside as rules


def main() -> None:
    asked = json.loads(sys.stdin.buffer.readline())
    _bound(resource.RLIMIT_AS, asked["memory"])
    # It is told that its time is over, and ended a second later.
    _bound(resource.RLIMIT_CPU, asked["seconds"], asked["seconds"] + 1)
    # It writes no file, and starts nothing.
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_NPROC, 0)
    sys.stdout.buffer.write(b"ready\n")
    sys.stdout.buffer.flush()
    signal.signal(signal.SIGVTALRM, _too_long)

    @contextmanager
    def bound() -> Iterator[None]:
        signal.setitimer(signal.ITIMER_VIRTUAL, asked["entry_seconds"], asked["entry_seconds"])
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    try:
        spans = rules.busy_read(
            sys.stdin.buffer.read(),
            zone=ZoneInfo(asked["zone"]),
            start=datetime.fromisoformat(asked["start"]),
            end=datetime.fromisoformat(asked["end"]),
            own=asked["own"],
            counted=asked["counted"],
            bound=bound,
        )
    except rules.Unreadable:
        _tell({"fault": "garbled"})
    except (rules.TooMuch, MemoryError, RecursionError):
        _tell({"fault": "too_much"})
    else:
        _tell({"spans": [[starts_at.isoformat(), ends_at.isoformat()] for starts_at, ends_at in spans]})


def _too_long(number: int, frame: object) -> None:
    raise rules.TooLong


def _bound(what: int, most: int, end: int | None = None) -> None:
    try:
        resource.setrlimit(what, (most, most if end is None else end))
    except (ValueError, OSError):
        # Not every system has every bound; the deadline holds everywhere.
        return


def _tell(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
