from django_cockroachdb.base import DatabaseWrapper as CockroachWrapper


class DatabaseWrapper(CockroachWrapper):
    cockroachdb_server_info = "CockroachDB CCL v25.2.0"
