"""A database engine that speaks django-cockroachdb's SQL to the embedded PostgreSQL.

No CockroachDB server runs in the tests. This engine shows that Bloom's migrations produce the SQL that
Django would send to CockroachDB; `lint.py` looks in that SQL for what CockroachDB does not have.
"""
