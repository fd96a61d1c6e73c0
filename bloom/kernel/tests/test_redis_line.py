"""A line to Redis: answers in their order, one piece for one moment, and errors in time when it is away."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest
import redis
from redis.exceptions import ConnectionError, InvalidResponse, RedisError, ResponseError, TimeoutError

from bloom.kernel import redis_line


@pytest.fixture
def key() -> bytes:
    return f"bloom:test:{uuid4()}".encode()


@pytest.fixture
def server(settings):
    client = redis.Redis.from_url(settings.REDIS_URL)
    try:
        client.ping()
    except redis.RedisError:
        pytest.skip("no Redis here")
    yield client
    client.close()


class Fake:
    """A server that answers what it is told to, and notes what came together."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.greetings = b""
        self.answer = b":7\r\n"
        self.silent = self.hangs_up = self.ends_at_once = self.says_no_word = False
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        while data := await reader.read(65536):
            if b"HELLO" in data or b"CLIENT" in data or b"SELECT" in data:
                # The client's own greetings.
                self.greetings += data
                if self.says_no_word:
                    continue
                writer.write(b"+OK\r\n" * data.count(b"\r\n*") + b"+OK\r\n")
                if self.ends_at_once and b"SELECT" in data:
                    break
                continue
            self.pieces.append(data)
            if self.hangs_up:
                break
            if not self.silent:
                writer.write(self.answer * data.count(b"PUBLISH"))
        writer.close()


@pytest.fixture
async def fake(settings) -> AsyncIterator[Fake]:
    fake = Fake()
    listening = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/1"
    yield fake
    listening.close()


@pytest.mark.usefixtures("server")
class TestRedis:
    async def test_each_question_gets_its_own_answer(self, key):
        line = redis_line.get()
        asked = [line.ask(b"INCRBY", key + b"%d" % number, b"%d" % number) for number in range(1, 50)]
        assert await asyncio.gather(*asked) == list(range(1, 50))
        assert await line.ask(b"DEL", *(key + b"%d" % number for number in range(1, 50))) == 49

    async def test_any_bytes_go_as_they_are(self, key, server):
        value = bytes(range(256)) + b"\r\n$5\r\n*3\r\n"
        assert await redis_line.get().ask(b"SADD", key, value) == 1
        assert await asyncio.to_thread(server.spop, key) == value

    async def test_an_error_is_that_questions_own(self, key):
        line = redis_line.get()
        first, wrong, last = await asyncio.gather(
            line.ask(b"INCRBY", key, b"1"),
            line.ask(b"INCRBY", key, b"no number"),
            line.ask(b"DEL", key),
            return_exceptions=True,
        )
        assert (first, last) == (1, 1)
        assert isinstance(wrong, ResponseError)

    async def test_whoever_goes_away_leaves_the_others_their_answers(self, key):
        line = redis_line.get()
        gone = asyncio.create_task(line.ask(b"INCRBY", key, b"5"))
        stays = asyncio.create_task(line.ask(b"INCRBY", key, b"1"))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == 6
        assert await line.ask(b"DEL", key) == 1


class TestALine:
    async def test_what_is_asked_in_one_moment_leaves_in_one_piece(self, fake):
        line = redis_line.get()
        await line.ask(b"PUBLISH", b"first", b"")
        assert await asyncio.gather(*(line.ask(b"PUBLISH", b"c", b"%d" % n) for n in range(20))) == [7] * 20
        assert [piece.count(b"PUBLISH") for piece in fake.pieces] == [1, 20]

    async def test_silence_is_an_error_in_time_and_the_next_question_connects_anew(self, fake, monkeypatch):
        monkeypatch.setattr(redis_line, "TIMEOUT_SECONDS", 0.1)
        fake.silent = True
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(redis_line.get().ask(b"PUBLISH", b"c", b""), 5)
        fake.silent = False
        await asyncio.sleep(0.05)
        assert await asyncio.wait_for(redis_line.get().ask(b"PUBLISH", b"c", b""), 5) == 7
        assert fake.connections == 2

    async def test_a_lost_connection_fails_what_was_sent_and_is_opened_again(self, fake):
        fake.hangs_up = True
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(redis_line.get().ask(b"PUBLISH", b"c", b""), 5)
        fake.hangs_up = False
        assert await asyncio.wait_for(redis_line.get().ask(b"PUBLISH", b"c", b""), 5) == 7

    async def test_nobody_there_is_an_error_for_all_who_asked(self, settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        line = redis_line.get()
        found = await asyncio.gather(*(line.ask(b"DEL", b"k") for _ in range(3)), return_exceptions=True)
        assert all(isinstance(each, ConnectionError) for each in found)


async def answer_of(*command: bytes) -> int:
    return await asyncio.wait_for(redis_line.get().ask(*(command or (b"PUBLISH", b"c", b""))), 5)


class TestWhatCannotBe:
    """Whatever happens to a connection, whoever asked hears of it, and the next question is answered."""

    async def test_the_server_is_not_asked_for_pushes_that_nobody_reads(self, fake, settings):
        settings.REDIS_URL += "?protocol=3"
        assert await answer_of() == 7
        assert b"SELECT" in fake.greetings
        assert b"HELLO" not in fake.greetings
        assert b"MAINT_NOTIFICATIONS" not in fake.greetings

    async def test_what_the_client_did_not_foresee_while_connecting_is_an_error(self, fake, monkeypatch):
        async def opened(url: str) -> None:
            raise AttributeError("no transport")

        with monkeypatch.context() as patch:
            patch.setattr(redis_line, "_opened", opened)
            with pytest.raises(ConnectionError):
                await answer_of()
        assert await answer_of() == 7

    async def test_a_connection_that_ends_as_it_begins_is_an_error(self, fake):
        fake.ends_at_once = True
        with pytest.raises(ConnectionError):
            await answer_of()
        fake.ends_at_once = False
        assert await answer_of() == 7

    async def test_a_transport_that_was_closed_before_it_was_ours_is_an_error(self, fake, monkeypatch):
        straight: Callable = redis_line._Connection

        def closed(client):
            client._writer.transport.abort()
            return straight(client)

        with monkeypatch.context() as patch:
            patch.setattr(redis_line, "_Connection", closed)
            with pytest.raises(ConnectionError):
                await answer_of()
        assert await answer_of() == 7

    async def test_a_server_that_does_not_greet_is_an_error_in_time(self, fake, monkeypatch):
        """Each greeting has a time of its own; who asks has one for all of them."""
        monkeypatch.setattr(redis_line, "TIMEOUT_SECONDS", 0.2)

        async def forever(url: str) -> None:
            await asyncio.sleep(60)

        with monkeypatch.context() as patch:
            patch.setattr(redis_line, "_opened", forever)
            began = time.monotonic()
            found = await asyncio.gather(answer_of(), answer_of(), return_exceptions=True)
        assert all(isinstance(each, TimeoutError) for each in found)
        assert time.monotonic() - began < 2
        fake.says_no_word = True
        with pytest.raises(RedisError):
            await answer_of()
        fake.says_no_word = False
        assert await answer_of() == 7

    async def test_an_old_connection_has_no_say_in_the_new_one(self, fake, monkeypatch):
        monkeypatch.setattr(redis_line, "TIMEOUT_SECONDS", 0.3)
        assert await answer_of() == 7
        line = redis_line.get()
        old = line._connection
        assert old is not None
        fake.hangs_up = True
        with pytest.raises(ConnectionError):
            await answer_of()
        fake.hangs_up, fake.silent = False, True
        asked = asyncio.create_task(answer_of())
        await asyncio.sleep(0.1)
        assert line._connection is not old
        # The last words of the old one, late.
        old.data_received(b":99\r\n")
        old.connection_lost(None)
        assert not asked.done()
        fake.writers[-1].write(b":5\r\n")
        assert await asked == 5

    @pytest.mark.parametrize(
        "answer", [b"$2\r\nhi\r\n", b":no number\r\n", b">1\r\n", b"\r\n", b":7\r\n:7\r\n"]
    )
    async def test_an_answer_that_is_no_number_never_becomes_the_next_ones(self, fake, answer):
        fake.answer = answer
        found = await asyncio.gather(answer_of(), answer_of(), return_exceptions=True)
        assert isinstance(found[1], InvalidResponse) or found == [7, 7]
        fake.answer = b":8\r\n"
        assert await answer_of() == 8
