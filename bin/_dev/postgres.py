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
        self._do(
            "initdb", "-D", fresh, "-U", "postgres", "-E", "UTF8", "--locale-provider=builtin",
            "--locale=C.UTF-8", "--auth=reject", "--no-instructions",
        )  # fmt: skip
        hba = fresh / "pg_hba.conf"
        hba.write_text(HBA)
        self.programs.give(hba)
        extensions = "".join(f"CREATE EXTENSION {name};\n" for name in EXTENSIONS)
        # In template1, so that every database has them, those of the tests too.
        self._do("postgres", "--single", "-c", "exit_on_error=on", "-D", fresh, "template1", stdin=extensions)
        roles = ""
        for role, password in self.passwords.items():
            kind = "SUPERUSER" if role == SUITE else "NOSUPERUSER"
            roles += f"CREATE ROLE {role} LOGIN {kind} PASSWORD '{password}';\n"
        roles += f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n"
        if SUITE in self.passwords:
            roles += f"CREATE DATABASE {SUITE} OWNER {SUITE};\n"
        self._do("postgres", "--single", "-c", "exit_on_error=on", "-D", fresh, "postgres", stdin=roles)
        fresh.rename(self.data)

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
