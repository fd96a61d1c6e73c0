"""bin/test: linters, types, contracts, and the tests: on SQLite, on PostgreSQL, and in browsers."""

import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from _dev import chromium, environment, front_end, packages, ports, stack
from _dev.children import die_with_parent
from _dev.locks import Lock
from _dev.programs import Programs
from _dev.services import Services
from _dev.state import TEST
from _dev.terminal import ROOT, StepFailed, Stop, quietly, say, step

SQLITE_TESTS = "messaging/tests/test_seed_sqlite.py"
BROWSER_TESTS = "e2e"
# They start a stack of their own, to kill it.
FAULT_TESTS = "e2e/faults"
# pytest's own: everything passed; nothing was selected.
PASSED, NOTHING = 0, 5
# `-q`, `-qq`, `-xq`. What only looks like it, as `-kquick`, costs nothing but a `-v` beside it.
QUIET = re.compile(r"-\w*q\w*|--quiet")
COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?)\b")


def main(arguments: Sequence[str]) -> int:
    """Run everything, or with arguments pytest's part alone. 0 when all of it passed."""
    with Lock(TEST.run_lock) as lock:
        if not lock.exclusive(wait=2):
            raise Stop("Another bin/test runs in this folder: wait for it, or stop it.")
        begun = time.monotonic()
        packages.ensure(*packages.SUITE)
        browser = chromium.ensure()
        front_end.ensure()
        clear()
        base = {**environment.hermetic(), "BLOOM_CHROMIUM": str(browser)}
        with Services(TEST) as services:
            suite = Suite(services, base, list(arguments))
            if not arguments:
                suite.check_code()
            suite.run_tests()
        print(suite.closing_line(time.monotonic() - begun), flush=True)
        return 0 if suite.passed else 1


def clear() -> None:
    """Begin with nothing: the last run's data may be of another schema."""
    Programs(TEST).forget()
    TEST.clear()


class Suite:
    """One run: what failed, and how many tests did what."""

    def __init__(self, services: Services, base: Mapping[str, str], arguments: list[str]) -> None:
        self.services = services
        self.base = base
        self.arguments = arguments
        self.failed: list[str] = []
        self.counts: Counter[str] = Counter()
        decided = {"BLOOM_ENV": "test", "BLOOM_URL": "http://localhost:8000"}
        self.env = environment.compose(TEST, base, services.suite_urls(), decided)

    @property
    def passed(self) -> bool:
        return not self.failed and self.counts["passed"] > 0

    def check_code(self) -> None:
        """Everything that reads the code without running its tests."""
        python = packages.PYTHON
        self.check("ruff", python, "-m", "ruff", "check", "--quiet")
        self.check("ruff format", python, "-m", "ruff", "format", "--check", "--quiet")
        self.check("mypy", python, "-m", "mypy", ".")
        self.check("import contracts", packages.VENV / "bin/lint-imports")
        self.check("djlint", python, "-m", "djlint", "templates", "--lint", "--quiet")
        node = front_end.Node()
        self.check("tsc", *node.npm, "run", "check", env=node.env(self.env))
        self.check("scripts of the pages", *node.npm, "test", env=node.env(self.env))

    def check(self, name: str, *command: str | Path, env: Mapping[str, str] | None = None) -> None:
        """Run one check quietly; what it says is shown when it fails, and the others still run."""
        try:
            with step(f"Checking: {name}"):
                quietly(command, f"{name} failed.", env=env or self.env)
        except StepFailed as failure:
            say(f"\n{failure.end_of_output()}\n")
            self.failed.append(name)

    def run_tests(self) -> None:
        """pytest four times. Arguments that name files choose among them; a name alone kills nothing."""
        named = [part for part in self.arguments if is_path(part)]
        faults = [part for part in named if Path(part).is_relative_to(FAULT_TESTS)]
        in_browser = [part for part in named if Path(part).parts[0] == BROWSER_TESTS and part not in faults]
        elsewhere = [part for part in named if part not in (*in_browser, *faults)]
        if not self.arguments:
            self.pytest(
                "SQLite", SQLITE_TESTS, env={**self.env, "DJANGO_SETTINGS_MODULE": "bloom.settings.sqlite"}
            )
        if elsewhere or not named:
            workers = [] if self.arguments else ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"]
            rest = [part for part in self.arguments if part not in (*in_browser, *faults)]
            self.pytest("PostgreSQL", *workers, *rest, env=self.env)
        if in_browser or not named:
            rest = [part for part in self.arguments if part not in (*elsewhere, *faults)]
            self.browser_tests([f"--ignore={FAULT_TESTS}", *([] if in_browser else [BROWSER_TESTS]), *rest])
        if faults or not self.arguments:
            rest = [part for part in self.arguments if part not in (*elsewhere, *in_browser)]
            # One after another: each has the machine, and the folder of its stack, for itself.
            self.pytest("kill -9", *(rest or [FAULT_TESTS]), "-n", "0", env=self.env)

    def browser_tests(self, where: list[str]) -> None:
        """The tests in browsers, against one stack that is started as bin/run starts it."""
        port = ports.pick()
        plan = stack.Plan(
            TEST, port, base=self.base, extra={"BLOOM_RATE_FACTOR": "100"}, sandbox=ports.pick(port)
        )
        try:
            self.drive(plan, where)
        except Stop as stop:
            said = stop.end_of_output() if isinstance(stop, StepFailed) else ""
            say(f"\n{said}\n{stop}")
            self.failed.append("starting Bloom for the browser tests")

    def drive(self, plan: stack.Plan, where: list[str]) -> None:
        """Run the browser tests on a stack, and see that its processes lived through them."""
        with stack.running(plan) as supervisor:
            self.pytest("browsers", *where, env={**supervisor.env, "BLOOM_E2E_URL": plan.url})
            supervisor.check()
            restarts = [child.name for child in supervisor.children if child.failures]
        if restarts:
            say(f"Ended by themselves during the browser tests: {', '.join(restarts)}")
            self.failed.append("processes")

    def pytest(self, name: str, *arguments: str, env: Mapping[str, str]) -> None:
        """Run pytest, let it speak, and count."""
        say(f"\nTests: {name}")
        report: list[str] = []
        command: list[str | Path] = [packages.PYTHON, "-m", "pytest", "-q", *arguments]
        if any(map(QUIET.fullmatch, arguments)):
            # Quieter still, pytest would leave out the closing line that is counted here.
            command.append("--verbosity=-1")
        with subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=die_with_parent(), text=True, errors="replace",
        ) as process:  # fmt: skip
            for line in process.stdout or ():
                print(line, end="", flush=True)
                report.append(line)
        if process.returncode not in ((PASSED, NOTHING) if self.arguments else (PASSED,)):
            self.failed.append(f"tests on {name}")
        self.counts += counted(report)

    def closing_line(self, seconds: float) -> str:
        """pytest's closing line for all runs together; before it, what failed besides."""
        words = [
            f"{self.counts[word]} {word}"
            for word in ("failed", "passed", "skipped", "xfailed", "error")
            if self.counts[word]
        ]
        line = f" {', '.join(words) or 'no tests ran'} in {seconds:.2f}s "
        failed = f"Failed: {', '.join(self.failed)}\n" if self.failed else ""
        return f"\n{failed}{line:=^80}"


def is_path(argument: str) -> bool:
    """Say whether an argument of pytest names a file or folder of ours, or a test in one."""
    return not argument.startswith("-") and (ROOT / argument.partition("::")[0]).exists()


def counted(report: Sequence[str]) -> Counter[str]:
    """The numbers of pytest's own closing line, the last one that has any."""
    for line in reversed(report):
        if found := COUNT.findall(line):
            return Counter(
                {
                    word.removesuffix("s") if word.startswith(("error", "warning")) else word: int(number)
                    for number, word in found
                }
            )
    return Counter()
