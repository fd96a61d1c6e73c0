"""A whole Bloom: services, a migrated database with its grants, demo people, static files, web, worker, beat.

bin/run starts one for people, bin/test one for the browser tests; they differ in their state and port alone.
"""

import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from _dev import environment, packages, ports
from _dev.services import Services
from _dev.state import State
from _dev.supervisor import Child, Supervisor, shown
from _dev.terminal import StepFailed, Stop, quietly, step

# One frame may be 64 KiB; what is a little larger must reach the application, which answers it with 4413.
LARGEST_FRAME = 1024 * 1024
READY_WITHIN = 90


@dataclass(frozen=True)
class Plan:
    """What to start."""

    state: State
    port: int
    mode: str = "demo"
    base: Mapping[str, str] = field(default_factory=environment.configured)
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"


def needs_services(base: Mapping[str, str]) -> bool:
    """Say whether a person has left a database or Redis to us."""
    return not (base.get("DATABASE_URL") and base.get("REDIS_URL"))


def bloom_environment(plan: Plan, services: Services | None) -> dict[str, str]:
    """The environment of every process of this stack."""
    decided = {"BLOOM_ENV": plan.mode, "BLOOM_URL": plan.base.get("BLOOM_URL") or plan.url, **plan.extra}
    return environment.compose(plan.state, plan.base, services.urls() if services else {}, decided)


@contextmanager
def running(plan: Plan) -> Iterator[Supervisor]:
    """Bring everything up; yield its supervisor once Bloom is ready; take everything down at the end."""
    services = Services(plan.state) if needs_services(plan.base) else None
    try:
        if services:
            with step("Starting PostgreSQL and Valkey"):
                services.start()
        env = bloom_environment(plan, services)
        prepare(plan, env)
        supervisor = Supervisor(plan.state, services, env)
        try:
            with step("Starting web, worker and beat"):
                web = start_processes(supervisor, plan.port)
                wait_until_ready(supervisor, web, plan.port)
            yield supervisor
        finally:
            supervisor.stop()
    finally:
        if services:
            services.stop()


def prepare(plan: Plan, env: Mapping[str, str]) -> None:
    """Bring the database and the static files up to date."""
    with step("Migrating the database"):
        manage(env, "migrate", "--no-input", "-v", "0")
        manage(env, "database_grants")
    if plan.mode == "demo":
        with step("Looking for the demo people"):
            seed(plan.state, env)
    with step("Collecting the static files"):
        manage(env, "collectstatic", "--no-input", "-v", "0")


def seed(state: State, env: Mapping[str, str]) -> None:
    """Seed the demo where there are no people; where that was cut off before, add what is missing."""
    unfinished = state.folder / "seed.unfinished"
    force = ["--force"] if unfinished.exists() else []
    unfinished.touch()
    manage(env, "seed_demo", *force)
    unfinished.unlink()


def manage(env: Mapping[str, str], *arguments: str) -> None:
    """Run manage.py to its end."""
    quietly([packages.PYTHON, "manage.py", *arguments], f"manage.py {arguments[0]} failed.", env=env)


def start_processes(supervisor: Supervisor, port: int) -> Child:
    """Start the three processes; returns web."""
    python = str(packages.PYTHON)
    # By name, uvicorn listens at every address of localhost.
    host = "localhost" if len(ports.addresses()) > 1 else "127.0.0.1"
    web = supervisor.start(
        "web",
        [
            python, "-m", "uvicorn", "bloom.asgi:application", "--host", host, "--port", str(port),
            "--loop", "uvloop", "--no-access-log", "--no-server-header", "--ws-per-message-deflate", "false",
            "--ws-max-size", str(LARGEST_FRAME), "--timeout-graceful-shutdown", "5",
        ],
    )  # fmt: skip
    supervisor.start(
        "worker", [python, "-m", "celery", "-A", "bloom", "worker", "--concurrency", "2", "-l", "info"], 15
    )
    supervisor.start("beat", [python, "-m", "celery", "-A", "bloom", "beat", "-l", "info", "--pidfile", ""])
    return web


def wait_until_ready(supervisor: Supervisor, web: Child, port: int) -> None:
    """Return when /readyz answers 200. Raises Stop when web ends first, or takes too long."""
    deadline = time.monotonic() + READY_WITHIN
    while not is_ready(port):
        if web.process is None or web.process.poll() is not None:
            raise StepFailed(f"Web does not start: see {shown(web.log)}", web.log.read_text(errors="replace"))
        if time.monotonic() > deadline:
            raise Stop(f"/readyz does not answer: see {shown(web.log)}")
        supervisor.check()
        time.sleep(0.1)


def is_ready(port: int) -> bool:
    """Ask Bloom whether it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
