"""The real PostgreSQL and Valkey, started, used, killed and started again in a folder of their own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from _dev.services import Services
from _dev.state import State

from .conftest import BIN
from .test_supervisor import until

USE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from _dev.services import Services
from _dev.state import State
with Services(State(Path(sys.argv[2]), durable=False)) as services:
    print("up", flush=True)
    time.sleep(60)
"""
BECOME = """
import os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from _dev.services import Services
from _dev.state import State
services = Services(State(Path(sys.argv[2]), durable=False)).start()
services.hand_over()
os.execv("/bin/sh", ["sh", "-c", "echo became; exec sleep 30"])
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def state(folder):
    made = State(folder / "state", durable=False)
    yield made
    until(lambda: not Services(made).running())


def ask(url, statement="SELECT current_user"):
    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.execute(statement).fetchone()[0]


def postmaster(state):
    return int((state.folder / "services/postgres/postmaster.pid").read_text().split()[0])


def test_roles_extensions_and_passwords(state):
    with Services(state) as services:
        urls = services.urls()
        assert ask(urls["DATABASE_URL"]) == "bloom_app"
        assert ask(urls["DATABASE_OWNER_URL"]) == "bloom_owner"
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        assert ask(urls["DATABASE_URL"], owner) == "bloom_owner"
        supers = "SELECT array_agg(rolname ORDER BY rolname) FROM pg_roles WHERE rolsuper"
        assert ask(urls["DATABASE_URL"], supers) == ["bloom_test", "postgres"]
        extensions = (
            "SELECT count(*) FROM pg_extension WHERE extname IN ('vector', 'pg_trgm', 'unaccent', 'citext')"
        )
        assert ask(urls["DATABASE_URL"], extensions) == 4
        for refused in ("bloom_app:wrong@", "postgres@", "postgres:postgres@"):
            parts = urlsplit(urls["DATABASE_URL"])
            with pytest.raises(psycopg.OperationalError):
                ask(f"postgres://{refused}{parts.hostname}:{parts.port}/bloom")
        assert redis.Redis.from_url(urls["REDIS_URL"]).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=urlsplit(urls["REDIS_URL"]).port).ping()


def test_data_and_addresses_outlive_a_stop(state):
    with Services(state) as services:
        first = services.urls()
        with psycopg.connect(first["DATABASE_OWNER_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    assert not services.running()
    with Services(state) as services:
        assert services.urls() == first
        assert ask(first["DATABASE_OWNER_URL"], "SELECT n FROM kept") == 42


def test_the_services_stay_while_anybody_uses_them(state):
    first, second = Services(state).start(), Services(state).start()
    url = first.urls()["DATABASE_URL"]
    begun = time.monotonic()
    first.stop()
    assert time.monotonic() - begun < 2
    assert ask(url) == "bloom_app"
    second.stop()
    with pytest.raises(psycopg.OperationalError):
        ask(url)


def test_a_killed_user_leaves_nothing_behind(state):
    with subprocess.Popen([sys.executable, "-c", USE, BIN, state.folder], stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == b"up\n"
        pid = postmaster(state)
        user.send_signal(signal.SIGKILL)
        user.wait()
    until(lambda: not Services(state).running())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_killed_keeper_is_replaced_and_the_data_is_whole(state):
    with Services(state) as services:
        with psycopg.connect(services.urls()["DATABASE_OWNER_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        services.keeper.send_signal(signal.SIGKILL)
        services.keeper.wait()
        assert services.revive()
        until(services.ready, 30)
        assert ask(services.urls()["DATABASE_OWNER_URL"], "SELECT n FROM kept") == 42


def test_a_program_that_takes_over_by_exec_holds_the_services_until_it_ends(state):
    """How bin/manage becomes manage.py."""
    with subprocess.Popen(
        [sys.executable, "-c", BECOME, BIN, state.folder], stdout=subprocess.PIPE
    ) as manage:
        assert manage.stdout is not None
        assert manage.stdout.readline() == b"became\n"
        time.sleep(0.5)
        assert Services(state).ready()
        manage.kill()
        manage.wait()
    until(lambda: not Services(state).running())


@pytest.mark.parametrize("victim", ["postgres", "valkey"])
def test_the_keeper_starts_a_killed_service_again(state, victim):
    with Services(state) as services:
        urls = services.urls()
        if victim == "postgres":
            os.kill(postmaster(state), signal.SIGKILL)
        else:
            client = redis.Redis.from_url(urls["REDIS_URL"])
            os.kill(client.info()["process_id"], signal.SIGKILL)

        def both_answer():
            with contextlib.suppress(psycopg.OperationalError, redis.ConnectionError):
                return ask(urls["DATABASE_URL"]) and redis.Redis.from_url(urls["REDIS_URL"]).ping()
            return False

        time.sleep(0.1)
        until(both_answer, 30)


def test_a_dead_postmaster_whose_number_lives_on_is_forgotten(state):
    with Services(state):
        pass
    record = state.folder / "services/postgres/postmaster.pid"
    # This very process: alive, and no PostgreSQL.
    record.write_text(f"{os.getpid()}\n{record.parent}\n1\n1\n\n\n")
    with Services(state) as services:
        assert ask(services.urls()["DATABASE_URL"]) == "bloom_app"
