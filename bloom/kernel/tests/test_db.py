import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from bloom.kernel import db
from bloom.kernel.errors import Conflict, Unavailable
from bloom.kernel.tests import tables
from bloom.kernel.tests.tables import Counter

postgresql_only = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="speaks of PostgreSQL's locks"
)


class Negative(Conflict):
    code = "negative"


class Twice(Conflict):
    code = "twice"


@pytest.fixture
def counter(db):
    tables.create(Counter)
    return Counter.objects.create(name="a")


@pytest.fixture
def committed_counters(transactional_db):
    with tables.created(Counter):
        Counter.objects.bulk_create([Counter(name="a", value=1), Counter(name="b", value=1)])
        yield


@pytest.fixture
def no_waiting(monkeypatch):
    waits = []
    monkeypatch.setattr(db.time, "sleep", waits.append)
    return waits


def conflict():
    error = OperationalError("could not serialize access")
    error.__cause__ = psycopg.errors.SerializationFailure()
    return error


def value(name="a"):
    return Counter.objects.get(name=name).value


def failing(times, error=conflict):
    """A service that counts up, then fails so many times."""
    tries = []

    @db.transactional
    def service():
        tries.append(1)
        counter = Counter.objects.select_for_update().get(name="a")
        counter.value += 1
        counter.save()
        if len(tries) <= times:
            raise error()
        return counter.value

    service.tries = tries
    return service


def test_the_whole_body_is_run_again_after_a_conflict(counter, no_waiting):
    service = failing(3)
    assert service() == value() == 1
    assert len(service.tries) == 4


def test_it_does_so_in_a_transaction_of_its_own(committed_counters, no_waiting):
    service = failing(3)
    assert service() == value() == 2
    assert len(service.tries) == 4


def test_deadlocks_are_retried_and_the_drivers_own_errors(counter, no_waiting):
    assert failing(1, psycopg.errors.DeadlockDetected)() == 1
    assert failing(1, psycopg.errors.SerializationFailure)() == 2


def test_waits_grow_with_full_jitter_and_end_in_unavailable(counter, no_waiting, monkeypatch):
    monkeypatch.setattr(db.random, "uniform", lambda low, high: (low, high))
    service = failing(100)
    with pytest.raises(Unavailable):
        service()
    assert len(service.tries) == db.TRIES == 20
    assert no_waiting[:3] == [(0, 0.005), (0, 0.01), (0, 0.02)]
    assert no_waiting[-1] == (0, 0.5)
    assert value() == 0


@pytest.mark.parametrize("error", [ValueError, lambda: DatabaseError("other"), Negative])
def test_other_errors_are_not_retried_and_undo_everything(counter, no_waiting, error):
    service = failing(1, error)
    with pytest.raises((ValueError, DatabaseError, Negative)):
        service()
    assert len(service.tries) == 1
    assert value() == 0


def test_a_conflict_in_a_nested_service_runs_the_outermost_again(counter, no_waiting):
    inner = failing(2)
    outer_runs = []

    @db.transactional
    def outer():
        outer_runs.append(1)
        return inner()

    assert outer() == 1
    assert len(outer_runs) == len(inner.tries) == 3


def test_what_a_nested_service_did_before_it_failed_is_not_committed(counter):
    inner = failing(1, ValueError)

    @db.transactional
    def outer():
        try:
            inner()
        except ValueError:
            return "went on"

    outer()
    assert value() == 0


def test_nothing_goes_on_after_a_nested_failure_unless_it_had_a_savepoint(counter):
    inner = failing(1, ValueError)

    @db.transactional
    def careless():
        with pytest.raises(ValueError):
            inner()
        return value()

    with pytest.raises(transaction.TransactionManagementError):
        careless()

    @db.transactional
    def careful():
        with pytest.raises(ValueError):
            with db.savepoint():
                failing(1, ValueError)()
        return inner()

    assert careful() == value() == 1
    with pytest.raises(RuntimeError):
        db.savepoint()


@postgresql_only
def test_a_conflict_at_commit_is_retried(committed_counters, no_waiting):
    with connection.cursor() as cursor:
        cursor.execute("""
            create sequence kernel_failures;
            create function kernel_fail_twice() returns trigger language plpgsql as $$
            begin
                if nextval('kernel_failures') <= 2 then
                    raise exception 'at commit' using errcode = '40001';
                end if;
                return null;
            end $$;
            create constraint trigger kernel_fail after update on kernel_counter
                deferrable initially deferred for each row execute function kernel_fail_twice();
        """)
    try:
        service = failing(0)
        assert service() == 2
        assert len(service.tries) == 3
        assert value() == 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop trigger kernel_fail on kernel_counter; drop function kernel_fail_twice")
            cursor.execute("drop sequence kernel_failures")


@postgresql_only
def test_two_that_cannot_both_be_right_end_both_one_after_the_other(committed_counters):
    """Write skew, on two connections at SERIALIZABLE: each may go down to zero only if the other is not."""
    both_have_read = threading.Barrier(2)
    tries: list[str] = []
    results: list[str] = []

    def withdraw(name):
        @db.transactional
        def service():
            tries.append(name)
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level serializable")
            total = sum(Counter.objects.values_list("value", flat=True))
            if len(tries) <= 2:
                both_have_read.wait(timeout=10)
            if total < 2:
                return "refused"
            Counter.objects.filter(name=name).update(value=0)
            return "done"

        try:
            results.append(service())
        finally:
            connection.close()

    threads = [threading.Thread(target=withdraw, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(results) == ["done", "refused"]
    assert len(tries) == 3
    assert value("a") + value("b") == 1


@postgresql_only
def test_a_real_deadlock_ends_for_both(committed_counters):
    both_hold_one = threading.Barrier(2)
    tries: list[str] = []

    def touch(first, second):
        @db.transactional
        def service():
            tries.append(first)
            Counter.objects.select_for_update().get(name=first)
            if len(tries) <= 2:
                both_hold_one.wait(timeout=10)
            Counter.objects.filter(name=second).update(value=5)

        try:
            service()
        finally:
            connection.close()

    threads = [threading.Thread(target=touch, args=pair) for pair in ("ab", "ba")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(tries) == 3
    assert value("a") == value("b") == 5


def test_named_constraints_become_domain_errors(counter):
    @db.transactional(constraints={"counter_not_negative": Negative})
    def service(value):
        Counter.objects.filter(name="a").update(value=value)

    with pytest.raises(Negative):
        service(-1)
    service(1)
    assert value() == 1


def test_a_nested_constraint_keeps_its_own_name(counter):
    @db.transactional(constraints={"counter_not_negative": Negative})
    def inner():
        Counter.objects.filter(name="a").update(value=-1)

    @db.transactional(constraints={"counter_not_negative": Twice})
    def outer():
        inner()

    with pytest.raises(Negative):
        outer()


def test_other_constraints_stay_what_they_are(counter):
    @db.transactional(constraints={"counter_not_negative": Negative})
    def service():
        Counter.objects.create(name="a")

    with pytest.raises(IntegrityError):
        service()


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("CHECK constraint failed: counter_not_negative", "counter_not_negative"),
        ("UNIQUE constraint failed: index 'some_index'", "some_index"),
        (
            "UNIQUE constraint failed: kernel_datakey.subject_id, kernel_datakey.version",
            "kernel_datakey_version",
        ),
        ("UNIQUE constraint failed: kernel_datakey.wrapped", None),
        ("UNIQUE constraint failed: nowhere.x", None),
        ("FOREIGN KEY constraint failed", None),
    ],
)
def test_sqlite_says_columns_where_postgresql_says_names(message, name):
    assert db._constraint_name(IntegrityError(message)) == name


def test_hints_wait_for_the_commit_and_are_dropped_with_a_failed_try(committed_counters, no_waiting):
    said = []
    tries = []

    @db.transactional
    def service():
        tries.append(1)
        db.after_commit(lambda: said.append((len(tries), db.in_transaction(), value())))
        Counter.objects.filter(name="a").update(value=9)
        assert said == []
        if len(tries) == 1:
            raise conflict()

    service()
    assert said == [(2, False, 9)]


def test_a_hint_that_fails_is_forgotten(committed_counters):
    @db.transactional
    def service():
        db.after_commit(lambda: 1 / 0)
        return Counter.objects.filter(name="a").update(value=9)

    assert service() == 1
    assert value() == 9


def test_what_fails_after_the_commit_is_not_done_twice(committed_counters):
    """A library's own on_commit may raise anything, also a conflict of its own."""
    tries = []

    @db.transactional
    def service():
        tries.append(1)

        def late():
            raise conflict()

        transaction.on_commit(late)

    with pytest.raises(OperationalError):
        service()
    assert len(tries) == 1


def test_the_last_statement_of_every_transaction(counter, no_waiting):
    service = failing(1)
    with db.with_each_commit(lambda: Counter.objects.filter(name="a").update(name="marked")):
        service()
    assert Counter.objects.get().name == "marked"
    assert Counter.objects.get().value == 1


def test_inside_someone_elses_transaction_it_refuses(committed_counters):
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        failing(0)()


def test_network_is_refused_inside_only(counter):
    db.network_check("mail")

    @db.transactional
    def service():
        db.network_check("mail")

    with pytest.raises(db.NetworkInTransaction, match="mail"):
        service()
    assert not db.in_transaction()


def test_a_test_can_make_every_service_run_twice(counter, no_waiting):
    outer_runs = []
    inner = failing(0)

    @db.transactional
    def outer():
        outer_runs.append(1)
        return inner()

    with db.failing_once():
        assert outer() == 1
        assert outer() == 2
    assert len(outer_runs) == len(inner.tries) == 4
    assert outer() == 3
    assert len(outer_runs) == 5


def test_coroutines_cannot_be_transactional():
    with pytest.raises(TypeError):

        @db.transactional
        async def service():
            pass


async def test_depth_belongs_to_its_own_task(transactional_db):
    inside = threading.Event()
    asked = threading.Event()

    @db.transactional
    def service():
        inside.set()
        assert asked.wait(timeout=10)
        return db.in_transaction()

    def in_a_thread():
        try:
            return service()
        finally:
            connection.close()

    running = asyncio.create_task(sync_to_async(in_a_thread, thread_sensitive=False)())
    assert await asyncio.to_thread(inside.wait, 10)
    assert not db.in_transaction()
    asked.set()
    assert await running


def test_a_service_handed_to_another_thread_has_a_transaction_of_its_own_there(
    committed_counters, no_waiting
):
    """Contexts travel to threads, connections do not."""
    inner = failing(1)

    def in_a_thread():
        try:
            return inner()
        finally:
            connection.close()

    @db.transactional
    def outer():
        context = contextvars.copy_context()
        with ThreadPoolExecutor(max_workers=1) as threads:
            return threads.submit(context.run, in_a_thread).result(timeout=10)

    assert outer() == 2
    assert len(inner.tries) == 2


def test_retried_alone_is_for_statements_that_commit_by_themselves(no_waiting):
    tries = []

    def statement():
        tries.append(1)
        if len(tries) < 3:
            raise psycopg.errors.SerializationFailure
        return "done"

    assert db.retried(statement) == "done"
    assert len(no_waiting) == 2
