"""Django's Redis cache for library code (settings.CACHES): without Redis it is empty, and nobody's request
fails. What must be refused then asks `bloom.kernel.limits` with `closed=True`.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _open(name: str, empty: Any) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(DjangoRedisCache, name)(self, *args, **kwargs)
        except RedisError as error:
            logger.warning("cache.unreachable", extra={"error": type(error).__name__})
            if name == "get":
                return kwargs.get("default", args[1] if len(args) > 1 else None)
            return empty

    call.__name__ = name
    return call


class RedisCache(DjangoRedisCache):
    """Reads find nothing and writes keep nothing while Redis is away."""

    get = _open("get", None)
    get_many = _open("get_many", {})
    has_key = _open("has_key", False)
    add = _open("add", True)
    set = _open("set", None)
    set_many = _open("set_many", [])
    touch = _open("touch", False)
    incr = _open("incr", 0)
    delete = _open("delete", False)
    delete_many = _open("delete_many", None)
