"""What the demo's crowd costs: `python -m benchmarks.seed_scale [FEWER] [MORE]`. Makes databases of their own
beside DATABASE_URL's, one for each size.

`seed_demo --scale` runs in a process of its own with FEWER (1,000) patients and with MORE (10,000). The bound
is the run with FEWER: peak memory may hardly grow, and patients a second may hardly fall. MORE may take ten
minutes at most.
"""

import json
import multiprocessing
import os
import resource
import sys
import time
from typing import Any

import django

from benchmarks import report

SECONDS_MOST = 600
MEMORY_MOST = 1.25
RATE_LEAST = 0.6


def main(fewer: int, more: int) -> None:
    few, many = run(fewer), run(more)
    for size, seen in ((fewer, few), (more, many)):
        print(
            f"{size:,} patients: {seen['seconds']:.1f} s in all, {seen['rate']:.0f} patients/s,"
            f" at most {seen['memory'] / 1024:.0f} MiB, {seen['messages']:,} messages"
        )
    bound = f"{fewer:,} patients"
    rate, memory = many["rate"] / few["rate"], many["memory"] / few["memory"]
    report.show(
        "seed_demo --scale",
        [
            report.Row(name=bound, per_second=round(few["rate"], 1), bound=bound, ratio=1.0),
            report.Row(
                name=f"{more:,} patients",
                per_second=round(many["rate"], 1),
                bound=bound,
                ratio=round(rate, 3),
            ),
        ],
    )
    print(json.dumps({"peak_memory_ratio": round(memory, 3)}))
    faults = []
    if many["seconds"] > SECONDS_MOST:
        faults.append(f"{more:,} patients took {many['seconds']:.0f} s")
    if memory > MEMORY_MOST:
        faults.append(f"{memory:.2f} times the memory")
    if rate < RATE_LEAST:
        faults.append(f"{rate:.2f} of the rate")
    if faults:
        raise SystemExit("; ".join(faults))


def run(patients: int) -> dict[str, Any]:
    """One size, in a fresh process, whose peak memory is nobody else's."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=seed, args=(patients, theirs))
    process.start()
    theirs.close()
    try:
        seen: dict[str, Any] = ours.recv()
    except EOFError:
        raise SystemExit(f"The run with {patients:,} patients broke.") from None
    process.join()
    return seen


def seed(patients: int, told: Any) -> None:
    os.environ.setdefault("BLOOM_ENV", "test")
    os.environ["BLOOM_LOG_LEVEL"] = "ERROR"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bloom.settings")
    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        house = timed(lambda: call_command("seed_demo", verbosity=0))
        crowd = timed(lambda: call_command("seed_demo", scale=patients, force=True, verbosity=0))
        told.send(
            {
                "seconds": house + crowd,
                "rate": patients / crowd,
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
                "messages": messages(),
            }
        )
    finally:
        teardown_databases(made, verbosity=0)


def timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def messages() -> int:
    from messaging.models import Message

    return int(Message.objects.unscoped(reason="how much was made").count())


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:3] or (1_000, 10_000)))
