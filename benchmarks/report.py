"""How benchmarks measure and report: rates side by side with a bound of the same run, as a table and as JSON.

    rows = report.compare({"seal": seal, "bare AES-256-GCM": bare}, bound="bare AES-256-GCM")
    report.show("vault", rows)

A figure alone says more about the machine than about the code; its ratio to the bound says something about
the code. All candidates take turns in short rounds, so that a busy moment hits each of them alike.
"""

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`per_second` calls a second (median of the rounds), and how that stands to the bound's."""

    name: str
    per_second: float
    bound: str
    ratio: float


def compare(
    work: Mapping[str, Callable[[], object]], *, bound: str, rounds: int = 7, seconds: float = 0.1
) -> list[Row]:
    """Measure every candidate against the one called `bound`; ratios are the median of the rounds' ratios."""
    rates: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            rates[name].append(_rate(call, seconds))
    return [
        Row(
            name=name,
            per_second=round(statistics.median(rates[name]), 1),
            bound=bound,
            ratio=round(
                statistics.median(own / limit for own, limit in zip(rates[name], rates[bound], strict=True)),
                3,
            ),
        )
        for name in work
    ]


def show(title: str, rows: Sequence[Row]) -> None:
    """A table for people, then one line of JSON for machines."""
    width = max(len(row.name) for row in rows)
    print(f"{title}\n  {'':{width}}  {'a second':>12}  {'microseconds':>12}  ratio")
    for row in rows:
        each = 1_000_000 / row.per_second
        print(
            f"  {row.name:{width}}  {row.per_second:>12,.0f}  {each:>12,.2f}  {row.ratio:.3f} of {row.bound}"
        )
    print(json.dumps({"benchmark": title, "rows": [asdict(row) for row in rows]}))


def _rate(call: Callable[[], object], seconds: float) -> float:
    count, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        for _ in range(10):
            call()
        count += 10
    return count / passed
