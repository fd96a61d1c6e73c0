"""One trial: a Bloom of its own, a crowd of clients, and kill -9 in turn while they write."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from _dev.terminal import Stop, step

from e2e.faults import checks, stage
from e2e.faults.crowd import PATIENTS, THERAPISTS, Crowd

# In this order, again and again.
VICTIMS = ("web", "worker", "Valkey", "PostgreSQL")
PROGRESS_WITHIN = 300


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
    with stage.standing() as made:
        return Trial(made, messages, kills).run()


class Trial:
    """The main thread: it starts processes, kills them, and sees them come back."""

    def __init__(self, made: stage.Stage, messages: int, kills: int) -> None:
        self.stage = made
        self.victims = [VICTIMS[number % len(VICTIMS)] for number in range(kills)]
        self.report = Report(messages, kills=dict.fromkeys(VICTIMS, 0))
        tokens = made.tokens([*THERAPISTS, *PATIENTS], scope="conversations:write")
        self.crowd = Crowd(made.address, tokens)

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
        self.report.kills[victim] += self.stage.kill(victim)
        self._until_acked(share * (number + 2 / 3))

    def _until_acked(self, count: float) -> None:
        ends = time.monotonic() + PROGRESS_WITHIN
        while self.crowd.acks < count:
            self.stage.check()
            if time.monotonic() > ends:
                raise Stop(f"No progress: {self.crowd.acks} of {self.report.messages} are sent.")
            time.sleep(0.01)

    def _faults(self) -> Iterator[str]:
        database = self.stage.env["DATABASE_OWNER_URL"]
        yield from checks.crowd_check(self.crowd)
        yield from checks.record_check(database)
        yield from self.stage.record_faults(lambda: checks.unsealed(database))
