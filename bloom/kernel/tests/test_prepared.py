"""A prepared statement keeps a transaction's promises, in a thread and on a loop."""

import asyncio
import gc
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection

from bloom.kernel import db, db_line
from bloom.kernel.db_line import DatabaseLine
from bloom.kernel.prepared import Prepared

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the statement is PostgreSQL's"),
]

ECHO = Prepared(
    "test_echo",
    "SELECT id, blob, words, at, list, ip, id IS NULL FROM %(rows)s AS given ORDER BY number",
    {"id": "uuid", "blob": "bytea", "words": "text", "at": "timestamptz", "list": "jsonb", "ip": "inet"},
)
KEEP = Prepared(
    "test_keep",
    "INSERT INTO test_kept SELECT n FROM %(rows)s AS given ORDER BY number RETURNING n",
    {"n": "text"},
)
AT = datetime(2026, 11, 3, 14, 5, 9, 123456, tzinfo=UTC)


@pytest.fixture
def kept():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE test_kept (n varchar(3) UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_kept")


def kept_rows() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM test_kept ORDER BY n")
        return [n for (n,) in cursor.fetchall()]


def values(**given):
    return dict.fromkeys(("id", "blob", "words", "at", "list", "ip")) | given


def test_every_type_comes_back_as_it_was_given():
    connection.ensure_connection()
    id_ = uuid.uuid4()
    full = values(id=id_, blob=b"\x00\xff", words="grüß\n'$1'", at=AT, list=["a", "b"], ip="2001:db8::1")
    first, second = ECHO.run(connection.connection, [full, values()])
    assert first[:5] == (id_, b"\x00\xff", "grüß\n'$1'", AT, ["a", "b"])
    assert (str(first[5]), first[6]) == ("2001:db8::1", False)
    assert second == (None,) * 6 + (True,)


def test_a_nul_is_refused_and_never_cuts_a_text_short():
    connection.ensure_connection()
    with pytest.raises(psycopg.DataError):
        ECHO.run(connection.connection, [values(words="be\0fore")])
    assert ECHO.run(connection.connection, [values(words="after")])[0][2] == "after"


def test_what_cannot_be_written_leaves_the_connection_as_it_was():
    connection.ensure_connection()
    with pytest.raises(UnicodeEncodeError):
        ECHO.run(connection.connection, [values(words="before"), values(words="\ud800")])
    assert ECHO.run(connection.connection, [values(words="after")])[0][2] == "after"


@pytest.mark.usefixtures("kept")
def test_all_is_done_or_nothing_and_the_connection_goes_on():
    driver = connection.connection
    with pytest.raises(psycopg.DataError):
        KEEP.run(driver, [{"n": "a"}, {"n": "too long"}, {"n": "b"}])
    assert kept_rows() == []
    assert KEEP.run(driver, [{"n": "a"}, {"n": "b"}]) == [("a",), ("b",)]
    assert kept_rows() == ["a", "b"]


@pytest.mark.usefixtures("kept")
def test_what_cannot_be_committed_is_no_answer():
    """The statements went well, and the end of their transaction did not."""
    with pytest.raises(psycopg.errors.UniqueViolation):
        KEEP.run(connection.connection, [{"n": "a"}, {"n": "a"}])
    assert kept_rows() == []


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("count", [1, 2, 3, 15, 16, 17, 39])
def test_any_number_of_rows_is_answered_in_their_order(count):
    given = [f"{number}" for number in range(count)]
    assert KEEP.run(connection.connection, [{"n": each} for each in given]) == [(each,) for each in given]
    assert kept_rows() == sorted(given)


@pytest.mark.usefixtures("kept")
def test_a_second_row_that_stands_apart_finds_what_the_first_did():
    sql = (
        "WITH given AS %(rows)s, kept AS (INSERT INTO test_kept SELECT n FROM given ON CONFLICT DO NOTHING) "
        "SELECT n, (SELECT count(*) FROM test_kept) FROM given ORDER BY number"
    )
    apart = Prepared("test_apart", sql, {"n": "text"}, apart="n")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE test_kept DROP CONSTRAINT test_kept_n_key, ADD UNIQUE (n)")
    answers = apart.run(connection.connection, [{"n": each} for each in ("a", "b", "a", "c", "a")])
    # Three of the first turn: two in one statement, and one.
    assert answers == [("a", 0), ("b", 0), ("a", 3), ("c", 2), ("a", 3)]


@pytest.mark.usefixtures("kept")
def test_within_a_transaction_it_is_part_of_it():
    @db.transactional
    def keep(*, fails: bool) -> None:
        KEEP.run(connection.connection, [{"n": "a"}])
        if fails:
            raise RuntimeError("after all not")

    with pytest.raises(RuntimeError):
        keep(fails=True)
    assert kept_rows() == []
    keep(fails=False)
    assert kept_rows() == ["a"]


SHAPE = "SELECT test_shape.* FROM test_shape, %(rows)s AS given WHERE n IS NOT NULL ORDER BY number"


@pytest.fixture
def shape():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE test_shape AS SELECT 1 AS one")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_shape")


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


LOST = {
    "gone": ("DEALLOCATE ALL", (1,)),
    "of another type": ("ALTER TABLE test_shape ADD COLUMN two integer DEFAULT 2", (1, 2)),
}


@pytest.mark.usefixtures("shape")
@pytest.mark.parametrize("how", LOST)
def test_what_the_server_no_longer_knows_is_prepared_once_more(how):
    shaped = Prepared("test_shape", SHAPE, {"n": "text"})
    assert shaped.run(connection.connection, [{"n": ""}]) == [(1,)]
    lose, expected = LOST[how]
    execute(lose)
    assert shaped.run(connection.connection, [{"n": ""}, {"n": ""}]) == [expected, expected]


@pytest.mark.usefixtures("shape")
@pytest.mark.parametrize("how", LOST)
def test_within_a_transaction_the_next_one_prepares_it(how):
    """The transaction has failed with the statement, and only who opened it can do it again."""
    shaped = Prepared("test_shape", SHAPE, {"n": "text"})
    shaped.run(connection.connection, [{"n": ""}])
    lose, expected = LOST[how]
    execute(lose)

    @db.transactional
    def ask() -> list:
        return shaped.run(connection.connection, [{"n": ""}])

    with pytest.raises((psycopg.errors.InvalidSqlStatementName, psycopg.NotSupportedError)):
        ask()
    assert ask() == [expected]


class Between:
    """What lies between Bloom and its database: it may fall silent, as a cut cable does."""

    def __init__(self) -> None:
        self.silent = False
        self.connections = 0
        self._serving: set[asyncio.Task[None]] = set()

    async def ended(self) -> None:
        """The database's last session is over."""
        # A connection that was given up while it was opened ends when it is collected.
        gc.collect()
        await asyncio.wait(self._serving, timeout=10)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._serving.add(asyncio.current_task())
        to = connection.get_connection_params()
        there = await self._database(str(to["host"]), int(to["port"]))
        await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))

    async def _database(self, host: str, port: int):
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if not self.silent:
                writer.write(data)
        writer.close()


@asynccontextmanager
async def line_through(monkeypatch) -> AsyncIterator[tuple[DatabaseLine, Between]]:
    between = Between()
    listening = await asyncio.start_server(between.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    straight = db_line._parameters
    monkeypatch.setattr(db_line, "_parameters", lambda: {**straight(), "host": "127.0.0.1", "port": port})
    monkeypatch.setattr(db_line, "RUN_SECONDS", 1.0)
    line = DatabaseLine()
    try:
        yield line, between
    finally:
        await line.close()
        listening.close()
        await between.ended()


async def words_of(line: DatabaseLine, words: str) -> str:
    (row,) = await line.run(ECHO, [values(words=words)])
    return row[2]


@pytest.mark.parametrize("when", ["connecting", "idle"])
async def test_a_server_that_falls_silent_costs_seconds_and_the_next_run_connects_anew(when, monkeypatch):
    async with line_through(monkeypatch) as (line, between):
        if when == "idle":
            assert await words_of(line, "before") == "before"
        so_far = between.connections
        between.silent = True
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(words_of(line, "lost"), 20)
        assert time.monotonic() - began < 3
        between.silent = False
        assert await words_of(line, "after") == "after"
        assert between.connections == so_far + (1 if when == "idle" else 2)


async def test_a_run_that_was_cut_leaves_no_answer_for_the_next(monkeypatch):
    slow = Prepared("test_slow", "SELECT n, pg_sleep(0.5) FROM %(rows)s AS given", {"n": "text"})
    async with line_through(monkeypatch) as (line, between):
        cut = asyncio.create_task(line.run(slow, [{"n": "cut"}]))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        cut.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cut
        assert time.monotonic() - began < 0.2
        assert await words_of(line, "next") == "next"
        assert between.connections == 2


async def test_what_the_database_refuses_costs_no_connection_and_any_other_error_does(monkeypatch):
    wrong = Prepared("test_wrong", "SELECT 1 FROM no_such_table, %(rows)s AS given", {"n": "text"})
    async with line_through(monkeypatch) as (line, between):
        with pytest.raises(psycopg.DataError):
            await words_of(line, "be\0fore")
        assert await words_of(line, "kept") == "kept"
        assert between.connections == 1
        with pytest.raises(psycopg.ProgrammingError):
            await line.run(wrong, [{"n": ""}])
        assert await words_of(line, "anew") == "anew"
        assert between.connections == 2


async def test_a_connection_gets_no_older_than_a_minute(monkeypatch):
    async with line_through(monkeypatch) as (line, between):
        await words_of(line, "one")
        await words_of(line, "two")
        assert between.connections == 1
        line._opened_at -= db_line.AGE_SECONDS + 1
        assert await words_of(line, "three") == "three"
        assert between.connections == 2


async def test_the_loops_connection_answers_waits_for_no_row_and_comes_back():
    line = DatabaseLine()
    try:
        (row,) = await line.run(ECHO, [values(words="here")])
        assert row[2] == "here"
        assert line._connection is not None
        timeout = await (await line._connection.execute("SHOW lock_timeout")).fetchone()
        assert timeout == ("500ms",)
        timeout = await (await line._connection.execute("SHOW statement_timeout")).fetchone()
        assert timeout == ("4s",)
        await line._connection.close()
        (row,) = await line.run(ECHO, [values(words="again")])
        assert row[2] == "again"
    finally:
        await line.close()
