"""One hot statement of PostgreSQL, run for many rows in one packet and one round trip.

    STORE = Prepared("message_store", sql, {"id": "uuid", "body": "bytea", "at": "timestamptz"})
    rows = STORE.run(driver, [{"id": ..., "body": ..., "at": ...}])

The driver's own pipeline writes to the socket for each statement of it and finds out for each what its values
are. Here the types are said once, so the statement has one plan, and the rows leave together. For everything
else there is the ORM.
"""

import itertools
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
import psycopg
from psycopg import generators, postgres, pq, waiting
from psycopg.adapt import Transformer

_NAMED: Final = re.compile(r"%\((\w+)\)s")


def _text(value: str) -> bytes:
    return value.encode()


def _moment(value: datetime) -> bytes:
    return value.isoformat().encode()


def _uuid(value: UUID) -> bytes:
    return value.bytes


# How a value of each type is written, and whether that is PostgreSQL's binary form.
_WRITTEN: Final[Mapping[str, tuple[Callable[[Any], bytes], pq.Format]]] = {
    "uuid": (_uuid, pq.Format.BINARY),
    "bytea": (bytes, pq.Format.BINARY),
    # In its text form a NUL would end it silently; so PostgreSQL refuses it.
    "text": (_text, pq.Format.BINARY),
    "inet": (_text, pq.Format.TEXT),
    "timestamptz": (_moment, pq.Format.TEXT),
    "jsonb": (msgspec.json.encode, pq.Format.TEXT),
}

# The server no longer has the statement (somebody said DISCARD or DEALLOCATE, or a pooler gave us another
# connection); or what it answers with has another type since a migration.
_FORGOTTEN: Final = frozenset({"26000", "0A000"})
# A waiting loop hears of an answer by itself; this only wakes it up now and then.
_LOOK_SECONDS: Final = 1.0

_Driver = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
_Wire = Generator[Any, Any, list[Any]]


class Prepared:
    """A statement that answers with one row, with `%(name)s` for each of `types`, by names of PostgreSQL."""

    def __init__(self, name: str, sql: str, types: Mapping[str, str]) -> None:
        place = {column: index for index, column in enumerate(types, start=1)}
        self._name = name
        self._sql = _NAMED.sub(lambda found: f"${place[found[1]]}", sql).encode()
        self._types = [postgres.types[each].oid for each in types.values()]
        self._written = [(column, _WRITTEN[each][0]) for column, each in types.items()]
        self._formats = [_WRITTEN[each][1] for each in types.values()]
        # By what name each connection knows it. Whoever closes one closes what was prepared on it.
        self._known: WeakKeyDictionary[_Driver, bytes] = WeakKeyDictionary()
        self._numbers = itertools.count(1)

    def run(
        self, driver: psycopg.Connection[Any], rows: Sequence[Mapping[str, Any]]
    ) -> list[tuple[Any, ...]]:
        """The answer to each row, in their order. All of it is done, or none, and then the database's own
        error is raised: in the transaction that is open, else in one that begins and ends with this.
        """
        if not driver.autocommit:
            # The driver begins the transaction that it was asked for.
            driver.execute("SELECT")
        values = self._values(rows)
        if driver in self._known:
            results = driver.wait(self._run(driver, values))
            if not self._is_forgotten(driver, results):
                return _answers(driver, results)
        driver.wait(self._prepare(driver))
        return _answers(driver, driver.wait(self._run(driver, values)))

    async def run_on_loop(
        self, driver: psycopg.AsyncConnection[Any], rows: Sequence[Mapping[str, Any]]
    ) -> list[tuple[Any, ...]]:
        """`run` on an event loop's connection, which commits each run by itself.

        Whoever cancels it has to close the connection: it takes no time for a farewell, as the driver would.
        """
        values = self._values(rows)
        if driver in self._known:
            results = await _wait(driver, self._run(driver, values))
            if not self._is_forgotten(driver, results):
                return _answers(driver, results)
        await _wait(driver, self._prepare(driver))
        return _answers(driver, await _wait(driver, self._run(driver, values)))

    def _values(self, rows: Sequence[Mapping[str, Any]]) -> list[list[bytes | None]]:
        return [
            [None if (value := row[column]) is None else write(value) for column, write in self._written]
            for row in rows
        ]

    def _is_forgotten(self, driver: _Driver, results: Sequence[pq.abc.PGresult]) -> bool:
        """Whether the statement is to be prepared anew, and can be: in a transaction, that has failed too."""
        error = next((each for each in results if each.status == pq.ExecStatus.FATAL_ERROR), None)
        if error is None or _sqlstate(error) not in _FORGOTTEN:
            return False
        del self._known[driver]
        return driver.pgconn.transaction_status == pq.TransactionStatus.IDLE

    def _prepare(self, driver: _Driver) -> _Wire:
        # What was forgotten may still be there, so each time has a name of its own.
        name = f"{self._name}_{next(self._numbers)}".encode()
        driver.pgconn.send_prepare(name, self._sql, self._types)
        results: list[Any] = yield from generators.execute(driver.pgconn)
        for result in results:
            _check(result)
        self._known[driver] = name
        return results

    def _run(self, driver: _Driver, values: Sequence[Sequence[bytes | None]]) -> _Wire:
        connection, name = driver.pgconn, self._known[driver]
        connection.enter_pipeline_mode()
        for each in values:
            connection.send_query_prepared(name, each, self._formats, pq.Format.BINARY)
        connection.pipeline_sync()
        yield from generators.send(connection)
        results: list[Any] = []
        while (found := (yield from generators.fetch_many(connection))) != []:
            if found[0].status == pq.ExecStatus.PIPELINE_SYNC:
                connection.exit_pipeline_mode()
                return results
            # One answer to each row; and one more where what they did could not be committed.
            results += found
        raise psycopg.OperationalError("the connection ended in a pipeline")


async def _wait(driver: psycopg.AsyncConnection[Any], wire: _Wire) -> list[Any]:
    return await waiting.wait_async(wire, driver.pgconn.socket, interval=_LOOK_SECONDS)


def _sqlstate(result: pq.abc.PGresult) -> str:
    return (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()


def _check(result: pq.abc.PGresult) -> None:
    if result.status == pq.ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(result)


def _answers(driver: _Driver, results: Sequence[Any]) -> list[tuple[Any, ...]]:
    for result in results:
        _check(result)
    reader: Any = Transformer(driver)
    rows = []
    for result in results:
        reader.set_pgresult(result)
        rows.append(reader.load_row(0, tuple))
    return rows
