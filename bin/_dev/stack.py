"""A whole Bloom: services, a migrated database with its grants, demo people, static files, web, worker,
beat, and the fakes of vendors.

bin/run starts one for people, bin/test one for the browser tests; they differ in their state and port alone.
"""

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from _dev import environment, front_end, packages, ports
from _dev.services import Services
from _dev.state import State, read_json, write_private
from _dev.supervisor import Child, Supervisor, shown
from _dev.terminal import ROOT, StepFailed, Stop, quietly, step

# One frame may be 64 KiB; what is a little larger must reach the application, which answers it with 4413.
LARGEST_FRAME = 1024 * 1024
READY_WITHIN = 90
STATIC = (front_end.BUILT, ROOT / "assets/static")
MIGRATE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("database_grants")
"""


@dataclass(frozen=True)
class Plan:
    """What to start."""

    state: State
    port: int
    mode: str = "demo"
    base: Mapping[str, str] = field(default_factory=environment.configured)
    extra: Mapping[str, str] = field(default_factory=dict)
    # Where `manage.py sandbox` listens; 0: nowhere.
    sandbox: int = 0
    # Whether browsers come: then there are static files.
    has_pages: bool = True

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def sandbox_url(self) -> str:
        """By number, not by name: a browser takes it for another site than Bloom's, as a vendor's is."""
        return f"http://127.0.0.1:{self.sandbox}" if self.sandbox else ""


def needs_services(base: Mapping[str, str]) -> bool:
    """Say whether a person has left a database or Redis to us."""
    return not (base.get("DATABASE_URL") and base.get("REDIS_URL"))


def bloom_environment(plan: Plan, services: Services | None) -> dict[str, str]:
    """The environment of every process of this stack."""
    decided = {"BLOOM_ENV": plan.mode, "BLOOM_URL": plan.base.get("BLOOM_URL") or plan.url, **plan.extra}
    urls = services.urls() if services else {}
    found = {
        "BLOOM_LOG_FORMAT": "pretty",
        "BLOOM_SANDBOX_URL": plan.sandbox_url,
        **urls,
        **environment.generated(plan.state),
    }
    return environment.compose(plan.state, plan.base, found, decided)


@contextmanager
def running(plan: Plan) -> Iterator[Supervisor]:
    """Bring everything up; yield its supervisor once Bloom is ready; take everything down at the end."""
    services = Services(plan.state) if needs_services(plan.base) else None
    try:
        if services:
            with step("Starting PostgreSQL and Valkey"):
                services.start()
        env = bloom_environment(plan, services)
        if plan.has_pages:
            collect_static(plan.state, env)
        supervisor = Supervisor(plan.state, services, env)
        try:
            # It takes seconds to load, and is not ready before the database is.
            web = start_web(supervisor, plan.port)
            with step("Migrating the database"):
                migrate(env)
            if plan.mode == "demo":
                with step("Looking for the demo people"):
                    seed(plan.state, env)
            with step("Starting web, worker, beat and the sandbox"):
                wait_until_ready(supervisor, web, plan.port)
                start_jobs(supervisor)
                if plan.sandbox:
                    start_sandbox(supervisor, plan.sandbox)
            yield supervisor
        finally:
            supervisor.stop()
    finally:
        if services:
            services.stop()


def migrate(env: Mapping[str, str]) -> None:
    """Bring the database up to date, as its owner. One process, because starting one takes seconds."""
    env = {**env, "DJANGO_SETTINGS_MODULE": "bloom.settings", "BLOOM_DATABASE_ROLE": "owner"}
    quietly([packages.PYTHON, "-c", MIGRATE], "The database could not be migrated.", env=env)


def collect_static(state: State, env: Mapping[str, str]) -> None:
    """Collect the static files. Does nothing when they are as they were collected."""
    stamp = state.folder / "static.json"
    files = [path for folder in STATIC for path in folder.rglob("*") if path.is_file()]
    now = {"of": front_end.digest([*files, packages.lock_file("requirements")])}
    if read_json(stamp) != now:
        with step("Collecting the static files"):
            manage(env, "collectstatic", "--no-input", "-v", "0")
        write_private(stamp, json.dumps(now))


def seed(state: State, env: Mapping[str, str]) -> None:
    """Seed the demo where there are no people; where that was cut off before, add what is missing."""
    manage(env, "seed_demo", "--unfinished", str(state.folder / "seed.unfinished"))


def manage(env: Mapping[str, str], *arguments: str) -> None:
    """Run manage.py to its end."""
    quietly([packages.PYTHON, "manage.py", *arguments], f"manage.py {arguments[0]} failed.", env=env)


def start_web(supervisor: Supervisor, port: int) -> Child:
    """Start the web server; it is not ready yet."""
    # By name, uvicorn listens at every address of localhost.
    host = "localhost" if len(ports.addresses()) > 1 else "127.0.0.1"
    return supervisor.start(
        "web",
        [
            str(packages.PYTHON), "-m", "uvicorn", "bloom.asgi:application",
            "--host", host, "--port", str(port), "--loop", "uvloop", "--no-access-log", "--no-server-header",
            # Whom to believe about a client's address is for settings.TRUSTED_PROXIES.
            "--no-proxy-headers",
            "--ws-per-message-deflate", "false", "--ws-max-size", str(LARGEST_FRAME),
            "--timeout-graceful-shutdown", "5",
        ],
    )  # fmt: skip


def start_jobs(supervisor: Supervisor) -> None:
    """Start worker and beat."""
    celery = [str(packages.PYTHON), "-m", "celery", "-A", "bloom"]
    supervisor.start("worker", [*celery, "worker", "--concurrency", "2", "-l", "info"], patience=15)
    supervisor.start("beat", [*celery, "beat", "-l", "info", "--pidfile", ""])


def start_sandbox(supervisor: Supervisor, port: int) -> None:
    """Start the fakes of vendors, and wait until they answer."""
    child = supervisor.start("sandbox", [str(packages.PYTHON), "manage.py", "sandbox", "--port", str(port)])
    wait_until_ready(supervisor, child, port, "/")


def wait_until_ready(supervisor: Supervisor, child: Child, port: int, path: str = "/readyz") -> None:
    """Return when `path` answers 200. Raises Stop when the child ends first, or takes too long."""
    deadline = time.monotonic() + READY_WITHIN
    while not is_ready(port, path):
        if child.process is None or child.process.poll() is not None:
            raise StepFailed(
                f"{child.name} does not start: see {shown(child.log)}",
                child.log.read_text(errors="replace"),
            )
        if time.monotonic() > deadline:
            raise Stop(f"{child.name} does not answer at {path}: see {shown(child.log)}")
        supervisor.check()
        time.sleep(0.1)


def is_ready(port: int, path: str) -> bool:
    """Ask whether it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
