"""The keeper: a process of its own that runs PostgreSQL and Valkey while somebody holds the users' lock.

bin/run, bin/manage and bin/test hold that lock together. When the last of them lets go, by its end or by
kill -9, the keeper stops the services and leaves. When the keeper itself is killed, the kernel ends the
services, and whoever needs them starts another keeper.
"""

import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any

from _dev import ports
from _dev.locks import Lock
from _dev.postgres import APP, OWNER, SUITE, Postgres
from _dev.programs import Programs
from _dev.state import State, read_json, write_private
from _dev.terminal import Stop
from _dev.valkey import Valkey

READY = "ready"
Service = Postgres | Valkey


def facts_file(programs: Programs) -> Path:
    """Ports and passwords. It lies beside the data, because one is useless without the other."""
    return programs.place / "services.json"


def facts_make(programs: Programs) -> dict[str, Any]:
    """The services' ports and passwords: those of the last start, where the ports are still free."""
    facts = read_json(facts_file(programs))
    if not facts:
        roles = (OWNER, APP) if programs.state.durable else (OWNER, APP, SUITE)
        facts = {"passwords": {name: secrets.token_hex(24) for name in (*roles, "valkey")}}
    for service in ("postgres", "valkey"):
        if not settles(facts.get(service, 0)):
            facts[service] = ports.pick(*(facts.get(name, 0) for name in ("postgres", "valkey")))
    write_private(facts_file(programs), json.dumps(facts, indent=1) + "\n")
    return facts


def settles(port: int, seconds: float = 3) -> bool:
    """Wait a moment for a server that was just killed to let go of its port."""
    deadline = time.monotonic() + seconds
    while port and not ports.is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return bool(port)


def keep(state: State, lock: Lock, users: Lock) -> None:
    """Run the services until nobody uses them; start one again when it dies."""
    programs = Programs(state)
    facts = facts_make(programs)
    passwords = dict(facts["passwords"])
    valkey = Valkey(programs, state.log("valkey"), facts["valkey"], passwords.pop("valkey"))
    postgres = Postgres(programs, state.log("postgres"), facts["postgres"], passwords)
    services: list[Service] = [postgres, valkey]
    try:
        for service in services:
            service.start()
        lock.write(READY)
        while not users.exclusive():
            time.sleep(0.2)
            for service in services:
                if service.process is not None and service.process.poll() is not None:
                    print(
                        f"{service.name} ended with {service.process.returncode}; starting it again",
                        flush=True,
                    )
                    service.start()
    finally:
        for service in reversed(services):
            service.stop()


def main(arguments: list[str]) -> int:
    """Keep the services of one state. A second keeper leaves at once."""
    state = State(Path(arguments[0]), durable="--fast" not in arguments)
    # Longer than anybody's look at whether a keeper is there.
    with Lock(state.keeper_lock) as lock, Lock(state.users_lock) as users:
        if not lock.exclusive(wait=0.3):
            return 0
        lock.write("")
        try:
            keep(state, lock, users)
        except Stop as stop:
            lock.write(str(stop))
            print(stop, file=sys.stderr)
            return 1
    return 0
