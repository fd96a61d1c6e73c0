"""Transactions beside each other: real conflicts and threads, each with a connection of its own."""

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from bloom.kernel import db
from bloom.kernel.tests.counters import failing, value
from bloom.kernel.tests.tables import Counter

postgresql_only = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="speaks of PostgreSQL's locks"
)


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
