"""The client of Redis that this process' threads share, where waiting for Redis is worse than doing without.

An event loop's hot paths have `redis_line`.
"""

import threading
from typing import Final

import redis
from django.conf import settings

_TIMEOUT_SECONDS: Final = 0.5

_lock = threading.Lock()
_client: redis.Redis | None = None


def get() -> redis.Redis:
    """It, made by whoever asks first. What is asked of it raises RedisError within half a second."""
    global _client
    if _client is None:
        with _lock:
            _client = _client or redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
            )
    return _client
