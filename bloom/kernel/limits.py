"""Rate limits in Redis: so many in so many seconds, smoothly, for all processes together.

    limits.limit_check(f"message_send:{person_id}", limit=settings.MESSAGES_PER_MINUTE, per_seconds=60)

The generic cell rate algorithm: one stored moment per key, one script, the server's own clock. A burst of
`limit` passes at once, then one every `per_seconds / limit`. BLOOM_RATE_FACTOR multiplies every limit.
Keys are hashed: Redis never learns an address or an email. With Redis down a limit is open, unless
`closed=True`, for doors where guessing is worse than waiting.
"""

import logging
import math
from typing import Any, Final

from django.conf import settings
from redis.exceptions import RedisError

from bloom.kernel import db, redis_client, redis_line, vault
from bloom.kernel.errors import RateLimited, Unavailable

logger = logging.getLogger(__name__)

_PREFIX = "bloom:limit:"
# KEYS[1] the moment at which the key is idle again; ARGV: microseconds per request, microseconds of burst.
# Returns 0 when the request passes, else the microseconds until it would.
_SCRIPT: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local each, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local idle_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = idle_at + each - now - burst
if wait > 0 then return math.ceil(wait) end
local until_idle = math.ceil((idle_at + each - now) / 1000) + 1
redis.call('SET', KEYS[1], string.format('%.0f', idle_at + each), 'PX', until_idle)
return 0
"""

_Arguments = tuple[str, int, int]


def limit_check(key: str, limit: int, per_seconds: float, *, closed: bool = False) -> None:
    """Count one request against `key`. Raises RateLimited; with `closed`, Unavailable when Redis is down."""
    db.network_check("a rate limit")
    try:
        wait = redis_client.get().eval(_SCRIPT, 1, *_arguments(key, limit, per_seconds))
    except RedisError as error:
        _unreachable(error, closed)
        return
    _decide(wait)


async def alimit_check(key: str, limit: int, per_seconds: float, *, closed: bool = False) -> None:
    """`limit_check` for coroutines; those that ask at the same moment ask Redis together."""
    name, each, burst = _arguments(key, limit, per_seconds)
    try:
        wait = await redis_line.get().ask(
            b"EVAL", _SCRIPT.encode(), b"1", name.encode(), b"%d" % each, b"%d" % burst
        )
    except RedisError as error:
        _unreachable(error, closed)
        return
    _decide(wait)


def _arguments(key: str, limit: int, per_seconds: float) -> _Arguments:
    allowed = limit * settings.RATE_FACTOR
    if allowed <= 0:
        raise ValueError("a limit lets at least one request through")
    name = f"{_PREFIX}{vault.keyed_hash('rate limit', key).hex()[:40]}"
    burst = int(per_seconds * 1_000_000)
    return name, max(1, burst // allowed), burst


def _decide(wait: Any) -> None:
    if int(wait) > 0:
        raise RateLimited(retry_after=math.ceil(int(wait) / 1_000_000))


def _unreachable(error: RedisError, closed: bool) -> None:
    logger.warning("limits.unreachable", extra={"error": type(error).__name__})
    if closed:
        raise Unavailable from None
