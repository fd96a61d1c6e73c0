"""What the record costs: `python -m benchmarks.audit [ROWS]`. Makes a test database beside DATABASE_URL's.

Three questions, each with a bound of the same run on the same server:
- append: an event in a transaction of its own, against one bare INSERT of the same row in autocommit;
- seal: rows a second into signed batches, against inserting as many bare entries in bulk;
- verify: rows a second, against reading the same rows and doing nothing with them.
"""

import os
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import django

from benchmarks import report


def main(count: int) -> None:
    os.environ.setdefault("BLOOM_ENV", "test")
    os.environ["BLOOM_LOG_LEVEL"] = "ERROR"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bloom.settings")
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        append()
        seal_and_verify(count)
    finally:
        teardown_databases(made, verbosity=0)


def append() -> None:
    from django.db import connection

    from bloom.kernel import clock, db
    from bloom.kernel.actor import Actor, Via
    from observability import events, services

    person = Actor(user_id=uuid.uuid4(), via=Via.API, ip="192.0.2.1", device="benchmark")

    @db.transactional
    def event() -> None:
        refused = events.AccessRefused(object_id=uuid.uuid4(), kind="bench.row", code="bench", route="bench")
        services.event_record(person, refused, at=clock.now())

    event()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_event (LIKE observability_event INCLUDING ALL)")
        cursor.execute("SELECT * FROM observability_event LIMIT 1")
        row = cursor.fetchone()
    marks = ", ".join(["%s"] * len(row))

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO bench_event VALUES ({marks})", [uuid.uuid4(), *row[1:]])

    rows = report.compare(
        {"event_record": event, "one bare INSERT": bare}, bound="one bare INSERT", seconds=0.5
    )
    report.show("audit append", rows)


def seal_and_verify(count: int) -> None:
    from django.db import connection
    from django.db.models import QuerySet

    from bloom.kernel import clock, db
    from bloom.kernel.actor import Actor, Via
    from observability import events, services
    from observability.models import Event, SealEntry

    system = Actor.for_system("benchmark", via=Via.COMMAND)

    @db.transactional
    def fill(rows: int) -> None:
        for _ in range(rows):
            refused = events.AccessRefused(
                object_id=uuid.uuid4(), kind="bench.row", code="bench", route="bench"
            )
            services.event_record(system, refused, at=clock.now())

    for start in range(0, count, 1000):
        fill(min(1000, count - start))
    total = QuerySet(Event).count()

    def seal_all() -> None:
        while services.seal_run(system, at=clock.now(), everything=True).sealed:
            pass

    sealing = rate(total, seal_all)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_entry (LIKE observability_sealentry INCLUDING ALL)")
    entries: list[Any] = list(QuerySet(SealEntry))

    def bare_entries() -> None:
        with connection.cursor() as cursor:
            for start in range(0, len(entries), 2000):
                part = entries[start : start + 2000]
                values = [
                    value
                    for entry in part
                    for value in (
                        entry.row_id,
                        entry.source,
                        entry.row_hash,
                        entry.batch_number,
                        entry.position,
                    )
                ]
                marks = ", ".join(["(%s, %s, %s, %s, %s)"] * len(part))
                cursor.execute(f"INSERT INTO bench_entry VALUES {marks}", values)

    show("audit seal", "seal_run", sealing, "bare entries in bulk", rate(total, bare_entries))

    def read() -> None:
        for _ in QuerySet(Event).values_list().iterator(chunk_size=2000):
            pass

    verdicts: list[Any] = []
    verifying = rate(total, lambda: verdicts.append(services.record_verify(system)))
    if not verdicts[0].is_whole:
        raise SystemExit(f"the record is not whole: {verdicts[0].faults}")
    show("audit verify", "record_verify", verifying, "reading the rows", rate(total, read))


def rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def show(title: str, name: str, own: float, bound: str, limit: float) -> None:
    report.show(
        title,
        [
            report.Row(name=name, per_second=round(own, 1), bound=bound, ratio=round(own / limit, 3)),
            report.Row(name=bound, per_second=round(limit, 1), bound=bound, ratio=1.0),
        ],
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
