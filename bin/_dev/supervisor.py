"""Web, worker, beat and the sandbox: started together, started again when they die, stopped in order."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from _dev.children import die_with_parent, kill_group, stop_group
from _dev.services import Services
from _dev.state import State
from _dev.terminal import ROOT, say

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
# A process that ran this long was well: its next end counts as the first again.
WELL_AFTER = 60.0
KEPT_LOG = 5_000_000


@dataclass
class Child:
    """A process that should always run. `patience` is how long it may take to stop."""

    name: str
    command: list[str]
    patience: float
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    again_at: float = 0
    failures: int = field(default=0)

    def start(self, env: Mapping[str, str]) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        self.started = time.monotonic()

    def put_log_aside(self) -> None:
        """Keep a big log beside a new one. Whoever writes to it goes on: it is copied, then emptied."""
        if self.log.exists() and self.log.stat().st_size > KEPT_LOG:
            shutil.copy(self.log, self.log.with_suffix(".log.old"))
            os.truncate(self.log, 0)

    def pause(self) -> float:
        """How long to wait before the next start, after one more failure."""
        if time.monotonic() - self.started > WELL_AFTER:
            self.failures = 0
        self.failures += 1
        return float(min(FIRST_PAUSE * 2 ** (self.failures - 1), LONGEST_PAUSE))


class Supervisor:
    """Keeps children running, and the services under them."""

    def __init__(self, state: State, services: Services | None, env: Mapping[str, str]) -> None:
        self.state = state
        self.services = services
        self.env = env
        self.children: list[Child] = []

    def start(self, name: str, command: list[str], patience: float = 10) -> Child:
        """Start a child; its output goes to a log of its name, the last big one kept beside it."""
        child = Child(name, command, patience, self.state.log(name))
        child.put_log_aside()
        self.children.append(child)
        child.start(self.env)
        return child

    def check(self) -> None:
        """Look at every child once; start again what has ended, after a pause that grows. Big logs are put
        aside.
        """
        if self.services is not None and self.services.revive():
            say("The services had ended; they start again.")
        for child in self.children:
            child.put_log_aside()
            process = child.process
            if process is None:
                if time.monotonic() >= child.again_at:
                    child.start(self.env)
            elif process.poll() is not None:
                kill_group(process)
                child.process = None
                pause = child.pause()
                child.again_at = time.monotonic() + pause
                how = how_it_ended(process.returncode)
                say(f"{child.name} {how}; again in {pause:.0f} s. Its log: {shown(child.log)}")

    def watch(self) -> None:
        """Supervise until a signal ends this process."""
        while True:
            self.check()
            time.sleep(0.25)

    def stop(self) -> None:
        """Stop the children in the order of their start, so that web takes no work that nobody does."""
        for child in self.children:
            if child.process is not None:
                stop_group(child.process, signal.SIGTERM, child.patience)
        self.children.clear()


def how_it_ended(status: int) -> str:
    """Say in words what a return code means."""
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def shown(path: Path) -> str:
    """A path as a person in the project's folder would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
