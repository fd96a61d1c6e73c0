"""What `manage.py check --deploy` asks of the place where the record lies."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import DatabaseError, connection


def database_role_owns_no_table(**kwargs: Any) -> list[CheckMessage]:
    """Whoever owns a table can lift its triggers: Bloom itself must not."""
    if connection.vendor not in {"postgresql", "cockroachdb"}:
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper OR EXISTS (SELECT 1 FROM pg_tables WHERE tableowner = current_user"
                " AND schemaname NOT IN ('pg_catalog', 'information_schema'))"
                " FROM pg_roles WHERE rolname = current_user"
            )
            (owns,) = cursor.fetchone()
    except DatabaseError:
        return [Error("The database does not answer.", id="observability.E002")]
    if not owns:
        return []
    return [
        Error(
            "The role of DATABASE_URL owns tables, or is a superuser: it could rewrite the record.",
            hint="Migrate as DATABASE_OWNER_URL's role, then run manage.py database_grants.",
            id="observability.E001",
        )
    ]
