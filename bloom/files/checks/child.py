"""The child process that looks at one file: `python -m bloom.files.checks.child`.

In: a line of JSON, then the file. Out: the line "ready", a line of JSON, then what is kept of it.
"""

import json
import resource
import sys
from typing import Any

from bloom.files.checks.examine import examine
from bloom.files.checks.faults import Fault, Refused


def main() -> None:
    asked = json.loads(sys.stdin.buffer.readline())
    _bound(resource.RLIMIT_AS, asked["memory"])
    # It is told that its time is over, and ended a second later: an end without a word is nobody's fault.
    _bound(resource.RLIMIT_CPU, asked["seconds"], asked["seconds"] + 1)
    # It writes no file, and starts nothing.
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_NPROC, 0)
    _answer(b"ready\n")
    content = sys.stdin.buffer.read()
    try:
        found = examine(content, asked["suffix"])
    except Refused as refused:
        _tell({"fault": refused.fault.value})
        return
    except (MemoryError, RecursionError):
        _tell({"fault": Fault.TOO_COMPLEX.value})
        return
    _tell(
        {
            "kind": found.kind.value,
            "width": found.width,
            "height": found.height,
            "content": len(found.content),
            "thumbnail": len(found.thumbnail),
        }
    )
    _answer(found.content)
    _answer(found.thumbnail)


def _bound(what: int, most: int, end: int | None = None) -> None:
    try:
        resource.setrlimit(what, (most, most if end is None else end))
    except (ValueError, OSError):
        # Not every system has every bound; the deadline holds everywhere.
        return


def _tell(answer: dict[str, Any]) -> None:
    _answer(json.dumps(answer).encode() + b"\n")


def _answer(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
