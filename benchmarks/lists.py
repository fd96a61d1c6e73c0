"""What opening messages costs as a practice grows: `python -m benchmarks.lists [FEWER] [MORE]`. Makes a test
database beside DATABASE_URL's, and fills it as `seed_demo --scale` does.

A therapist of the crowd and one of their patients ask for their lists and open a thread, as pages and by
REST, among FEWER (1,000) and then among MORE (10,000) patients. The bound is the same page among FEWER, in
the same run: the ratio may be small, the number of statements may not change at all, and nineteen of twenty
answers take less than 50 ms. What counts is the CPU of this process and of its PostgreSQL backend, which is
what an answer takes where nothing else is to be done; a busy machine moves it little, and the clock on the
wall, shown beside it, a lot. Then the list as the tables give it, beside the one that is kept
(messaging/list_cache.py).
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from benchmarks import report

ROUNDS = 60
SLOWER = 1.5
MOST_MS = 50.0
SECONDS_EACH = 0.25


def main(fewer: int, more: int) -> None:
    os.environ.setdefault("BLOOM_ENV", "test")
    os.environ["BLOOM_LOG_LEVEL"] = "ERROR"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bloom.settings")
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        compare(fewer, more)
    finally:
        teardown_databases(made, verbosity=0)


def compare(fewer: int, more: int) -> None:
    fill(fewer)
    few = {name: measure(ask) for name, ask in asks().items()}
    fill(more)
    many = {name: measure(ask) for name, ask in asks().items()}
    rows, faults, slowest = [], [], {}
    for name, answer in many.items():
        bound = f"{name}, {fewer:,} patients"
        median, p95, statements = answer.median, answer.p95, answer.statements
        few_median, few_statements = few[name].median, few[name].statements
        rows += [
            report.Row(name=bound, per_second=round(1 / few_median, 1), bound=bound, ratio=1.0),
            report.Row(
                name=f"{name}, {more:,} patients",
                per_second=round(1 / median, 1),
                bound=bound,
                ratio=round(few_median / median, 3),
            ),
        ]
        slowest[name] = {
            f"{fewer} patients, ms": round(few_median * 1000, 1),
            f"{more} patients, ms": round(median * 1000, 1),
            "p95_ms": round(p95 * 1000, 1),
            "wall_ms": round(answer.wall * 1000, 1),
            "statements": statements,
        }
        if statements != few_statements:
            faults.append(f"{name}: {statements} statements instead of {few_statements}")
        if median > few_median * SLOWER:
            faults.append(f"{name}: {median / few_median:.1f} times as slow")
        if p95 * 1000 > MOST_MS:
            faults.append(f"{name}: {p95 * 1000:.0f} ms")
    report.show("lists", rows)
    print(json.dumps({"answers": slowest}))
    report.show("the list kept", kept())
    if faults:
        raise SystemExit("; ".join(faults))


def fill(patients: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("seed_demo", scale=patients, force=True, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def asks() -> dict[str, Callable[[], object]]:
    """What is asked, by name: each call is one answer."""
    from django.conf import settings

    from messaging import selectors

    people: Any = import_module("accounts.tests.factories")

    found: dict[str, Callable[[], object]] = {}
    for who in ("therapist-0001", "patient-00001"):
        user = person(who)
        browser = people.browser(user)
        browser.defaults["HTTP_HOST"] = settings.ALLOWED_HOSTS[0]
        newest = selectors.conversation_list(people.actor(user)).items[0].id
        for path in (
            "/messages/",
            f"/messages/{newest}/",
            "/api/v1/conversations/",
            f"/api/v1/conversations/{newest}/messages/",
        ):
            found[f"{who} {path.replace(str(newest), '*')}"] = answered(browser, path)
    return found


def answered(browser: Any, path: str) -> Callable[[], object]:
    def ask() -> object:
        answer = browser.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answers {answer.status_code}")
        return answer

    return ask


def kept() -> list[report.Row]:
    """The therapist's list, and a patient's, read and kept."""
    from messaging import list_cache, selectors

    people: Any = import_module("accounts.tests.factories")

    work: dict[str, Callable[[], object]] = {}
    for who in ("therapist-0001", "patient-00001"):
        actor = people.actor(person(who))

        def read(actor: Any = actor) -> object:
            return list(selectors.conversation_list(actor, unread_first=True).items)

        def anew(actor: Any = actor) -> object:
            list_cache.lists_drop([actor.user_id])
            return list(selectors.conversation_list(actor, unread_first=True).items)

        work |= {f"{who}, kept": read, f"{who}, dropped and read": anew}
    rows = []
    for who in ("therapist-0001", "patient-00001"):
        own = {name: call for name, call in work.items() if name.startswith(who)}
        rows += report.compare(own, bound=f"{who}, dropped and read", rounds=9, seconds=SECONDS_EACH)
    return rows


def person(name: str) -> Any:
    from accounts.models import User

    return User.objects.get(email=f"{name}@bloom.demo")


@dataclass(frozen=True)
class Answer:
    """The CPU of one answer, in seconds: the median and the 95th percentile; how long one took by the clock
    on the wall, and in how many statements.
    """

    median: float
    p95: float
    wall: float
    statements: int


def measure(ask: Callable[[], object]) -> Answer:
    """Ask again and again. PostgreSQL's CPU is known in hundredths of a second: each answer bears a part."""
    statements = min(counted(ask) for _ in range(3))
    own, walls = [], []
    before = backend_seconds()
    for _each in range(ROUNDS):
        begun, wall = time.process_time(), time.perf_counter()
        ask()
        own.append(time.process_time() - begun)
        walls.append(time.perf_counter() - wall)
    database = (backend_seconds() - before) / ROUNDS
    own.sort()
    return Answer(
        median=statistics.median(own) + database,
        p95=own[int(len(own) * 0.95)] + database,
        wall=statistics.median(walls),
        statements=statements,
    )


def counted(ask: Callable[[], object]) -> int:
    """How many statements it takes, on whichever thread and connection they run. What is kept for seconds
    (roles, names) may run out in between: the least of some counts is the number.
    """
    from django.db.backends.utils import CursorWrapper

    statements = 0
    execute = CursorWrapper.execute

    def noted(cursor: Any, *given: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(cursor, *given)

    ask()
    CursorWrapper.execute = noted  # type: ignore[method-assign, assignment]
    try:
        ask()
    finally:
        CursorWrapper.execute = execute  # type: ignore[method-assign]
    return statements


def backend_seconds() -> float:
    """The CPU that PostgreSQL has used for this database's connections, on this machine."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for (pid,) in cursor]
    return sum(int(each[11]) + int(each[12]) for each in stats) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:3] or (1_000, 10_000)))
