"""The services as their users see them: hold the lock, see that a keeper is there, learn the addresses."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from _dev import keeper
from _dev.locks import Lock, is_held
from _dev.postgres import APP, DATABASE, OWNER, SUITE
from _dev.programs import Programs
from _dev.state import State, read_json
from _dev.terminal import Stop

DEV_FOLDER = Path(__file__).parent


class Services:
    """PostgreSQL and Valkey of a state, up for as long as this is held."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.users = Lock(state.users_lock)
        self.keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Hold the services; start them when they are down. Returns when they answer. Raises Stop."""
        if not self.users.shared(wait=30):
            raise Stop(
                f"The services of {self.state.folder} are still stopping: wait a moment and run this again."
            )
        deadline = time.monotonic() + 90
        while not self.ready():
            if not self.running():
                self._spawn()
            if time.monotonic() > deadline:
                raise Stop(f"PostgreSQL and Valkey do not start: see {self.state.logs}")
            time.sleep(0.05)
        return self

    def running(self) -> bool:
        """Say whether a keeper is there."""
        return is_held(self.state.keeper_lock)

    def ready(self) -> bool:
        """Say whether a keeper is there and its services answer."""
        return self.running() and self.state.keeper_lock.read_text() == keeper.READY

    def _spawn(self) -> None:
        if self.keeper is not None and self.keeper.wait() == 1:
            raise Stop(
                self.state.keeper_lock.read_text() or f"The services failed: see {self.state.log('keeper')}"
            )
        fast = [] if self.state.durable else ["--fast"]
        with self.state.log("keeper").open("ab") as log:
            self.keeper = subprocess.Popen(
                [sys.executable, DEV_FOLDER, "keep", self.state.folder, *fast],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while self.keeper.poll() is None and not self.running():
            time.sleep(0.02)

    def urls(self) -> dict[str, str]:
        """The services' addresses, by the names of bloom/env.py."""
        facts = self._facts()
        return {
            "DATABASE_URL": self._database(APP, DATABASE),
            "DATABASE_OWNER_URL": self._database(OWNER, DATABASE),
            "REDIS_URL": f"redis://:{facts['passwords']['valkey']}@127.0.0.1:{facts['valkey']}/0",
        }

    def suite_urls(self) -> dict[str, str]:
        """The addresses for the test suite, which makes and drops databases of its own."""
        everything = self._database(SUITE, SUITE)
        # Index 0 is the stack's that the browser tests drive.
        redis = self.urls()["REDIS_URL"].removesuffix("/0") + "/1"
        return {"DATABASE_URL": everything, "DATABASE_OWNER_URL": everything, "REDIS_URL": redis}

    def _facts(self) -> dict[str, Any]:
        return read_json(keeper.facts_file(Programs(self.state)))

    def _database(self, role: str, name: str) -> str:
        facts = self._facts()
        return f"postgres://{role}:{facts['passwords'][role]}@127.0.0.1:{facts['postgres']}/{name}"

    def hand_over(self) -> None:
        """Let the program that this process becomes by exec hold the services."""
        os.set_inheritable(self.users.fileno(), True)

    def revive(self) -> bool:
        """Start a keeper when there is none. True when there was none."""
        if self.running():
            return False
        self._spawn()
        return True

    def stop(self) -> None:
        """Let go. Returns when the services are down, or at once when others still use them."""
        self.users.release()
        deadline = time.monotonic() + 30
        while self.running() and not self._used_by_others() and time.monotonic() < deadline:
            if self.keeper is not None:
                self.keeper.poll()
            time.sleep(0.05)
        if self.keeper is not None and not self.running():
            # It has let go of its lock, as the last thing that it does.
            self.keeper.wait()
        self.users.close()

    def _used_by_others(self) -> bool:
        """Say whether somebody else holds the services. A keeper that is stopping them lets nobody share."""
        used = not self.users.exclusive() and self.users.shared()
        self.users.release()
        return used

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
