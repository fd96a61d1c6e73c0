"""Looking at a stranger's file in a process of its own: an empty environment, a bound on its
memory and time, and when it dies only the file is refused.
"""

import json
import signal
import subprocess
import sys
from typing import Any, Final

from django.conf import settings

from bloom.files.checks.examine import Examined
from bloom.files.checks.faults import Fault, Refused
from bloom.files.checks.kinds import Kind
from bloom.kernel.db import network_check

SECONDS: Final = 30
# Less than half of what a worker's pod has: it looks beside the worker's own processes.
MEMORY: Final = 700 * 1024 * 1024
_READY: Final = b"ready\n"


class CheckBroken(RuntimeError):
    """The check itself could not be made; says nothing about the file."""


def examine(content: bytes, suffix: str, *, seconds: int = SECONDS, memory: int = MEMORY) -> Examined:
    """What the file is and what of it is kept. Raises Refused, and CheckBroken when nobody could look."""
    network_check("the check of a file")
    asked = json.dumps({"suffix": suffix, "seconds": seconds, "memory": memory}).encode() + b"\n"
    try:
        # Our own program, and no word of the file in its arguments.
        done = subprocess.run(
            [sys.executable, "-m", "bloom.files.checks.child"],
            input=asked + content,
            capture_output=True,
            cwd=settings.BASE_DIR,
            env={},
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(Fault.TOO_COMPLEX) from None
    if not done.stdout.startswith(_READY):
        raise CheckBroken(f"the child left with {done.returncode} before it looked")
    if done.returncode == -signal.SIGKILL:
        # Nobody here does that: the machine had no memory left, perhaps for quite another reason.
        raise CheckBroken("the child was killed")
    if done.returncode == -signal.SIGXCPU:
        raise Refused(Fault.TOO_COMPLEX)
    if done.returncode != 0:
        # It died over this file.
        raise Refused(Fault.DAMAGED)
    line, _, rest = done.stdout[len(_READY) :].partition(b"\n")
    return _read(json.loads(line), rest)


def _read(told: dict[str, Any], rest: bytes) -> Examined:
    if "fault" in told:
        raise Refused(Fault(told["fault"]))
    middle = told["content"]
    return Examined(
        kind=Kind(told["kind"]),
        content=rest[:middle],
        thumbnail=rest[middle : middle + told["thumbnail"]],
        width=told["width"],
        height=told["height"],
    )
