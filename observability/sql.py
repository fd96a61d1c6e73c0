"""Append-only tables, for every app that keeps a part of the record.

operations = [AppendOnly("messaging_messageaudit")]
"""

from typing import Any

from django.db.migrations.operations.base import Operation

TRIGGER = "bloom_append_only"
TRUNCATE_TRIGGER = "bloom_append_only_truncate"

# CockroachDB (24.3 and later) has row-level triggers but no TRUNCATE triggers: there the missing TRUNCATE
# privilege alone stands guard (manage.py database_grants). It does not replace a function that a trigger
# uses, so each table has its own.
_FUNCTION = """
CREATE FUNCTION {function}() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record is append-only' USING ERRCODE = '55000';
    RETURN NULL;
END
$$
"""
_TRIGGER = (
    f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE ON {{table}} "
    "FOR EACH ROW EXECUTE FUNCTION {function}()"
)
_TRUNCATE_TRIGGER = (
    f"CREATE TRIGGER {TRUNCATE_TRIGGER} BEFORE TRUNCATE ON {{table}} "
    "FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
)
_FORWARDS = {"postgresql": (_FUNCTION, _TRIGGER, _TRUNCATE_TRIGGER), "cockroachdb": (_FUNCTION, _TRIGGER)}
_BACKWARDS = {
    "postgresql": (
        f"DROP TRIGGER {TRUNCATE_TRIGGER} ON {{table}}",
        f"DROP TRIGGER {TRIGGER} ON {{table}}",
        "DROP FUNCTION {function}()",
    ),
    "cockroachdb": (f"DROP TRIGGER {TRIGGER} ON {{table}}", "DROP FUNCTION {function}()"),
}


class AppendOnly(Operation):
    """Refuse UPDATE, DELETE and TRUNCATE of `table` in the database. Nothing happens on SQLite."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are no part of Django's picture of the schema."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, _FORWARDS)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._run(schema_editor, _BACKWARDS)

    def _run(self, schema_editor: Any, statements: dict[str, tuple[str, ...]]) -> None:
        names = {
            "table": schema_editor.quote_name(self.table),
            "function": schema_editor.quote_name(f"{self.table}_append_only"),
        }
        for statement in statements.get(schema_editor.connection.vendor, ()):
            schema_editor.execute(statement.format(**names), params=None)

    def describe(self) -> str:
        return f"Make {self.table} append-only"
