from typing import Any

from django_cockroachdb.base import DatabaseWrapper as CockroachWrapper
from django_cockroachdb.schema import DatabaseSchemaEditor as CockroachSchemaEditor


class DatabaseSchemaEditor(CockroachSchemaEditor):
    @property
    def sql_delete_unique(self) -> Any:
        """CockroachDB drops a unique constraint as the index that it is, PostgreSQL as a constraint. SQL that
        is only printed stays CockroachDB's.
        """
        if self.collect_sql:
            return super().sql_delete_unique
        return "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s"


class DatabaseWrapper(CockroachWrapper):
    cockroachdb_server_info = "CockroachDB CCL v25.2.0"
    SchemaEditorClass = DatabaseSchemaEditor
