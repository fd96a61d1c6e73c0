"""Real servers: uvicorn processes on free ports against this run's test database, and real clients."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.db import connection, connections
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from accounts import services as accounts_services
from accounts.tests import factories
from accounts.types import TokenIssued
from bloom.kernel import clock
from bloom.realtime.tests import board

ROOT = Path(__file__).resolve().parents[3]
# Two cores may be busy with other tests.
START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One uvicorn process, with the flags that Bloom is run with."""

    def __init__(self, **environment: str) -> None:
        self.port = free_port()
        self.http = f"http://127.0.0.1:{self.port}"
        self.ws = f"ws://127.0.0.1:{self.port}/ws/v1/"
        database = connection.settings_dict
        url = (
            f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
            f"/{database['NAME']}"
        )
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "uvicorn", "bloom.realtime.tests.server:application",
                "--host", "127.0.0.1", "--port", str(self.port), "--loop", "uvloop",
                "--ws-per-message-deflate", "false", "--ws-max-size", "1048576",
                "--timeout-graceful-shutdown", "5", "--log-level", "warning",
            ],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL, **environment},
        )  # fmt: skip

    def wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None, "the test server did not start"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the test server did not start in time")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def servers(count: int, **environment: str) -> Iterator[list[Server]]:
    """Servers that are up, and gone afterwards."""
    with ExitStack() as stack:
        started = [Server(**environment) for _ in range(count)]
        for each in started:
            stack.callback(each.stop)
        for each in started:
            each.wait()
        yield started


@pytest.fixture(scope="module", autouse=True)
def thread_s_connection(django_db_setup: None) -> Iterator[None]:
    """Coroutines ask the database on one thread, whose connection would outlive the database."""
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(scope="module")
def pair(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[Server]]:
    """Two processes on one Redis."""
    with django_db_blocker.unblock():
        board.schema_create()
        database = connection.settings_dict
        assert database["NAME"].startswith("test_")
    with servers(2) as started:
        yield started


@pytest.fixture(scope="module")
def server(pair: list[Server]) -> Server:
    return pair[0]


class Client:
    """A socket, and what came through it."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[dict[str, Any]] = []
        self._refs = 0

    async def ask(self, type: str, *, seconds: float = 10, **data: Any) -> dict[str, Any]:
        """Send a frame and wait for its answer; whatever comes before it is kept in `frames`."""
        self._refs += 1
        ref = f"r{self._refs}"
        await self.connection.send(json.dumps({"type": type, "ref": ref, **data}, default=str))
        return await self.until(lambda frame: frame.get("ref") == ref, seconds=seconds, keep=False)

    async def until(
        self, wanted: Callable[[dict[str, Any]], bool], *, seconds: float = 10, keep: bool = True
    ) -> dict[str, Any]:
        """The next frame that is wanted; what passes by is kept in `frames`."""
        async with asyncio.timeout(seconds):
            while True:
                frame = json.loads(await self.connection.recv())
                if wanted(frame):
                    if keep:
                        self.frames.append(frame)
                    return frame
                self.frames.append(frame)

    async def changes(self, board_id: UUID, count: int, *, seconds: float = 10) -> list[int]:
        """The changes of a board that arrived, once there are `count` of them."""
        while len(found := self.seen(board_id)) < count:
            await self.until(lambda frame: frame["type"] == "board:receive", seconds=seconds)
        return found

    def seen(self, board_id: UUID) -> list[int]:
        return [
            f["change"] for f in self.frames if f["type"] == "board:receive" and f["board"] == str(board_id)
        ]

    async def silence(self, seconds: float = 0.4) -> None:
        """Take whatever comes for a while."""
        with suppress(TimeoutError):
            await self.until(lambda frame: False, seconds=seconds)

    async def closed(self, *, seconds: float = 10) -> int:
        """The code with which the server closes."""
        with suppress(ConnectionClosed):
            await self.until(lambda frame: False, seconds=seconds)
        assert self.connection.close_code is not None
        return self.connection.close_code

    async def close(self) -> None:
        await self.connection.close()


async def ticket_buy(server: Server, token: str) -> str:
    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{server.http}/api/v1/realtime/tickets/", headers={"Authorization": f"Bearer {token}"}
        )
    assert answer.status_code == 201, answer.text
    value: str = answer.json()["ticket"]
    return value


async def open_offering(
    server: Server, *subprotocols: str, origin: str | None = None, **headers: str
) -> Client:
    return Client(
        await connect(
            server.ws,
            subprotocols=[Subprotocol(each) for each in subprotocols] or None,
            origin=Origin(origin) if origin else None,
            additional_headers=headers,
            ping_interval=None,
            compression=None,
            max_size=None,
        )
    )


async def open_by_token(server: Server, token: str) -> Client:
    return await open_offering(server, "bloom.v1", f"ticket.{await ticket_buy(server, token)}")


def token_issue(user_id: UUID, *scopes: str) -> TokenIssued:
    wanted = list(scopes) or ["conversations:write"]
    return accounts_services.token_issue(factories.SYSTEM, user_id, "test", wanted, 1, at=clock.now())


class Person:
    """Somebody with a token."""

    def __init__(self, *scopes: str) -> None:
        self.user = factories.patient()
        self.id = self.user.id
        issued = token_issue(self.id, *scopes)
        self.token, self.token_id = issued.raw, issued.id


@pytest.fixture
def ann(transactional_db: None) -> Person:
    return Person()


@pytest.fixture
def bob(transactional_db: None) -> Person:
    return Person()


@pytest.fixture
def shared_board(ann: Person, bob: Person) -> UUID:
    board.schema_create()
    board_id = uuid4()
    board.board_create(board_id, ann.id, bob.id)
    return board_id
