"""The door of bin/run, bin/manage, bin/test and bin/lock. `start` calls it with the command's name."""

import importlib
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from _dev.terminal import StepFailed, Stop, raise_on_signals  # noqa: E402 - the path comes first

COMMANDS = {
    "run": "_dev.run",
    "manage": "_dev.manage",
    "test": "_dev.suite",
    "lock": "_dev.lock",
    "keep": "_dev.keeper",
}


def main() -> int:
    """Run one command. A Stop is one line for a person; Ctrl-C and SIGTERM leave quietly after tidying up."""
    command, arguments = sys.argv[1], sys.argv[2:]
    raise_on_signals()
    try:
        status: int = importlib.import_module(COMMANDS[command]).main(arguments)
    except StepFailed as failed:
        print(f"\n{failed.end_of_output()}\n\n{failed}", file=sys.stderr)
        return 1
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
