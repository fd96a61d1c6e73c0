"""Working a stranger's calendar out in a process of its own: an empty environment, a bound on its memory and
time, and when it dies only that calendar is not read.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from bloom.kernel.db import network_check
from scheduling.integrations.outside.port import NotRead
from scheduling.rules import outside as rules
from scheduling.rules.openings import Span
from scheduling.selectors.entries import uid_end, uid_of
from scheduling.types import OutsideFault

# Of the processor, and on the wall: the wall counts where the machine is busy with others.
SECONDS: Final = 15
DEADLINE: Final = 25.0
# One entry that takes longer is left aside.
ENTRY_SECONDS: Final = 1.0
MEMORY: Final = 512 * 1024 * 1024
_READY: Final = b"ready\n"


class ReaderBroken(RuntimeError):
    """Nobody could look; says nothing about the calendar."""


def busy_read(
    raw: bytes,
    *,
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    counted: Collection[UUID] = (),
    seconds: int = SECONDS,
) -> list[Span]:
    """When its owner is busy from `start` until `end`, merged, but for what Bloom itself has put there: of
    that the appointments `counted` alone. Raises NotRead, and ReaderBroken.
    """
    network_check("a calendar that is worked out")
    try:
        rules.entries_check(raw)
    except rules.TooMuch:
        raise NotRead(OutsideFault.TOO_MUCH) from None
    asked = {
        "zone": zone.key,
        "start": start.isoformat(),
        "end": end.isoformat(),
        # What Bloom knows itself would else stand against its own moves.
        "own": uid_end(),
        "counted": [uid_of(each) for each in counted],
        "seconds": seconds,
        "entry_seconds": ENTRY_SECONDS,
        "memory": MEMORY,
    }
    try:
        # Our own program, and no word of the calendar in its arguments.
        done = subprocess.run(
            [sys.executable, "-m", "scheduling.outside_child"],
            input=json.dumps(asked).encode() + b"\n" + raw,
            capture_output=True,
            cwd=settings.BASE_DIR,
            env={},
            timeout=DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotRead(OutsideFault.TOO_MUCH) from None
    except OSError as error:
        raise ReaderBroken("no child was to be had") from error
    if not done.stdout.startswith(_READY):
        raise ReaderBroken(f"the child left with {done.returncode} before it looked")
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise NotRead(OutsideFault.TOO_MUCH)
    if done.returncode != 0:
        # It died over this calendar.
        raise NotRead(OutsideFault.GARBLED)
    told = json.loads(done.stdout[len(_READY) :])
    if "fault" in told:
        raise NotRead(OutsideFault(told["fault"]))
    return [(datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in told["spans"]]
