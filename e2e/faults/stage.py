"""Where a trial takes place: a Bloom of its own, and what can be done to it from outside."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from _dev import environment, packages, ports, stack
from _dev.locks import Lock
from _dev.programs import Programs
from _dev.state import VAR, State
from _dev.supervisor import Supervisor
from _dev.terminal import ROOT, Stop

STATE = State(VAR / "faults")
BACK_WITHIN = 180
SEALED_WITHIN = 120
TOKENS = """
import django, io, json, sys
django.setup()
from django.core.management import call_command
tokens = {}
scope, *names = sys.argv[1:]
for name in names:
    said = io.StringIO()
    call_command("issue_api_token", f"{name}@bloom.demo", scope=[scope], stdout=said)
    tokens[name] = said.getvalue().strip()
print(json.dumps(tokens))
"""


@contextmanager
def standing() -> "Iterator[Stage]":
    """Start a Bloom with fresh demo people; everything is taken down at the end. Raises Stop."""
    with Lock(STATE.run_lock) as lock:
        if not lock.exclusive(wait=2):
            raise Stop("Another trial runs in this folder: wait for it, or stop it.")
        Programs(STATE).forget()
        STATE.clear()
        port = ports.pick()
        plan = stack.Plan(
            STATE,
            port,
            base=environment.hermetic(),
            # The limits keep one person from asking as fast as this.
            extra={"BLOOM_RATE_FACTOR": "1000", "BLOOM_LOG_LEVEL": "WARNING"},
            has_pages=False,
        )
        with stack.running(plan) as supervisor:
            yield Stage(supervisor, port)


class Stage:
    """A Bloom that runs, and is killed in parts."""

    def __init__(self, supervisor: Supervisor, port: int) -> None:
        self.supervisor = supervisor
        self.port = port

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def env(self) -> Mapping[str, str]:
        return self.supervisor.env

    def check(self) -> None:
        """Start again what has ended."""
        self.supervisor.check()

    def tokens(self, names: Sequence[str], *, scope: str) -> Mapping[str, str]:
        """An API token for each of these demo people, by the local part of their address."""
        env = {**self.env, "DJANGO_SETTINGS_MODULE": "bloom.settings"}
        said = subprocess.run(
            [packages.PYTHON, "-c", TOKENS, scope, *names],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True,
        ).stdout  # fmt: skip
        found: dict[str, str] = json.loads(said.splitlines()[-1])
        return found

    def record_faults(self, unsealed: Callable[[], int]) -> Iterator[str]:
        """What is wrong with the record, once all of it can be sealed: a killed worker had seals to make, and
        another makes them.
        """
        ends = time.monotonic() + SEALED_WITHIN
        while waiting := unsealed():
            self.check()
            if time.monotonic() > ends:
                yield f"{waiting} rows of the record are not sealed"
                break
            time.sleep(0.5)
        done = subprocess.run(
            [packages.PYTHON, "manage.py", "verify_audit"],
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            yield f"verify_audit: {done.stderr.strip()}"

    def kill(self, victim: str) -> int:
        """Kill it and wait until it is back; 1 when there was something to kill, else 0."""
        ends = time.monotonic() + BACK_WITHIN
        before = self._processes(victim)
        while not before:
            # It is only just coming back from the last time.
            if time.monotonic() > ends:
                raise Stop(f"{victim} is not there to be killed: see {STATE.logs}")
            time.sleep(0.05)
            before = self._processes(victim)
        hit = 0
        for pid in before:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                hit = 1
        while not self._is_back(victim, before):
            for child in self.supervisor.children:
                # This was not its fault: it need not wait longer each time.
                child.failures = 0
            self.check()
            if time.monotonic() > ends:
                raise Stop(f"{victim} did not come back: see {STATE.logs}")
            time.sleep(0.05)
        return hit

    def _is_back(self, victim: str, before: Sequence[int]) -> bool:
        now = self._processes(victim)
        return bool(now) and now[0] not in before and stack.is_ready(self.port, "/readyz")

    def _processes(self, victim: str) -> list[int]:
        """Its process, and those that this one has started: all die in the same moment."""
        if victim in {"web", "worker"}:
            child = next(each for each in self.supervisor.children if each.name == victim)
            running = child.process is not None and child.process.poll() is None
            return [child.process.pid, *_children(child.process.pid)] if child.process and running else []
        services = self.supervisor.services
        keeper = services.keeper if services else None
        if keeper is None:
            return []
        program = "postgres" if victim == "PostgreSQL" else "valkey-server"
        first = [pid for pid in _children(keeper.pid) if _program(pid) == program]
        return [*first[:1], *(_children(first[0]) if first else [])]


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _program(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
