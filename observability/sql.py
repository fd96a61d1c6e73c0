"""Append-only tables, for every app that keeps a part of the record.

operations = [AppendOnly("messaging_messageaudit")]
"""

from typing import Any

from django.db.migrations.operations.base import Operation

FUNCTION = "bloom_append_only"
TRIGGER = "bloom_append_only"
TRUNCATE_TRIGGER = "bloom_append_only_truncate"

# CockroachDB (24.3 and later) has row-level triggers but neither CREATE OR REPLACE TRIGGER nor TRUNCATE
# triggers: there the missing TRUNCATE privilege alone stands guard (manage.py database_grants).
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record is append-only' USING ERRCODE = '55000';
    RETURN NULL;
END
$$
"""
_TRIGGER = (
    f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION {FUNCTION}()"
)
_TRUNCATE = (
    f"CREATE TRIGGER {TRUNCATE_TRIGGER} BEFORE TRUNCATE ON %s "
    f"FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()"
)


class AppendOnly(Operation):
    """Refuse UPDATE, DELETE and TRUNCATE of `table` in the database. Nothing happens on SQLite."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are no part of Django's picture of the schema."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        vendor = schema_editor.connection.vendor
        if vendor not in {"postgresql", "cockroachdb"}:
            return
        table = schema_editor.quote_name(self.table)
        schema_editor.execute(_FUNCTION, params=None)
        schema_editor.execute(_TRIGGER % table, params=None)
        if vendor == "postgresql":
            schema_editor.execute(_TRUNCATE % table, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        vendor = schema_editor.connection.vendor
        if vendor not in {"postgresql", "cockroachdb"}:
            return
        table = schema_editor.quote_name(self.table)
        schema_editor.execute(f"DROP TRIGGER {TRIGGER} ON {table}", params=None)
        if vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {TRUNCATE_TRIGGER} ON {table}", params=None)

    def describe(self) -> str:
        return f"Make {self.table} append-only"


def append_only(table: str) -> AppendOnly:
    """The operation that makes `table` append-only."""
    return AppendOnly(table)
