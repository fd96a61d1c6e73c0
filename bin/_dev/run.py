"""bin/run: Bloom in the browser."""

import argparse
import json
import time
from collections.abc import Sequence

from _dev import environment, front_end, packages, ports, stack
from _dev.locks import Lock, is_held
from _dev.state import DEV, State, write_private
from _dev.terminal import Stop, say, step

DEMO_PASSWORD = "bloom-demo"
DEMO_PEOPLE = (
    ("patient@bloom.demo", "patient of therapist@bloom.demo"),
    ("patient2@bloom.demo", "another patient of therapist@bloom.demo"),
    ("therapist@bloom.demo", "therapist of both"),
    ("therapist2@bloom.demo", "therapist of neither"),
    ("support@bloom.demo", "support"),
    ("admin@bloom.demo", "administrator"),
)


def parser() -> argparse.ArgumentParser:
    about = argparse.ArgumentParser(
        prog="bin/run", description="Start Bloom on this machine. Ctrl-C stops it."
    )
    about.add_argument("--port", type=int, default=8000, help="where to listen (8000)")
    about.add_argument("--no-demo", action="store_true", help="without demo people")
    about.add_argument("--reset", action="store_true", help="forget everything in var/dev first")
    return about


def main(arguments: Sequence[str]) -> int:
    """Start Bloom and stay until a signal."""
    options = parser().parse_args(arguments)
    base = environment.configured()
    with Lock(DEV.run_lock) as lock:
        if not lock.exclusive(wait=2):
            raise Stop(
                f"Bloom runs from this folder already, {lock.read() or 'starting'}: stop that one first."
            )
        lock.write(f"at http://localhost:{options.port}")
        check_port(options.port)
        if options.reset:
            reset(DEV, base)
        packages.ensure(*packages.RUN)
        front_end.ensure()
        plan = stack.Plan(
            DEV,
            options.port,
            mode="dev" if options.no_demo else "demo",
            base=base,
            sandbox=ports.pick(options.port),
        )
        remember(plan)
        with stack.running(plan) as supervisor:
            greet(plan)
            try:
                supervisor.watch()
            finally:
                say("\nStopping Bloom.")
    return 0


def check_port(port: int) -> None:
    """Raise Stop when somebody listens there. A server that was just killed gets a moment to let go."""
    deadline = time.monotonic() + 2
    while not ports.is_free(port):
        if time.monotonic() > deadline:
            raise Stop(f"Port {port} is taken: stop what listens there, or run bin/run --port {ports.pick()}")
        time.sleep(0.1)


def reset(state: State, base: dict[str, str]) -> None:
    """Forget the data of bin/run. Raises Stop when it is not ours to forget."""
    if base.get("DATABASE_URL"):
        raise Stop(
            "--reset forgets only Bloom's own PostgreSQL, and DATABASE_URL names another: empty it yourself."
        )
    with step("Forgetting everything in var/dev"):
        deadline = time.monotonic() + 5
        while is_held(state.keeper_lock):
            if time.monotonic() > deadline:
                raise Stop("A bin/manage command still uses the database: end it first.")
            time.sleep(0.1)
        state.clear()


def remember(plan: stack.Plan) -> None:
    """Leave word for bin/manage, which runs in the same environment."""
    plan.state.folder.mkdir(parents=True, exist_ok=True)
    told = {"mode": plan.mode, "port": plan.port, "sandbox": plan.sandbox}
    write_private(plan.state.folder / "run.json", json.dumps(told) + "\n")


def greet(plan: stack.Plan) -> None:
    """Print who can sign in, and last the line that people and programs wait for."""
    if plan.mode == "demo":
        print(f"\nDemo people, password {DEMO_PASSWORD}")
        for email, about in DEMO_PEOPLE:
            print(f"  {email:<24}{about}")
    print(f"\nLogs: var/dev/log   Mail: /dev/mail/   Vendors' fakes: {plan.sandbox_url}   Stop: Ctrl-C")
    print(f"Bloom is ready at {plan.url}", flush=True)
