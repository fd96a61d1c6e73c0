"""An event loop's own connection to PostgreSQL, for a statement that is worth one (`kernel.prepared`).

A thread's connection costs a run two changes of thread, each with a wait for the interpreter's lock. This one
waits on the loop itself. It commits each run by itself, and knows nothing of Django: everything else goes by
threads and `django.db`.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg
from django.db import connection as settled

from bloom.kernel.prepared import Prepared

# Behind a row that somebody else holds everybody waits: soon a thread looks for who has to.
_LOCK_WAIT: Final = "500ms"
# For a whole run, a new connection included. Everybody waits behind it, and the network says nothing of a
# server that is gone; the server, too, gives up then.
RUN_SECONDS: Final = 4.0
# What lies between may forget a connection that says nothing, and a standby that took over is found again.
AGE_SECONDS: Final = 60.0


class DatabaseLine:
    """One connection, opened by the first run, and by the first after it was lost or is a minute old. One run
    at a time.
    """

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened_at = 0.0

    async def run(self, statement: Prepared, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """The answers of `statement` to these rows, durable together.

        Raises psycopg.Error, or TimeoutError after four seconds. After a DataError or an IntegrityError
        nothing was done; after anything else nobody knows.
        """
        try:
            async with asyncio.timeout(RUN_SECONDS):
                return await statement.run_on_loop(await self._open(), rows)
        except (psycopg.DataError, psycopg.IntegrityError):
            raise
        except BaseException:
            # Whoever was cut short, by the deadline or by being cancelled, left answers on the connection.
            await self.close()
            raise

    async def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _open(self) -> psycopg.AsyncConnection[Any]:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # What belongs to another loop (a test's) is not waited for here.
            self._loop, self._connection = loop, None
        if time.monotonic() - self._opened_at > AGE_SECONDS:
            await self.close()
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(**_parameters())
            self._opened_at = time.monotonic()
        return self._connection


def _parameters() -> dict[str, Any]:
    """As Django connects, but by itself: each statement commits."""
    parameters: dict[str, Any] = settled.get_connection_params()
    bounds = f"-c lock_timeout={_LOCK_WAIT} -c statement_timeout={RUN_SECONDS:.0f}s"
    options = f"{parameters.get('options', '')} {bounds}".strip()
    kept = {name: value for name, value in parameters.items() if name not in {"cursor_factory", "context"}}
    return {**kept, "options": options, "autocommit": True}
