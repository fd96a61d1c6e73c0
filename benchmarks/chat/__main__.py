"""The command: a table for people, then one line of JSON."""

import argparse
import os
import sys
from pathlib import Path

from _dev import packages
from _dev.terminal import ROOT, StepFailed, Stop, raise_on_signals

NAMES = ("bloom", "prisma", "tuned")


def main() -> int:
    about = argparse.ArgumentParser(prog="python3 -m benchmarks.chat", description=__doc__)
    about.add_argument("--short", action="store_true", help="one round of four seconds each")
    about.add_argument("--rounds", type=int, help="how often each is driven (3)")
    about.add_argument("--seconds", type=int, help="how long each time (10)")
    about.add_argument("--only", choices=NAMES, action="append", help="leave the others out; repeatable")
    about.add_argument("--texts", type=Path, help="what is sent, one message a line (the demo's texts)")
    options = about.parse_args()
    raise_on_signals()
    try:
        packages.ensure(*packages.RUN, packages.NODE)
        if Path(sys.prefix) != packages.VENV:
            # From here on with what .venv holds.
            os.chdir(ROOT)
            os.execv(packages.PYTHON, [str(packages.PYTHON), "-m", "benchmarks.chat", *sys.argv[1:]])
        from benchmarks.chat import results, trial

        runs = trial.run(
            options.only or NAMES,
            rounds=options.rounds or (1 if options.short else 3),
            seconds=options.seconds or (4 if options.short else 10),
            texts=options.texts,
        )
    except StepFailed as failed:
        print(f"{failed.end_of_output()}\n{failed}", file=sys.stderr)
        return 1
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    results.show(runs)
    return 1 if any(run.faults for run in runs) else 0


sys.exit(main())
