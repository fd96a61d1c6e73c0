"""Child processes that never outlive their parent."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress

PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def die_with_parent(number: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """Return a `preexec_fn`: the kernel sends the child `number` when this process ends, however it ends.

    It runs after subprocess has changed the user, as it must: a change of user clears the request.
    """
    parent = os.getpid()

    def ask_kernel() -> None:
        _prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it ended between fork and prctl
            os._exit(1)

    return ask_kernel


def stop_group(process: subprocess.Popen[bytes], number: signal.Signals, seconds: float) -> None:
    """End a child that leads its own session: ask with `number`, wait, then kill what is left of it."""
    try:
        if process.poll() is None:
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
    finally:
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a session's leader, if it still runs, and the grandchildren that it left behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
