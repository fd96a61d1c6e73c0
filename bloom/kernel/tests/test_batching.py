import asyncio
import threading
import time
import uuid

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction

from bloom.kernel import batching, clock
from bloom.kernel.batching import Batcher
from bloom.kernel.errors import Conflict, Unavailable
from bloom.kernel.models import DataKey


class Store:
    """Doubles numbers; holds each run until it is let go; fails as told."""

    def __init__(self):
        self.runs: list[list[int]] = []
        self.threads: set[str] = set()
        self.poison: set[int] = set()
        self.refused: set[int] = set()
        self.outage: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, items):
        self.runs.append(list(items))
        self.threads.add(threading.current_thread().name)
        assert self.gate.wait(timeout=10)
        if self.outage is not None:
            raise self.outage
        if self.poison.intersection(items):
            raise ValueError("poison")
        return [Conflict() if item in self.refused else item * 2 for item in items]


@pytest.fixture(autouse=True)
def without_a_database(request, monkeypatch):
    """Most of these stores have none."""
    if request.node.get_closest_marker("django_db") is None:
        monkeypatch.setattr(batching, "_CAN_WAIT", frozenset())


@pytest.fixture
def store():
    return Store()


@pytest.fixture
async def batcher(store):
    batcher = Batcher(store, most=8, waiting=20)
    yield batcher
    store.gate.set()
    await batcher.close()


async def started(store, runs=1):
    """Wait until the store is in its so-manieth run."""
    for _ in range(1000):
        if len(store.runs) >= runs:
            return
        await asyncio.sleep(0.002)
    raise AssertionError("the store was never called")


def submit(batcher, *items):
    return [asyncio.ensure_future(batcher.submit(item)) for item in items]


async def test_a_lone_item_goes_at_once(batcher, store):
    assert await batcher.submit(1) == 2
    assert await batcher.submit(2) == 4
    assert store.runs == [[1], [2]]


async def test_what_comes_during_a_run_makes_the_next_one(batcher, store):
    store.gate.clear()
    first = submit(batcher, 1)
    await started(store)
    later = submit(batcher, 2, 3, 4)
    await asyncio.sleep(0)
    store.gate.set()
    assert await asyncio.gather(*first, *later) == [2, 4, 6, 8]
    assert store.runs == [[1], [2, 3, 4]]


async def test_runs_are_bounded_and_keep_the_order(batcher, store):
    store.gate.clear()
    first = submit(batcher, 0)
    await started(store)
    later = submit(batcher, *range(1, 18))
    await asyncio.sleep(0)
    store.gate.set()
    await asyncio.gather(*first, *later)
    assert store.runs == [[0], [*range(1, 9)], [*range(9, 17)], [17]]
    assert len(store.threads) == 1


async def test_a_refusal_is_that_items_own(batcher, store):
    store.refused = {2}
    store.gate.clear()
    tasks = submit(batcher, 0)
    await started(store)
    tasks += submit(batcher, 1, 2, 3)
    await asyncio.sleep(0)
    store.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[0:2] == [0, 2]
    assert results[3] == 6
    assert isinstance(results[2], Conflict)
    assert len(store.runs) == 2


async def test_a_poisoned_run_is_halved_until_the_bad_item_stands_alone(batcher, store):
    store.poison = {5}
    store.gate.clear()
    tasks = submit(batcher, 0)
    await started(store)
    tasks += submit(batcher, 1, 2, 3, 4, 5, 6, 7, 8)
    await asyncio.sleep(0)
    store.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[5], ValueError)
    assert [results[n] for n in (0, 1, 2, 3, 4, 6, 7, 8)] == [0, 2, 4, 6, 8, 12, 14, 16]
    assert len(store.runs) <= 2 + 2 * 3
    assert await batcher.submit(9) == 18


async def test_an_outage_is_not_halved(batcher, store):
    store.gate.clear()
    tasks = submit(batcher, 0)
    await started(store)
    tasks += submit(batcher, *range(1, 9))
    await asyncio.sleep(0)
    for outage in (OperationalError("server closed the connection"), InterfaceError("closed"), Unavailable()):
        store.outage = outage
        store.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, Unavailable) for result in results)
        tasks = submit(batcher, 1, 2)
    store.outage = None
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(store.runs) == 4 or len(store.runs) == 5
    assert await batcher.submit(1) == 2


async def test_a_full_queue_is_unavailable(batcher, store):
    store.gate.clear()
    tasks = submit(batcher, 0)
    await started(store)
    tasks += submit(batcher, *range(1, 21))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await batcher.submit(99)
    store.gate.set()
    assert await asyncio.gather(*tasks) == [n * 2 for n in range(21)]
    assert 99 not in [item for run in store.runs for item in run]


async def test_a_caller_that_goes_away_loses_nothing_and_disturbs_nobody(batcher, store):
    store.gate.clear()
    under_way = submit(batcher, 1)
    await started(store)
    queued, other = submit(batcher, 2, 3)
    await asyncio.sleep(0)
    under_way[0].cancel()
    queued.cancel()
    store.gate.set()
    assert await other == 6
    assert store.runs == [[1], [2, 3]]
    with pytest.raises(asyncio.CancelledError):
        await queued


async def test_a_store_that_does_not_answer_item_by_item_is_broken(store):
    batcher = Batcher(lambda items: [])
    with pytest.raises(RuntimeError):
        await batcher.submit(1)
    await batcher.close()


async def test_closing_finishes_what_is_queued(store):
    batcher = Batcher(store)
    store.gate.clear()
    tasks = submit(batcher, 1)
    await started(store)
    tasks += submit(batcher, 2)
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(batcher.close())
    store.gate.set()
    await closing
    assert await asyncio.gather(*tasks) == [2, 4]
    assert await batcher.submit(3) == 6
    await batcher.close()


def test_it_serves_one_loop_after_another(store):
    batcher = Batcher(store)
    assert asyncio.run(batcher.submit(1)) == 2
    assert asyncio.run(batcher.submit(2)) == 4
    asyncio.run(batcher.close())


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="about connections")
async def test_the_thread_has_a_connection_of_its_own_and_gets_a_new_one_when_the_server_drops_it():
    def backend(items):
        with connection.cursor() as cursor:
            if items == ["die"]:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())")
            cursor.execute("select pg_backend_pid()")
            return [cursor.fetchone()[0] for _ in items[:1]] * len(items)

    batcher = Batcher(backend)
    first = await batcher.submit("a")
    assert await batcher.submit("b") == first
    with pytest.raises(Unavailable):
        await batcher.submit("die")
    assert await batcher.submit("c") != first
    await batcher.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="about row locks")
class TestStuck:
    """One item's row is held by somebody else, who does not let go."""

    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch):
        monkeypatch.setattr(batching, "_LOCK_WAIT", "300ms")
        monkeypatch.setattr(batching, "_LOCK_WAIT_HALVED", "100ms")

    @pytest.fixture
    def keys(self):
        return DataKey.objects.bulk_create(
            DataKey(subject_id=uuid.uuid4(), version=1, kek_id="x", wrapped=b"x", created_at=clock.now())
            for _ in range(9)
        )

    def touch(self, ids):
        with transaction.atomic():
            return [DataKey.objects.filter(pk=key_id).update(kek_id="touched") for key_id in ids]

    async def held(self, batcher, keys, held):
        """What becomes of a run of all keys while another connection holds these."""
        holder = await asyncio.to_thread(_hold, [key.pk for key in held])
        try:
            return await asyncio.gather(*(batcher.submit(key.pk) for key in keys), return_exceptions=True)
        finally:
            await asyncio.to_thread(holder.close)

    async def test_it_alone_is_refused_and_the_others_are_stored(self, keys):
        batcher = Batcher(self.touch)
        results = await self.held(batcher, keys, [keys[5]])
        assert isinstance(results.pop(5), Unavailable)
        assert results == [1] * 8
        assert await asyncio.to_thread(_touched) == 8
        assert await batcher.submit(keys[5].pk) == 1
        await batcher.close()

    async def test_a_run_does_not_look_for_it_for_ever(self, keys, monkeypatch):
        monkeypatch.setattr(batching, "_RUN_SECONDS", 0.4)
        batcher = Batcher(self.touch)
        started = time.monotonic()
        results = await self.held(batcher, keys, keys)
        assert time.monotonic() - started < 3
        assert all(isinstance(result, Unavailable) for result in results)
        await batcher.close()

    async def test_so_is_an_item_whose_statement_takes_too_long(self):
        def sleeps(items):
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout TO '100ms'")
                cursor.execute("SELECT pg_sleep(%s)", [5 if "long" in items else 0])
            return [item.upper() for item in items]

        batcher = Batcher(sleeps)
        results = await asyncio.gather(
            *(batcher.submit(item) for item in ("a", "b", "long", "c")), return_exceptions=True
        )
        assert isinstance(results.pop(2), Unavailable)
        assert results == ["A", "B", "C"]
        await batcher.close()


def _touched():
    try:
        return DataKey.objects.filter(kek_id="touched").count()
    finally:
        connection.close()


def _hold(key_ids):
    holder = connection.copy()
    holder.set_autocommit(False)
    with holder.cursor() as cursor:
        cursor.execute("SELECT 1 FROM kernel_datakey WHERE id = ANY(%s) FOR UPDATE", [key_ids])
    return holder


class Shortcut:
    """A `batching.Direct` that does what it is told."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.closed = False
        self.error: Exception | None = None
        self.refuses: set[int] = set()

    def takes(self, item):
        return item not in self.refuses

    async def run(self, items):
        self.runs.append(list(items))
        if self.error is not None:
            raise self.error
        return [item * 2 for item in items]

    async def close(self):
        self.closed = True


async def test_a_run_that_is_done_directly_takes_no_thread(store):
    shortcut = Shortcut()
    batcher = Batcher(store, direct=shortcut)
    assert await asyncio.gather(*(batcher.submit(item) for item in (1, 2))) == [2, 4]
    assert (shortcut.runs, store.runs) == ([[1, 2]], [])
    await batcher.close()
    assert shortcut.closed


async def test_what_fails_directly_the_store_does(store):
    shortcut = Shortcut()
    shortcut.error = RuntimeError()
    batcher = Batcher(store, direct=shortcut)
    assert await batcher.submit(3) == 6
    assert (len(shortcut.runs), len(store.runs)) == (1, 1)
    await batcher.close()


async def test_what_is_not_simple_keeps_its_place_among_what_is(store):
    shortcut = Shortcut()
    shortcut.refuses = {3}
    store.gate.clear()
    batcher = Batcher(store, direct=shortcut)
    first, second, third, fourth = submit(batcher, 1, 2, 3, 4)
    assert await asyncio.wait_for(asyncio.gather(first, second), 5) == [2, 4]
    assert not fourth.done()
    store.gate.set()
    assert await asyncio.gather(third, fourth) == [6, 8]
    assert (shortcut.runs, store.runs) == ([[1, 2], [4]], [[3]])
    await batcher.close()


async def test_nobody_is_answered_before_what_follows_is_done(store):
    done: list[int] = []
    may_end = asyncio.Event()

    async def after(results):
        await may_end.wait()
        done.extend(results)

    store.gate.set()
    store.refused = {2}
    batcher = Batcher(store, after=after)
    sent = asyncio.gather(*(batcher.submit(item) for item in (1, 2, 3)), return_exceptions=True)
    await asyncio.sleep(0.1)
    assert not sent.done()
    may_end.set()
    answers = await sent
    assert done == [2, 6]
    assert [answers[0], answers[2]] == [2, 6]
    await batcher.close()
