"""One PostgreSQL cluster, on loopback, as a child process.

The superuser has no password and pg_hba.conf lets nobody in as one: roles and extensions are made in
single-user mode, before the first start. So there is no moment at which the cluster is open.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from _dev.children import die_with_parent, stop_group
from _dev.programs import Programs
from _dev.terminal import Stop

EXTENSIONS = ("vector", "pg_trgm", "unaccent", "citext")
OWNER, APP, SUITE = "bloom_owner", "bloom_app", "bloom_test"
DATABASE = "bloom"

HBA = "host all postgres all reject\nhost all all 127.0.0.1/32 scram-sha-256\n"
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "log_checkpoints": "off",
}


class Postgres:
    """A cluster that is made on its first start. `passwords` holds one for each role that shall exist."""

    name = "PostgreSQL"

    def __init__(self, programs: Programs, log: Path, port: int, passwords: dict[str, str]) -> None:
        self.programs = programs
        self.log = log
        self.port = port
        self.passwords = passwords
        self.data = programs.place / "postgres"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers. Raises Stop."""
        self._make()
        deadline = time.monotonic() + 60
        while True:
            self._end_leftover()
            self.process = self._spawn()
            while self.process.poll() is None:
                if self.answers():
                    return
                if time.monotonic() > deadline:
                    raise Stop(f"PostgreSQL does not answer: see {self.log}")
                time.sleep(0.05)
            # Killed a moment ago, its old processes may still hold shared memory.
            if time.monotonic() > deadline - 45:
                raise Stop(f"PostgreSQL does not start: see {self.log}")
            time.sleep(0.5)

    def answers(self) -> bool:
        """Say whether the server accepts connections."""
        asked = subprocess.run(
            [self.programs.postgres / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent(),
            check=False,
        )
        return asked.returncode == 0

    def stop(self) -> None:
        """Fast shutdown: open transactions roll back, the data is whole."""
        if self.process is not None:
            stop_group(self.process, signal.SIGINT, 20)

    def _make(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        fresh = self.programs.data("postgres.new")
        shutil.rmtree(fresh)
        fresh = self.programs.data("postgres.new")
        # Nothing is written through to the disk until all of it is there.
        self._do(
            "initdb", "-D", fresh, "-U", "postgres", "-E", "UTF8", "--locale-provider=builtin",
            "--locale=C.UTF-8", "--auth=reject", "--no-instructions", "--no-sync",
        )  # fmt: skip
        hba = fresh / "pg_hba.conf"
        hba.write_text(HBA)
        self.programs.give(hba)
        # In template1, so that every database has them, those of the tests too.
        self._sql(fresh, "template1", *(f"CREATE EXTENSION {name}" for name in EXTENSIONS))
        kinds = {role: "SUPERUSER" if role == SUITE else "NOSUPERUSER" for role in self.passwords}
        roles = [f"CREATE ROLE {r} LOGIN {kind} PASSWORD '{self.passwords[r]}'" for r, kind in kinds.items()]
        owners = {DATABASE: OWNER, SUITE: SUITE}
        databases = [f"CREATE DATABASE {name} OWNER {r}" for name, r in owners.items() if r in kinds]
        self._sql(fresh, "postgres", *roles, *databases)
        if self.programs.state.durable:
            self._do("initdb", "--sync-only", "-D", fresh)
        fresh.rename(self.data)

    def _sql(self, data: Path, database: str, *statements: str) -> None:
        """Run statements in single-user mode."""
        settings = ("-c", "exit_on_error=on", "-c", "fsync=off")
        self._do(
            "postgres", "--single", *settings, "-D", data, database, stdin=";\n".join(statements) + ";\n"
        )

    def _do(self, program: str, *arguments: str | Path, stdin: str = "") -> None:
        """Run one of PostgreSQL's programs to its end."""
        with self.log.open("ab") as log:
            done = subprocess.run(
                [self.programs.postgres / program, *arguments],
                input=stdin.encode(),
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=die_with_parent(),
                check=False,
                **self.programs.as_user,
            )
        if done.returncode:
            said = self.log.read_text(errors="replace").strip().rpartition("\n")[2]
            raise Stop(f"PostgreSQL's {program} failed, {said!r}: see {self.log}")

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = {**SETTINGS, **({} if self.programs.state.durable else FAST)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [self.programs.postgres / "postgres", "-D", self.data, "-p", str(self.port), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
                **self.programs.as_user,
            )

    def _end_leftover(self) -> None:
        """See off a postmaster whose keeper was killed; forget a dead one whose number is reused."""
        record = self.data / "postmaster.pid"
        deadline = time.monotonic() + 10
        while record.exists():
            with suppress(ValueError, IndexError, FileNotFoundError):
                pid = int(record.read_text().split()[0])
                if self._is_ours(pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGINT if time.monotonic() < deadline else signal.SIGKILL)
                    time.sleep(0.1)
                    continue
            record.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        """Say whether this process is a live server of our data. A zombie's command line is empty."""
        try:
            return os.fsencode(self.data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
