"""The suite's own fixtures hold what they promise."""

import asyncio
import socket

import pytest

from bloom.kernel import db


@pytest.fixture
def listening():
    server = socket.create_server(("127.0.0.1", 0))
    yield server.getsockname()
    server.close()


def test_inside_a_transaction_nothing_speaks_to_the_network(listening, db):
    from bloom.kernel.db import NetworkInTransaction, transactional

    before = socket.create_connection(listening)
    attempts = [
        lambda: socket.create_connection(listening),
        lambda: socket.socket().connect_ex(listening),
        lambda: before.sendall(b"x"),
        lambda: before.send(b"x"),
        lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", listening),
    ]
    for attempt in attempts:
        with pytest.raises(NetworkInTransaction):
            transactional(attempt)()
        attempt()
    before.close()


def test_hints_after_the_commit_may_speak(listening, transactional_db):
    said = []

    @db.transactional
    def service():
        db.after_commit(lambda: said.append(socket.create_connection(listening).close()))

    service()
    assert said == [None]


def test_outside_only_this_machine_is_spoken_to():
    for host in ("example.org", "192.0.2.1", "2001:db8::1"):
        with pytest.raises(AssertionError, match=host):
            socket.socket().connect((host, 80))


def test_a_loop_may_be_woken_inside_a_transaction(db):
    """asyncio wakes itself through a socket pair, which is no network."""
    from asgiref.sync import async_to_sync

    from bloom.kernel.db import transactional

    assert transactional(lambda: async_to_sync(asyncio.sleep)(0, "woken"))() == "woken"


def test_retry_once_runs_every_service_twice(retry_once, db):
    from bloom.kernel.db import transactional

    runs = []
    transactional(lambda: runs.append(1))()
    assert len(runs) == 2
