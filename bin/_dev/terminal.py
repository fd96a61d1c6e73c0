"""What a person sees: steps with their times, quiet commands that speak when they fail, one-line advice."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from _dev.children import die_with_parent

ROOT = Path(__file__).resolve().parents[2]


class Stop(Exception):
    """The command can't go on. The message says in one line what to do."""


class StepFailed(Stop):
    """A quiet command failed; `output` is everything that it said."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output

    def end_of_output(self, lines: int = 100) -> str:
        """The last lines of what the command said, where its reason usually stands."""
        return "\n".join(self.output.rstrip().splitlines()[-lines:])


def raise_on_signals() -> None:
    """Make SIGTERM and a closed terminal end a command as Ctrl-C does: KeyboardInterrupt, and `finally`."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def say(text: str = "", end: str = "\n") -> None:
    """Tell the person. On stderr, so that the output of `bin/manage` is the command's alone."""
    print(text, end=end, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step, and how long it took when it is done."""
    say(f"  {title} ", end="")
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        say("- failed")
        raise
    say(f"- {time.monotonic() - begun:.1f} s")


def quietly(
    command: Iterable[str | Path], advice: str, *, env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> str:
    """Run a command and return its output, stdout and stderr together. Raises StepFailed with `advice`."""
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                [str(part) for part in command],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent(),
                check=False,
            )
        except OSError as error:
            raise StepFailed(advice, str(error)) from error
        output.seek(0)
        text = output.read().decode(errors="replace")
    if done.returncode:
        raise StepFailed(advice, text)
    return text
