"""The tables of allauth.socialaccount as they are (settings.MIGRATION_MODULES): its own migrations change a
column's type in a way that CockroachDB refuses. When allauth changes a table, `makemigrations` says so.
"""
