"""The web's database role adds to the record and changes nothing there."""

import io
import secrets
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from bloom.kernel.actor import Actor
from observability import checks, services
from observability.management.commands import database_grants
from observability.sql import TRIGGER
from observability.tests.conftest import AT, lamp_light

PASSWORD = secrets.token_hex(16)


@pytest.fixture
def web_role(transactional_db: None) -> Iterator[str]:
    role = f"bloom_web_{uuid.uuid4().hex[:8]}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() == (False,):
            pytest.skip("the tests' database role may not make roles")
        cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    yield role
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {role}")
        cursor.execute(f"DROP ROLE {role}")


def as_web(role: str) -> psycopg.Connection[Any]:
    known = connection.get_connection_params()
    return psycopg.connect(
        host=known.get("host"),
        port=known.get("port"),
        dbname=connection.settings_dict["NAME"],
        user=role,
        password=PASSWORD,
        autocommit=True,
    )


def test_the_web_adds_and_cannot_change(web_role: str, settings: Any, system: Actor) -> None:
    settings.DATABASE_ROLE = web_role
    lamp_light(system)
    services.seal_run(system, at=AT)
    call_command("database_grants", stdout=io.StringIO())
    call_command("database_grants", stdout=io.StringIO())
    with as_web(web_role) as web:
        web.execute("INSERT INTO observability_seallock (name) VALUES ('x')")
        web.execute("UPDATE observability_seallock SET name = 'y' WHERE name = 'x'")
        web.execute("DELETE FROM observability_seallock WHERE name = 'y'")
        # A foreign key to a table that the role may not change.
        web.execute(
            "INSERT INTO observability_delivery"
            " (id, event_id, subscriber, state, attempts, next_at, last_error)"
            " SELECT gen_random_uuid(), id, 'a.b', 'pending', 0, at, '' FROM observability_event LIMIT 1"
        )
        columns = "row_id, source, row_hash, batch_number, position"
        web.execute(
            f"INSERT INTO observability_sealentry ({columns})"
            f" SELECT %s, source, row_hash, batch_number, 77 FROM observability_sealentry LIMIT 1",
            [uuid.uuid4()],
        )
        for table in ("observability_event", "observability_sealbatch", "observability_sealentry"):
            assert web.execute(f"SELECT count(*) FROM {table}").fetchone()
            for statement in (
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
                f"ALTER TABLE {table} DISABLE TRIGGER USER",
                f"DROP TABLE {table} CASCADE",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    web.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("UPDATE observability_event SET name = 'x'")


def test_every_append_only_table_is_known(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname = %s",
            [TRIGGER],
        )
        guarded = {name for (name,) in cursor.fetchall()}
    assert guarded == set(database_grants._record()) > set()


def test_what_is_migrated_later_is_granted_too(web_role: str, settings: Any) -> None:
    settings.DATABASE_ROLE = web_role
    call_command("database_grants", stdout=io.StringIO())
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE observability_tests_later (id int)")
    try:
        with as_web(web_role) as web:
            web.execute("INSERT INTO observability_tests_later VALUES (1)")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE observability_tests_later")


def test_one_role_for_everything_needs_no_grants(db: None, settings: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (settings.DATABASE_ROLE,) = cursor.fetchone()
    out = io.StringIO()
    call_command("database_grants", stdout=out)
    assert "nothing to grant" in out.getvalue()


def test_the_deploy_check_refuses_a_role_that_owns_tables(web_role: str, settings: Any) -> None:
    assert [found.id for found in checks.database_role_owns_no_table()] == ["observability.E001"]
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {web_role}")
        try:
            assert checks.database_role_owns_no_table() == []
        finally:
            cursor.execute("RESET ROLE")


def test_cockroachdb_is_asked_too(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cockroach:
        vendor = "cockroachdb"
        cursor = connection.cursor

    monkeypatch.setattr(checks, "connection", Cockroach)
    assert [found.id for found in checks.database_role_owns_no_table()] == ["observability.E001"]
    Cockroach.vendor = "sqlite"
    assert checks.database_role_owns_no_table() == []
