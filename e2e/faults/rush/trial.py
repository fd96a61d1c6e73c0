"""One trial: a Bloom of its own, processes that want the same times, and a Redis that forgets and dies."""

import json
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import redis
from _dev import packages
from _dev.terminal import ROOT, Stop, step

from e2e.faults import stage
from e2e.faults.crowd import PATIENTS
from e2e.faults.rush import checks
from e2e.faults.rush.client import LOST, OWN

THERAPIST = "therapist"
SESSION = timedelta(minutes=50)
APART = timedelta(hours=1)
PROGRESS_WITHIN = 600
IN_CARE = """
    SELECT p.email, p.id::text, t.id::text FROM accounts_assignment a
    JOIN accounts_user p ON p.id = a.patient_id JOIN accounts_user t ON t.id = a.therapist_id
    WHERE a.ended_at IS NULL AND t.email = %s"""


@dataclass
class Report:
    """How it went. `faults` is empty when the guarantee held."""

    attempts: int
    processes: int
    slots: int
    faults: list[str] = field(default_factory=list)
    said: dict[str, int] = field(default_factory=dict)
    again: int = 0
    kills: int = 0
    flushes: int = 0
    looks: int = 0
    seconds: float = 0

    def line(self) -> str:
        said = ", ".join(f"{code} {count}" for code, count in sorted(self.said.items()))
        return (
            f"{self.attempts} attempts of {self.processes} processes on {self.slots} times in "
            f"{self.seconds:.0f} s; Valkey flushed {self.flushes} times, kill -9 {self.kills} times; {said}; "
            f"{self.again} asked anew; looked {self.looks} times meanwhile. "
            + (f"{len(self.faults)} FAULTS" if self.faults else "One appointment a time; record whole.")
        )

    def json(self) -> str:
        return json.dumps({**self.__dict__, "faults": len(self.faults), "seconds": round(self.seconds, 1)})


def run(attempts: int, processes: int, slots: int, kills: int) -> Report:
    """Try it. Raises Stop when Bloom cannot be started at all."""
    with stage.standing() as made:
        return Trial(made, Report(attempts, processes, slots), kills).run()


class Trial:
    """The main thread: it starts the processes, kills Valkey, and looks into the tables meanwhile."""

    def __init__(self, made: stage.Stage, report: Report, kills: int) -> None:
        self.stage = made
        self.report = report
        self.kills = kills
        self.database = made.env["DATABASE_OWNER_URL"]
        self.tokens = dict(made.tokens([THERAPIST, *PATIENTS], scope="scheduling:write"))
        self.told: list[dict[str, Any]] = []
        self.known: list[str] = []
        self.over = threading.Event()

    def run(self) -> Report:
        begun = time.monotonic()
        with step("Looking for who may book what"):
            orders = self._orders()
        forgetful = threading.Thread(target=self._forget, daemon=True)
        children = [self._child(number, orders) for number in range(self.report.processes)]
        readers = [threading.Thread(target=self._read, args=(child,), daemon=True) for child in children]
        try:
            with step("Booking, while Valkey forgets and is killed"):
                for thread in (forgetful, *readers):
                    thread.start()
                for number in range(self.kills):
                    self._until_told(self.report.attempts * (number + 0.5) / self.kills)
                    self.report.kills += self.stage.kill("Valkey")
                self._until_told(self.report.attempts)
        finally:
            self.over.set()
            for child in children:
                child.terminate()
            for child in children:
                child.wait(30)
            for thread in (forgetful, *readers):
                thread.join(10)
        self.report.seconds = time.monotonic() - begun
        with step("Checking the tables, and the record"):
            self._leftovers(orders)
            self.report.faults += self._faults(orders["slots"])
        return self.report

    # Who wants what ------------------------------------------------------------------------------------

    def _orders(self) -> dict[str, Any]:
        """The times that all of them want, and who can book them."""
        self.known = checks.appointments(self.database)
        for name in PATIENTS:
            self._leave_lines(name)
        with psycopg.connect(self.database) as connection:
            rows = connection.execute(IN_CARE, [f"{THERAPIST}@bloom.demo"]).fetchall()
        in_care = {email.partition("@")[0]: id_ for email, id_, _therapist in rows}
        therapist = rows[0][2]
        begins = datetime.now(UTC) + timedelta(days=3)
        offered = {name: self._slots(name, therapist, begins) for name in PATIENTS if name in self.tokens}
        mine = next(offered[name] for name in in_care if offered.get(name))
        service = next(each["service"] for each in mine if _end(each) - _start(each) == SESSION)
        able = [name for name in PATIENTS if any(each["service"] == service for each in offered[name])]
        slots: list[str] = []
        for each in mine:
            if each["service"] == service and (not slots or _start(each) - _moment(slots[-1]) >= APART):
                slots.append(each["starts_at"])
        if len(able) < self.report.processes or len(slots) < self.report.slots:
            raise Stop(f"The demo has {len(able)} patients and {len(slots)} times, which is too few.")
        return {
            "address": self.stage.address,
            "therapist": therapist,
            "service": service,
            "slots": slots[: self.report.slots],
            "able": able,
            "in_care": [id_ for name, id_ in in_care.items() if name in able],
            "therapist_token": self.tokens[THERAPIST],
        }

    def _leave_lines(self, name: str) -> None:
        """What is given back goes to everybody at once: nobody waits for it."""
        for place in self._ask(name, "GET", "/waitlist/").raise_for_status().json()["results"]:
            self._ask(name, "DELETE", f"/waitlist/{place['id']}/").raise_for_status()

    def _slots(self, name: str, therapist: str, begins: datetime) -> list[dict[str, Any]]:
        answer = self._ask(
            name,
            "GET",
            f"/therapists/{therapist}/slots/",
            params={"from": begins.isoformat(), "to": (begins + timedelta(days=14)).isoformat()},
        )
        found: list[dict[str, Any]] = answer.raise_for_status().json()["results"]
        return found

    def _ask(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        address = f"http://{self.stage.address}/api/v1{path}"
        return httpx.request(method, address, headers=headers, timeout=60, **more)

    def _child(self, number: int, orders: Mapping[str, Any]) -> "subprocess.Popen[str]":
        count = self.report.processes
        share = self.report.attempts // count + (number < self.report.attempts % count)
        patients = {name: self.tokens[name] for name in orders["able"][number::count]}
        told = {**orders, "attempts": share, "patients": patients, "seed": number}
        child = subprocess.Popen(
            [packages.PYTHON, "-m", "e2e.faults.rush.client"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdin is not None
        child.stdin.write(json.dumps(told))
        child.stdin.close()
        return child

    def _read(self, child: "subprocess.Popen[str]") -> None:
        assert child.stdout is not None
        with child.stdout as lines:
            for line in lines:
                self.told.append(json.loads(line))

    # Meanwhile -----------------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Redis loses all that it holds, again and again."""
        chance = random.Random(0)
        while not self.over.wait(chance.uniform(0.1, 1)):
            try:
                with redis.Redis.from_url(self.stage.env["REDIS_URL"]) as client:
                    client.flushall()
                self.report.flushes += 1
            except redis.RedisError:
                continue

    def _until_told(self, count: float) -> None:
        ends, looks_at = time.monotonic() + PROGRESS_WITHIN, 0.0
        while len(self.told) < count:
            self.stage.check()
            now = time.monotonic()
            if now > looks_at:
                looks_at = now + 1
                self.report.looks += 1
                if pairs := checks.doubled(self.database):
                    self.report.faults.append(
                        f"{pairs} pairs of sessions overlap after {len(self.told)} attempts"
                    )
            if now > ends:
                raise Stop(f"No progress: {len(self.told)} of {self.report.attempts} attempts are over.")
            time.sleep(0.02)

    # The end -------------------------------------------------------------------------------------------

    def _leftovers(self, orders: Mapping[str, Any]) -> None:
        """Whoever comes alone gets the times that nobody has kept."""
        with redis.Redis.from_url(self.stage.env["REDIS_URL"]) as client:
            client.flushall()
        kept = {each["slot"] for each in self.told if each["said"] == "booked" and not each["gone"]}
        for slot in sorted(set(orders["slots"]) - kept):
            wanted = {"therapist": orders["therapist"], "service": orders["service"], "starts_at": slot}
            for name in orders["able"]:
                hold = self._ask(name, "POST", "/holds/", json=wanted)
                made = hold.is_success and self._ask(
                    name, "POST", "/appointments/", json={"hold": hold.json()["id"]}
                )
                if made and made.is_success:
                    told = {"said": "left", "id": made.json()["id"], "slot": slot, "gone": False, "again": 0}
                    self.told.append(told)
                    break
                # This one is elsewhere then: nobody is kept from it by what they hold.
                if hold.is_success:
                    self._ask(name, "DELETE", f"/holds/{hold.json()['id']}/")

    def _faults(self, slots: Sequence[str]) -> Iterator[str]:
        said = Counter(each["said"] for each in self.told)
        self.report.said = dict(said)
        self.report.again = sum(each["again"] for each in self.told)
        if said.total() - said["left"] != self.report.attempts:
            yield f"{said.total() - said['left']} of {self.report.attempts} attempts were answered"
        for unclear in said.keys() - LOST - OWN - {"booked", "left"}:
            yield f"{said[unclear]} times: {unclear}"
        if not said["booked"] or not any(said[code] for code in LOST):
            yield "nobody was in anybody's way"
        yield from checks.tables_check(
            self.database,
            slots,
            known=self.known,
            booked=[each["id"] for each in self.told if each["id"]],
            kept=[each["id"] for each in self.told if each["id"] and not each["gone"]],
        )
        yield from self.stage.record_faults(lambda: checks.unsealed(self.database))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _start(slot: Mapping[str, Any]) -> datetime:
    return _moment(slot["starts_at"])


def _end(slot: Mapping[str, Any]) -> datetime:
    return _moment(slot["ends_at"])
