"""What the runs come to: medians in a table, and one line of JSON with the ratios."""

import json
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.chat.trial import SETTINGS, Run

# Whose CPU a send costs; what a worker does afterwards is shown beside it.
COUNTED = ("server", "postgres")
QUANTILES = ("p50", "p95", "p99")


def show(runs: Sequence[Run]) -> None:
    servers = list(dict.fromkeys(run.server for run in runs))
    print("CPU in ms a message, latencies in ms, p50/p95/p99; medians of the rounds, and their spread.\n")
    print(
        f"{'':14} {'':7} {'sends/s':>19} {'server + PostgreSQL':>22} {'of it PG':>9} {'jobs':>6}"
        f" {'ack':>22} {'receive':>22} {'others':>7}"
    )
    for setting in SETTINGS:
        for server in servers:
            of = [run.seen for run in runs if (run.server, run.setting) == (server, setting)]
            if of:
                print(row(setting, server, of))
    for run in runs:
        for fault in run.faults:
            print(fault)
    print(json.dumps(summary(runs)))


def row(setting: str, server: str, of: Sequence[dict[str, Any]]) -> str:
    return (
        f"{setting:14} {server:7} {spread(of, lambda seen: seen['messages_per_second'], 0):>19}"
        f" {spread(of, cost, 3):>22} {middle(of, lambda seen: cpu(seen, 'postgres')):>9.3f}"
        f" {middle(of, lambda seen: cpu(seen, 'worker') + cpu(seen, 'beat')):>6.3f}"
        f" {latencies(of, 'ack_ms'):>22} {latencies(of, 'receive_ms'):>22}"
        f" {middle(of, lambda seen: seen['machine']['others_cores']):>7.2f}"
    )


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """`ratio_per_cpu_second`: how many times as many sends a second of CPU as the Prisma server makes;
    `ratio_tuned`: as the same server with one SQL statement. Of servers that were left out there is none.
    """
    by: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for run in runs:
        by.setdefault(run.server, {}).setdefault(run.setting, []).append(run.seen)
    found: dict[str, Any] = {"benchmark": "chat"}
    for key, other in (("ratio_per_cpu_second", "prisma"), ("ratio_tuned", "tuned")):
        if {"bloom", other} <= by.keys():
            found[key] = {
                setting: round(middle(by[other][setting], cost) / middle(by["bloom"][setting], cost), 2)
                for setting in SETTINGS
            }
    for name in ("ack", "receive"):
        found[f"{name}_p99_ms"] = {
            server: {setting: p99(of, f"{name}_ms") for setting, of in settings.items()}
            for server, settings in by.items()
        }
    found["cpu_ms"] = {
        server: {setting: round(middle(of, cost), 3) for setting, of in settings.items()}
        for server, settings in by.items()
    }
    found["others_cores"] = round(max(run.seen["machine"]["others_cores"] for run in runs), 2)
    found["faults"] = sum(len(run.faults) for run in runs)
    return found


def cpu(seen: dict[str, Any], name: str) -> float:
    return float(seen["cpu"].get(name, {}).get("ms_per_message", 0))


def cost(seen: dict[str, Any]) -> float:
    """CPU of one message, in ms."""
    return sum(cpu(seen, name) for name in COUNTED)


def quantile(seen: dict[str, Any], name: str, which: str) -> float:
    """Of messages that were due in the measured time; none was acked where there is none."""
    return float((seen[name] or {}).get(which, "nan"))


def middle(of: Sequence[dict[str, Any]], pick: Callable[[dict[str, Any]], float]) -> float:
    return statistics.median(pick(seen) for seen in of)


def latencies(of: Sequence[dict[str, Any]], name: str) -> str:
    return "/".join(
        f"{statistics.median(quantile(seen, name, which) for seen in of):.1f}" for which in QUANTILES
    )


def p99(of: Sequence[dict[str, Any]], name: str) -> float:
    return round(statistics.median(quantile(seen, name, "p99") for seen in of), 1)


def spread(of: Sequence[dict[str, Any]], pick: Callable[[dict[str, Any]], float], digits: int) -> str:
    found = sorted(pick(seen) for seen in of)
    return f"{statistics.median(found):,.{digits}f} ({found[0]:,.{digits}f}-{found[-1]:,.{digits}f})"
