"""Is this process ready for people? Each question has a short limit and an answer in words."""

import functools

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from observability import logs

log = logs.get_logger(__name__)

_SECONDS = 1.0
_migrated = False


def answers() -> dict[str, str]:
    """What each thing that Bloom needs says: "ok", or what is wrong."""
    database = _database()
    return {
        "database": database,
        "migrations": _migrations() if database == "ok" else "not asked",
        "redis": _redis(),
    }


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Exception:
        log.warning("health.database_down", exc_info=True)
        return "does not answer"
    return "ok"


def _migrations() -> str:
    """Asked until it is ok once: a process does not lose migrations while it runs."""
    global _migrated
    if _migrated:
        return "ok"
    try:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception:
        log.warning("health.migrations_unknown", exc_info=True)
        return "cannot be read"
    return "ok" if _migrated else "some are not applied"


@functools.lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)


def _redis() -> str:
    try:
        _client(settings.REDIS_URL).ping()
    except redis.RedisError:
        log.warning("health.redis_down", exc_info=True)
        return "does not answer"
    return "ok"
