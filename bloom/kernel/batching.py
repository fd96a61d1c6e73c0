"""Many coroutines, one store: what comes in while a run is under way makes up the next run.

    sends = Batcher(store.messages_store)
    message = await sends.submit(draft)

No timer: a lone item goes at once, and the busier it gets the larger the runs. The store runs on one thread
with a database connection of its own. It answers item by item, a refusal being that item's own result. When
it fails as a whole, the run is halved until the item that broke it stands alone, so the store must be one
transaction per run (or idempotent). So it is when an item waits for a row that somebody else holds: it alone
is refused, for everybody else waits behind it. A caller that goes away does not take its item back.
`after` is told of what was done before any caller is: on the loop, and it does not raise. `direct` does what
is simple enough on the loop, without a thread, in the order in which all came: what was submitted first is
done first, for a person's messages are read in the order in which they wrote them. Where it fails, the store
does it.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Final, Generic, Protocol, TypeVar

from django.db import InterfaceError, OperationalError, connection

from bloom.kernel import db
from bloom.kernel.errors import DomainError, Unavailable

T = TypeVar("T")
R = TypeVar("R")
Item = TypeVar("Item", contravariant=True)
Answer = TypeVar("Answer", covariant=True)

# An item, and what its caller waits for.
_Submitted = tuple[T, asyncio.Future[R]]

logger = logging.getLogger(__name__)

_IDLE_SECONDS: Final = 1.0
# How long a run waits for a row; its halves, which only look for the item that does, wait less.
_LOCK_WAIT: Final = "3s"
_LOCK_WAIT_HALVED: Final = "500ms"
_CAN_WAIT: Final = frozenset({"postgresql", "cockroachdb"})
# Another transaction holds the row; the statement took too long. The trouble of some items, not of all.
_STUCK: Final = frozenset({"55P03", "57014"})
# A run that is still looking for them after so long gives up the rest.
_RUN_SECONDS: Final = 10.0


class Direct(Protocol[Item, Answer]):
    """Does a run on the event loop, as a whole or not at all."""

    def takes(self, item: Item) -> bool:
        """Whether this item can be done here."""

    async def run(self, items: Sequence[Item]) -> Sequence[Answer | DomainError]:
        """What the store would answer."""

    async def close(self) -> None:
        """Give back what it holds."""


class Batcher(Generic[T, R]):
    """Runs `store` for batches of at most `most` items; refuses what exceeds `waiting` queued items."""

    def __init__(
        self,
        store: Callable[[Sequence[T]], Sequence[R | DomainError]],
        *,
        direct: Direct[T, R] | None = None,
        after: Callable[[Sequence[R]], Awaitable[None]] | None = None,
        most: int = 64,
        waiting: int = 2_000,
    ) -> None:
        self._store = store
        self._direct = direct
        self._after = after
        self._most = most
        self._waiting = waiting
        self._queue: deque[_Submitted[T, R]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._drain: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._last_run = 0.0
        self._until = 0.0
        # The driver's connection, and how long it was told to wait for a row.
        self._told: tuple[object, str] | None = None

    async def submit(self, item: T) -> R:
        """The store's result for `item`, or raise what it refused it with.

        Raises Unavailable when too much is waiting already, when the database cannot be reached, or when
        the item's row is held by somebody else for seconds; what then became of the item is unknown, so items
        carry their own key.
        """
        self._belong_to(asyncio.get_running_loop())
        if len(self._queue) >= self._waiting:
            raise Unavailable
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._run_all())
        return await future

    async def close(self) -> None:
        """Finish what is queued, then give the thread and its connection back."""
        if self._drain is not None and self._loop is asyncio.get_running_loop():
            await self._drain
        if self._direct is not None:
            await self._direct.close()
        if self._thread is not None:
            thread, self._thread = self._thread, None
            self._told = None
            await asyncio.wrap_future(thread.submit(_hang_up))
            thread.shutdown(wait=False)

    def _belong_to(self, loop: asyncio.AbstractEventLoop) -> None:
        """Futures and tasks belong to one loop; another loop (a test's) starts afresh."""
        if self._loop is not loop:
            self._loop, self._drain = loop, None
            self._queue.clear()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="batch")

    async def _run_all(self) -> None:
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]
            for is_simple, some in groupby(batch, self._is_simple):
                await self._run(list(some), self._direct if is_simple else None)

    def _is_simple(self, submitted: _Submitted[T, R]) -> bool:
        return self._direct is not None and self._direct.takes(submitted[0])

    async def _run(self, batch: Sequence[_Submitted[T, R]], direct: Direct[T, R] | None) -> None:
        items = [item for item, _ in batch]
        try:
            outcomes = direct and await self._run_directly(items, direct)
            if not outcomes:
                outcomes = await self._run_in_thread(items)
            if self._after is not None:
                await self._after([each for each in outcomes if not isinstance(each, BaseException)])
        except Exception as error:
            logger.error("batching.broken", extra={"error": type(error).__name__})
            outcomes = [Unavailable() for _ in batch]
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if future.done():
                continue  # the caller went away; its item is stored all the same
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    async def _run_directly(
        self, items: Sequence[T], direct: Direct[T, R]
    ) -> Sequence[R | BaseException] | None:
        try:
            return await direct.run(items)
        except Exception as error:
            # On the thread the item that broke it is found. What was done all the same, its key finds there.
            logger.warning("batching.not_directly", extra={"error": type(error).__name__})
            return None

    async def _run_in_thread(self, items: Sequence[T]) -> Sequence[R | BaseException]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._run_batch, items)

    def _run_batch(self, items: Sequence[T]) -> Sequence[R | BaseException]:
        """On the store's thread."""
        now = time.monotonic()
        if now - self._last_run > _IDLE_SECONDS:
            # After a pause the server may have gone; while busy, the check would cost every run a round trip.
            connection.close_if_unusable_or_obsolete()
        self._until = now + _RUN_SECONDS
        outcomes = self._attempt(items, _LOCK_WAIT)
        self._last_run = time.monotonic()
        return outcomes

    def _attempt(self, items: Sequence[T], lock_wait: str) -> list[R | BaseException]:
        try:
            self._tell(lock_wait)
            outcomes = list(self._store(items))
            if len(outcomes) != len(items):
                raise RuntimeError("the store did not answer item by item")
            return [*outcomes]
        except Exception as error:
            stuck = db.sqlstate_of(error) in _STUCK
            if stuck:
                lock_wait = _LOCK_WAIT_HALVED
                logger.warning("batching.stuck", extra={"count": len(items)})
            if stuck and (len(items) == 1 or time.monotonic() > self._until):
                return [Unavailable() for _ in items]
            if _is_outage(error):
                # Halving would only knock on the same closed door again and again.
                connection.close()
                logger.warning("batching.unavailable", extra={"error": type(error).__name__})
                return [Unavailable() for _ in items]
            if len(items) == 1:
                return [error]
        middle = len(items) // 2
        return self._attempt(items[:middle], lock_wait) + self._attempt(items[middle:], lock_wait)

    def _tell(self, lock_wait: str) -> None:
        """Let the connection wait for a row no longer than this; said once, while all is well."""
        if connection.vendor not in _CAN_WAIT:
            return
        connection.ensure_connection()
        if self._told != (connection.connection, lock_wait):
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [lock_wait])
            self._told = (connection.connection, lock_wait)


def _hang_up() -> None:
    """On the store's thread: `connection` is each thread's own."""
    connection.close()


def _is_outage(error: Exception) -> bool:
    return isinstance(error, Unavailable | InterfaceError) or (
        isinstance(error, OperationalError)
        and not db.is_retryable(error)
        and db.sqlstate_of(error) not in _STUCK
    )
