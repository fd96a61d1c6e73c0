"""The command: a report for people, then one line of JSON."""

import argparse
import sys

from _dev import packages
from _dev.terminal import StepFailed, Stop, raise_on_signals

from e2e.faults import trial


def main() -> int:
    about = argparse.ArgumentParser(prog="python -m e2e.faults", description=__doc__)
    about.add_argument("--messages", type=int, default=10_000, help="how many in all (10000)")
    about.add_argument("--kills", type=int, default=40, help="how often something is killed (40)")
    options = about.parse_args()
    raise_on_signals()
    try:
        packages.ensure(*packages.SUITE)
        report = trial.run(options.messages, options.kills)
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
