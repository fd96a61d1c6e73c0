"""The schema: nothing missing, one line of history an app, and the same through CockroachDB's SQL."""

import io
import os
import subprocess
import sys
from collections import Counter
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from bloom.tests.cockroach.lint import lacking

OWN = {
    config.label
    for config in apps.get_app_configs()
    if str(settings.BASE_DIR) in config.path and ".venv" not in config.path
}


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_each_app_has_one_line_of_migrations():
    graph = MigrationLoader(None).graph
    leaves = Counter(app for app, _ in graph.leaf_nodes() if app in OWN)
    assert [app for app, count in leaves.items() if count > 1] == []


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("CREATE TABLE a (id uuid PRIMARY KEY)", []),
        ("ALTER TABLE a ADD FOREIGN KEY (c) REFERENCES d (id) DEFERRABLE", ["deferrable constraint"]),
        ("CREATE TABLE a (id bigserial)", ["serial key"]),
        ("SELECT pg_advisory_xact_lock(1)", ["advisory lock"]),
        ("-- EXCLUDE USING gist\nSELECT 1", []),
        ("ALTER TABLE a ADD EXCLUDE USING gist (b WITH &&)", ["exclusion constraint"]),
        ("CREATE TRIGGER t BEFORE TRUNCATE ON a EXECUTE FUNCTION f()", ["statement-level trigger"]),
    ],
)  # fmt: skip
def test_the_lint_knows_what_cockroachdb_lacks(sql, names):
    assert lacking(sql) == names


@pytest.fixture
def cockroach_env():
    """The environment of a process that sees an empty database through CockroachDB's SQL."""
    params = connection.get_connection_params()
    name = f"{params['dbname']}_cockroach"
    reach = {key: params[key] for key in ("host", "port", "user", "password")}
    with psycopg.connect(**reach, dbname="postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}"')
    with psycopg.connect(**reach, dbname=name, autocommit=True) as fresh:
        fresh.execute(
            "CREATE SEQUENCE rowids; CREATE FUNCTION unique_rowid() RETURNS bigint LANGUAGE sql "
            "AS $$ SELECT nextval('rowids') $$"
        )
    site = urlsplit(os.environ["DATABASE_URL"])
    host = f"{params['user']}:{params['password']}@{params['host']}:{params['port']}"
    url = urlunsplit((site.scheme, host, f"/{name}", "", ""))
    yield {
        **os.environ,
        "DATABASE_URL": url,
        "DATABASE_OWNER_URL": "",
        "DJANGO_SETTINGS_MODULE": "bloom.tests.cockroach.settings",
    }
    with psycopg.connect(**reach, dbname="postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.mark.django_db
def test_the_schema_goes_through_cockroachdbs_sql(cockroach_env):
    def manage(*args):
        ran = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=settings.BASE_DIR, env=cockroach_env, check=False, capture_output=True, text=True,
            timeout=300,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr[-4000:]
        return ran.stdout

    manage("migrate", "--no-input")
    sql = io.StringIO(manage("shell", "--no-imports", "-c", ALL_SQL)).getvalue()
    assert "CREATE TABLE" in sql
    faults = {
        statement.strip()[:200]: lacking(statement) for statement in sql.split("\x1e") if lacking(statement)
    }
    assert faults == {}


# Prints the SQL of every migration of our own, statement by statement.
ALL_SQL = f"""
from django.db import connection
from django.db.migrations.loader import MigrationLoader
loader = MigrationLoader(connection, replace_migrations=False)
for app, name in sorted(key for key in loader.graph.nodes if key[0] in {sorted(OWN)!r}):
    plan = [(loader.graph.nodes[app, name], False)]
    print("\\x1e".join(loader.collect_sql(plan)), end="\\x1e")
"""
