"""One hot statement of PostgreSQL, run for many rows in one packet and one round trip.

    sql = "WITH given AS %(rows)s INSERT INTO ... SELECT id, body, at FROM given ... RETURNING ..."
    STORE = Prepared("message_store", sql, {"id": "uuid", "body": "bytea", "at": "timestamptz"})
    rows = STORE.run(driver, [{"id": ..., "body": ..., "at": ...}])

The driver's own pipeline writes to the socket for each statement of it and finds out for each what its values
are. Here the types are said once, so the statement has one plan, and the rows leave together. To begin and
end a statement costs PostgreSQL more than a row of it does, so one statement takes several rows: it is
prepared for 1, 2, 4, 8 and 16, and any number is made of these. For everything else there is the ORM.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec
import psycopg
from psycopg import generators, postgres, pq, waiting
from psycopg.adapt import Transformer

# Of how many rows there is a statement.
_SIZES: Final = (16, 8, 4, 2, 1)


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
    """A statement that answers each of its rows with one, by `number`.

    In `sql`, `%(rows)s` stands for a table of them with the columns `number`, from 0, and those of `types`,
    by names of PostgreSQL. No two rows of one statement have the same value of `apart`: a second one comes in
    a later statement, and finds what the earlier one did.
    """

    def __init__(self, name: str, sql: str, types: Mapping[str, str], *, apart: str | None = None) -> None:
        self._name = name
        self._sql = sql
        self._apart = apart
        self._columns = tuple(types)
        self._types = [postgres.types[each].oid for each in types.values()]
        self._written = [(column, _WRITTEN[each][0]) for column, each in types.items()]
        self._formats = [_WRITTEN[each][1] for each in types.values()]
        # By what name each connection knows it, for so many rows. Whoever closes one closes what was prepared
        # on it.
        self._known: WeakKeyDictionary[_Driver, dict[int, bytes]] = WeakKeyDictionary()
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
        parts = self._parts(rows)
        results = driver.wait(self._run(driver, rows, parts))
        if self._is_forgotten(driver, results):
            results = driver.wait(self._run(driver, rows, parts))
        return _answers(driver, results, parts)

    async def run_on_loop(
        self, driver: psycopg.AsyncConnection[Any], rows: Sequence[Mapping[str, Any]]
    ) -> list[tuple[Any, ...]]:
        """`run` on an event loop's connection, which commits each run by itself.

        Whoever cancels it has to close the connection: it takes no time for a farewell, as the driver would.
        """
        parts = self._parts(rows)
        results = await _wait(driver, self._run(driver, rows, parts))
        if self._is_forgotten(driver, results):
            results = await _wait(driver, self._run(driver, rows, parts))
        return _answers(driver, results, parts)

    def _parts(self, rows: Sequence[Mapping[str, Any]]) -> list[list[int]]:
        """Which rows, by their place, stand in one statement together."""
        turns: list[list[int]] = []
        seen: Counter[Any] = Counter()
        for index, row in enumerate(rows):
            turn = 0
            if self._apart is not None:
                turn = seen[row[self._apart]]
                seen[row[self._apart]] += 1
            if turn == len(turns):
                turns.append([])
            turns[turn].append(index)
        parts = []
        for places in turns:
            start = 0
            for size in _SIZES:
                while len(places) - start >= size:
                    parts.append(places[start : start + size])
                    start += size
        return parts

    def _values(self, row: Mapping[str, Any]) -> list[bytes | None]:
        return [None if (value := row[column]) is None else write(value) for column, write in self._written]

    def _is_forgotten(self, driver: _Driver, results: Sequence[pq.abc.PGresult]) -> bool:
        """Whether the statement is to be prepared anew, and can be: in a transaction, that has failed too."""
        error = next((each for each in results if each.status == pq.ExecStatus.FATAL_ERROR), None)
        if error is None or _sqlstate(error) not in _FORGOTTEN:
            return False
        del self._known[driver]
        return driver.pgconn.transaction_status == pq.TransactionStatus.IDLE

    def _prepare(self, driver: _Driver, size: int) -> _Wire:
        # What was forgotten may still be there, so each time has a name of its own.
        name = f"{self._name}_{next(self._numbers)}".encode()
        driver.pgconn.send_prepare(name, self._sql_for(size), self._types * size)
        results: list[Any] = yield from generators.execute(driver.pgconn)
        for result in results:
            _check(result)
        self._known.setdefault(driver, {})[size] = name
        return results

    def _sql_for(self, size: int) -> bytes:
        count = len(self._columns)
        rows = ", ".join(
            f"({number}, {', '.join(f'${number * count + place}' for place in range(1, count + 1))})"
            for number in range(size)
        )
        columns = ", ".join(("number", *self._columns))
        table = f"(SELECT * FROM (VALUES {rows}) AS rows ({columns}))"  # noqa: S608 - names from code
        return self._sql.replace("%(rows)s", table).encode()

    def _run(
        self, driver: _Driver, rows: Sequence[Mapping[str, Any]], parts: Sequence[Sequence[int]]
    ) -> _Wire:
        connection = driver.pgconn
        for size in {len(part) for part in parts}:
            if size not in self._known.get(driver, {}):
                yield from self._prepare(driver, size)
        known = self._known[driver]
        # What cannot be written must not leave half of a pipeline behind.
        written = [[value for index in part for value in self._values(rows[index])] for part in parts]
        connection.enter_pipeline_mode()
        for part, values in zip(parts, written, strict=True):
            formats = self._formats * len(part)
            connection.send_query_prepared(known[len(part)], values, formats, pq.Format.BINARY)
        connection.pipeline_sync()
        yield from generators.send(connection)
        results: list[Any] = []
        while (found := (yield from generators.fetch_many(connection))) != []:
            if found[0].status == pq.ExecStatus.PIPELINE_SYNC:
                connection.exit_pipeline_mode()
                return results
            # One answer to each statement; and one more where what they did could not be committed.
            results += found
        raise psycopg.OperationalError("the connection ended in a pipeline")


async def _wait(driver: psycopg.AsyncConnection[Any], wire: _Wire) -> list[Any]:
    return await waiting.wait_async(wire, driver.pgconn.socket, interval=_LOOK_SECONDS)


def _sqlstate(result: pq.abc.PGresult) -> str:
    return (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()


def _check(result: pq.abc.PGresult) -> None:
    if result.status == pq.ExecStatus.FATAL_ERROR:
        raise psycopg.errors.error_from_result(result)


def _answers(
    driver: _Driver, results: Sequence[Any], parts: Sequence[Sequence[int]]
) -> list[tuple[Any, ...]]:
    for result in results:
        _check(result)
    reader: Any = Transformer(driver)
    found: dict[int, tuple[Any, ...]] = {}
    for part, result in zip(parts, results, strict=True):
        reader.set_pgresult(result)
        found.update(zip(part, reader.load_rows(0, result.ntuples, tuple), strict=True))
    return [found[index] for index in range(len(found))]
