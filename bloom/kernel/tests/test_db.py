import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, transaction

from bloom.kernel import db
from bloom.kernel.errors import Conflict, Unavailable
from bloom.kernel.tests.counters import conflict, failing, value
from bloom.kernel.tests.tables import Counter


class Negative(Conflict):
    code = "negative"


class Twice(Conflict):
    code = "twice"


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


def test_retried_alone_is_for_statements_that_commit_by_themselves(no_waiting):
    tries = []

    def statement():
        tries.append(1)
        if len(tries) < 3:
            raise psycopg.errors.SerializationFailure
        return "done"

    assert db.retried(statement) == "done"
    assert len(no_waiting) == 2
