"""manage.py database_grants: what the web's database role may do. Run as the owner, after migrate."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from bloom.kernel.db import transactional
from observability.sql import AppendOnly


class Command(BaseCommand):
    help = "Grant the role of DATABASE_URL its work: every table, but never a change to the record."

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor not in {"postgresql", "cockroachdb"}:
            self.stdout.write("This database has no roles: nothing to grant.")
            return
        role = settings.DATABASE_ROLE
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            (owner,) = cursor.fetchone()
        if owner == role:
            self.stdout.write(f"{role} migrates and serves: one role does everything, nothing to grant.")
            return
        record = self._grant(role)
        self.stdout.write(f"{role} may work; it may add to {', '.join(record)}, and change nothing there.")

    @transactional
    def _grant(self, role: str) -> list[str]:
        """Grant, and return the tables of the record."""
        record = _record()
        with connection.cursor() as cursor:
            names = {"role": sql.Identifier(role)}
            work = "SELECT, INSERT, UPDATE, DELETE"
            # CockroachDB has no TRUNCATE privilege: there it takes DROP, which nobody grants here.
            never = "UPDATE, DELETE" if connection.vendor == "cockroachdb" else "UPDATE, DELETE, TRUNCATE"
            # The last two are for what the owner's next migrations make.
            for statement in (
                "GRANT USAGE ON SCHEMA public TO {role}",
                f"GRANT {work} ON ALL TABLES IN SCHEMA public TO {{role}}",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
                f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {work} ON TABLES TO {{role}}",
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
            ):
                cursor.execute(sql.SQL(statement).format(**names))
            for table in (*record, "django_migrations"):
                cursor.execute(
                    sql.SQL(f"REVOKE {never} ON {{table}} FROM {{role}}").format(
                        table=sql.Identifier(table), **names
                    )
                )
        return record


def _record() -> list[str]:
    """The append-only tables, as the migrations declare them: CockroachDB lists its triggers in `pg_trigger`
    only from 25.3 on, and a list that is empty by mistake would open the record to the web.
    """
    migrations = MigrationLoader(None).disk_migrations.values()
    return sorted(
        operation.table
        for migration in migrations
        for operation in migration.operations
        if isinstance(operation, AppendOnly)
    )
