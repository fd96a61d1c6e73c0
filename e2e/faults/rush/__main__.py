"""The command: a report for people, then one line of JSON."""

import argparse
import sys

from e2e import faults  # noqa: F401 - puts what _dev is below on the path
from e2e.faults.rush import trial

from _dev import packages  # isort: skip
from _dev.terminal import StepFailed, Stop, raise_on_signals  # isort: skip


def main() -> int:
    about = argparse.ArgumentParser(prog="python -m e2e.faults.rush", description=__doc__)
    about.add_argument("--attempts", type=int, default=10_000, help="how many in all (10000)")
    about.add_argument("--processes", type=int, default=8, help="of how many processes (8)")
    about.add_argument("--slots", type=int, default=10, help="on how many times (10)")
    about.add_argument("--kills", type=int, default=20, help="how often Valkey is killed (20)")
    options = about.parse_args()
    raise_on_signals()
    try:
        packages.ensure(*packages.SUITE)
        report = trial.run(options.attempts, options.processes, options.slots, options.kills)
    except StepFailed as failed:
        print(f"{failed.end_of_output()}\n{failed}", file=sys.stderr)
        return 1
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    for fault in report.faults:
        print(fault)
    print(report.line())
    print(report.json())
    return 1 if report.faults else 0


sys.exit(main())
