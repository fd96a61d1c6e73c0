"""Transactions: the one way to open one.

    @transactional(constraints={"scheduling_claim_once": SlotTaken})
    def appointment_book(actor, hold_id, *, at): ...

The outermost transactional function runs in one durable transaction, and again from its first line when the
database reports a serialization failure or a deadlock, at COMMIT too. Nested ones join it. A body can
therefore run twice: nothing in it may speak to the network (`network_check`) or change what the caller holds.
"""

import functools
import inspect
import itertools
import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final, ParamSpec, TypeVar, overload

from django.apps import apps
from django.db import DatabaseError, IntegrityError, OperationalError, connection, models, transaction

from bloom.kernel.errors import DomainError, Unavailable

P = ParamSpec("P")
R = TypeVar("R")
Constraints = Mapping[str, type[DomainError]]

TRIES: Final = 20
_BACKOFF_SECONDS: Final = 0.005
_BACKOFF_LIMIT_SECONDS: Final = 0.5
_RETRYABLE: Final = frozenset({"40001", "40P01"})

logger = logging.getLogger(__name__)

_depth: ContextVar[int] = ContextVar("transaction_depth", default=0)
_with_commit: ContextVar[tuple[Callable[[], object], ...]] = ContextVar("with_commit", default=())
_failing_once = False


class NetworkInTransaction(RuntimeError):
    """Code spoke to another service inside a transaction, whose body may run twice."""


class InjectedSerializationFailure(OperationalError):
    """What `failing_once` raises in the database's place."""

    sqlstate = "40001"


@overload
def transactional(service: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def transactional(*, constraints: Constraints) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def transactional(
    service: Callable[P, R] | None = None, /, *, constraints: Constraints | None = None
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Run a service in a transaction, retried as a whole on 40001 and 40P01.

    `constraints` names database constraints and the domain errors that their violation means. After 20
    tries it raises Unavailable. A nested service that raises undoes the whole transaction, unless its
    caller wrapped it in `savepoint()`. Raises RuntimeError inside a transaction that Bloom did not open.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if inspect.iscoroutinefunction(function):
            raise TypeError("a transaction belongs to one thread: decorate a function, not a coroutine")

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            def body() -> R:
                return function(*args, **kwargs)

            with _constraints_named(constraints or {}):
                # Code that was handed to another thread finds that thread's connection without a transaction.
                if in_transaction() and connection.in_atomic_block:
                    with transaction.atomic(savepoint=False):
                        return body()
                tries = itertools.count()
                return retried(lambda: _once(body, first=next(tries) == 0))

        return run

    return decorate if service is None else decorate(service)


def savepoint() -> AbstractContextManager[None]:
    """Something that may fail inside a transactional service: its failure undoes only itself."""
    if not in_transaction():
        raise RuntimeError("a savepoint needs a transactional service around it")
    return transaction.atomic()


def after_commit(hint: Callable[[], object]) -> None:
    """Call `hint` once the work is durable, or at once outside a transaction. It may be lost, and what it
    raises is logged and forgotten: for what must happen, record an event.
    """
    transaction.on_commit(hint, robust=True)


@contextmanager
def with_each_commit(work: Callable[[], object]) -> Iterator[None]:
    """Within the block, every transaction does `work` as its last statement: both are durable, or neither."""
    token = _with_commit.set((*_with_commit.get(), work))
    try:
        yield
    finally:
        _with_commit.reset(token)


def in_transaction() -> bool:
    """True inside a transactional service (a test's own transaction does not count)."""
    return _depth.get() > 0


def network_check(what: str) -> None:
    """Every integration calls this first. Raises NetworkInTransaction inside a transaction."""
    if in_transaction():
        raise NetworkInTransaction(f"{what} inside a transaction: its body may run twice")


def retried(attempt: Callable[[], R]) -> R:
    """Call `attempt`, which commits by itself, until it neither conflicts nor deadlocks; at most 20 times."""
    for number in range(TRIES):
        try:
            return attempt()
        except _AfterCommit as late:
            # The work is durable: running it again would do it twice.
            raise late.error from None
        except Exception as error:
            if not is_retryable(error):
                raise
            wait = min(_BACKOFF_LIMIT_SECONDS, _BACKOFF_SECONDS * 2**number)
        time.sleep(random.uniform(0, wait))  # noqa: S311 - jitter, not a secret
    logger.warning("db.conflicts_persisted")
    raise Unavailable


def is_retryable(error: BaseException | None) -> bool:
    """True for a serialization failure or a deadlock, as Django or the driver reports it."""
    return sqlstate_of(error) in _RETRYABLE


def sqlstate_of(error: BaseException | None) -> str | None:
    """The database's own code for what went wrong, as Django or the driver reports it."""
    if isinstance(error, DatabaseError) and getattr(error, "sqlstate", None) is None:
        error = error.__cause__
    state: str | None = getattr(error, "sqlstate", None)
    return state


@contextmanager
def failing_once() -> Iterator[None]:
    """For tests: every outermost transaction fails once with 40001 after its body has run."""
    global _failing_once
    before, _failing_once = _failing_once, True
    try:
        yield
    finally:
        _failing_once = before


class _AfterCommit(Exception):
    def __init__(self, error: Exception) -> None:
        self.error = error


def _once(body: Callable[[], R], *, first: bool) -> R:
    """One try: a transaction of its own; inside a test's transaction (the one kind that `durable`
    lets stand around it) a savepoint.
    """
    committed = False

    def note() -> None:
        nonlocal committed
        committed = True

    inside_test = connection.in_atomic_block
    try:
        with transaction.atomic(durable=True):
            if not inside_test:
                transaction.on_commit(note)
            token = _depth.set(1)
            try:
                result = body()
                for work in _with_commit.get():
                    work()
            finally:
                _depth.reset(token)
            if first and _failing_once:
                raise InjectedSerializationFailure("injected: could not serialize access")
        return result
    except Exception as error:
        if committed:
            raise _AfterCommit(error) from error
        raise


@contextmanager
def _constraints_named(constraints: Constraints) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        named = constraints.get(_constraint_name(error) or "")
        if named is None:
            raise
        raise named from error


def _constraint_name(error: IntegrityError) -> str | None:
    diagnostics = getattr(error.__cause__, "diag", None)
    if diagnostics is not None:
        name: str | None = diagnostics.constraint_name
        return name
    return _sqlite_constraint_name(str(error))


def _sqlite_constraint_name(message: str) -> str | None:
    """SQLite names check constraints and indexes, but for plain unique constraints only the columns."""
    named = re.fullmatch(r"CHECK constraint failed: (\w+)|UNIQUE constraint failed: index '(\w+)'", message)
    if named:
        return named[1] or named[2]
    columns = re.findall(r"(\w+)\.(\w+)", message)
    for model in apps.get_models() if columns else ():
        if model._meta.db_table == columns[0][0]:
            violated = {column for _, column in columns}
            for constraint in model._meta.constraints:
                if isinstance(constraint, models.UniqueConstraint) and violated == {
                    field.column for field in model._meta.fields if field.name in constraint.fields
                }:
                    return constraint.name
    return None
