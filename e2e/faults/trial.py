"""One trial: a Bloom of its own, a crowd of clients, and kill -9 in turn while they write."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from _dev import environment, packages, ports, stack
from _dev.locks import Lock
from _dev.programs import Programs
from _dev.state import VAR, State
from _dev.supervisor import Supervisor
from _dev.terminal import ROOT, Stop, step

from e2e.faults import checks
from e2e.faults.crowd import PATIENTS, THERAPISTS, Crowd

STATE = State(VAR / "faults")
# In this order, again and again.
VICTIMS = ("web", "worker", "Valkey", "PostgreSQL")
BACK_WITHIN = 180
PROGRESS_WITHIN = 300
SEALED_WITHIN = 120
TOKENS = """
import django, io, json, sys
django.setup()
from django.core.management import call_command
tokens = {}
for name in sys.argv[1:]:
    said = io.StringIO()
    call_command("issue_api_token", f"{name}@bloom.demo", scope=["conversations:write"], stdout=said)
    tokens[name] = said.getvalue().strip()
print(json.dumps(tokens))
"""


@dataclass
class Report:
    """How it went. `faults` is empty when the guarantee held."""

    messages: int
    faults: list[str] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    seconds: float = 0
    openings: int = 0
    resumes: int = 0
    repeats: int = 0

    def line(self) -> str:
        killed = ", ".join(f"{name} {count}" for name, count in self.kills.items())
        return (
            f"{self.messages} messages in {self.seconds:.0f} s; kill -9: {killed}; {self.openings} sockets, "
            f"{self.resumes} resumes, {self.repeats} repeats answered with the message of then. "
            + (
                f"{len(self.faults)} FAULTS"
                if self.faults
                else "0 lost, 0 doubled, 0 out of order; record whole."
            )
        )

    def json(self) -> str:
        return json.dumps({**self.__dict__, "faults": len(self.faults), "seconds": round(self.seconds, 1)})


def run(messages: int, kills: int) -> Report:
    """Try it with so many messages and kills. Raises Stop when Bloom cannot be started at all."""
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
            # The limits keep one person from sending as fast as this.
            extra={"BLOOM_RATE_FACTOR": "1000", "BLOOM_LOG_LEVEL": "WARNING"},
            has_pages=False,
        )
        with stack.running(plan) as supervisor:
            return Trial(supervisor, port, messages, kills).run()


class Trial:
    """The main thread: it starts processes, kills them, and sees them come back."""

    def __init__(self, supervisor: Supervisor, port: int, messages: int, kills: int) -> None:
        self.supervisor = supervisor
        self.port = port
        self.victims = [VICTIMS[number % len(VICTIMS)] for number in range(kills)]
        self.report = Report(messages, kills=dict.fromkeys(VICTIMS, 0))
        self.crowd = Crowd(f"127.0.0.1:{port}", self._tokens([*THERAPISTS, *PATIENTS]))

    def run(self) -> Report:
        begun = time.monotonic()
        self.crowd.begin(self.report.messages)
        try:
            with step("Writing, and killing"):
                for number, victim in enumerate(self.victims):
                    self._phase(number, victim)
            with step("Waiting until everybody has seen everything"):
                self.crowd.allow(self.report.messages)
                self.crowd.settle()
            self.report.seconds = time.monotonic() - begun
            with step("Checking what is stored, and the record"):
                self.report.faults = list(self._faults())
        finally:
            self.crowd.close()
        for client in self.crowd.clients:
            self.report.openings += client.openings
            self.report.resumes += client.resumes
            self.report.repeats += client.repeats
        return self.report

    def _phase(self, number: int, victim: str) -> None:
        """Let everybody write for a while, and kill in the middle of it."""
        share = self.report.messages / len(self.victims)
        self.crowd.allow(round(share * (number + 1)))
        self._until_acked(share * (number + 1 / 3))
        self.report.kills[victim] += self._kill(victim)
        self._until_acked(share * (number + 2 / 3))

    def _until_acked(self, count: float) -> None:
        ends = time.monotonic() + PROGRESS_WITHIN
        while self.crowd.acks < count:
            self.supervisor.check()
            if time.monotonic() > ends:
                raise Stop(f"No progress: {self.crowd.acks} of {self.report.messages} are sent.")
            time.sleep(0.01)

    # Killing -------------------------------------------------------------------------------------------

    def _kill(self, victim: str) -> int:
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
            self.supervisor.check()
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

    # The end -------------------------------------------------------------------------------------------

    def _faults(self) -> Iterator[str]:
        database = self.supervisor.env["DATABASE_OWNER_URL"]
        yield from checks.crowd_check(self.crowd)
        yield from checks.record_check(database)
        yield from self._seal_check(database)
        done = subprocess.run(
            [packages.PYTHON, "manage.py", "verify_audit"],
            cwd=ROOT, env=self.supervisor.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            yield f"verify_audit: {done.stderr.strip()}"

    def _seal_check(self, database: str) -> Iterator[str]:
        """The worker that was killed had seals to make: another makes them."""
        ends = time.monotonic() + SEALED_WITHIN
        while waiting := checks.unsealed(database):
            self.supervisor.check()
            if time.monotonic() > ends:
                yield f"{waiting} rows of the record are not sealed"
                return
            time.sleep(0.5)

    def _tokens(self, names: Sequence[str]) -> Mapping[str, str]:
        env = {**self.supervisor.env, "DJANGO_SETTINGS_MODULE": "bloom.settings"}
        said = subprocess.run(
            [packages.PYTHON, "-c", TOKENS, *names],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True,
        ).stdout  # fmt: skip
        found: dict[str, str] = json.loads(said.splitlines()[-1])
        return found


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _program(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
