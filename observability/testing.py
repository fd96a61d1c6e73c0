"""For tests: lifting the append-only triggers around a flush, and reading what was logged."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from observability import logs, sql


@contextmanager
def append_only_lifted() -> Iterator[None]:
    """Let the record's tables be changed inside the block. Needs the role that owns them."""
    tables = _guarded_tables()
    _switch(tables, "DISABLE")
    try:
        yield
    finally:
        _switch(tables, "ENABLE")


def _guarded_tables() -> list[str]:
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname = %s",
            [sql.TRIGGER],
        )
        return [name for (name,) in cursor.fetchall()]


def _switch(tables: list[str], verb: str) -> None:
    if not tables:
        return
    with connection.cursor() as cursor:
        # A table with foreign keys still to check can't be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table in tables:
            cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} {verb} TRIGGER USER")


@pytest.fixture(scope="session", autouse=True)
def flush_lifts_append_only() -> Iterator[None]:
    """Tests that commit are undone by a flush; the record's triggers are lifted around it, nowhere else."""
    teardown = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined] # not in the stubs

    def lifted(self: Any) -> None:
        with append_only_lifted():
            teardown(self)

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lifted)
    yield
    patch.undo()


@contextmanager
def captured_logs(log_format: str = "json") -> Iterator[io.StringIO]:
    """Everything that is logged inside the block, at every level and by every logger, as it would be written.

    with captured_logs() as written:
        client.post("/messages/", {"body": "canary"})
    assert "canary" not in written.getvalue()
    """
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.formatter(log_format))
    loggers = [logging.getLogger(), *_own_way_loggers()]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        for logger, level in before:
            logger.removeHandler(handler)
            logger.setLevel(level)


def _own_way_loggers() -> list[logging.Logger]:
    """Loggers whose lines do not reach the root."""
    known = [
        logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)
    ]
    return [logger for logger in known if not logger.propagate]
