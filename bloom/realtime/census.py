"""How many sockets a person has open, in all processes: a sorted set in Redis that forgets by itself."""

import asyncio
from typing import Final
from uuid import UUID

from django.conf import settings
from redis.exceptions import RedisError

from bloom.kernel import clock
from bloom.realtime.hub import Hub, keeper
from observability import logs

logger = logs.get_logger(__name__)

# A process that dies leaves its sockets counted for this long.
FORGOTTEN_SECONDS: Final = 60
_REFRESH_SECONDS: Final = 20
_AT_ONCE: Final = 500


async def enter(hub: Hub, user_id: UUID, socket_id: str) -> bool:
    """Count a new socket. False, and not counted, when the person has as many as they may.

    With Redis down only this process's sockets count.
    """
    allowed = settings.SOCKETS_PER_PERSON * settings.RATE_FACTOR
    if hub.count(user_id) >= allowed:
        return False
    key, now = _key(user_id), clock.now().timestamp()
    try:
        async with hub.redis.pipeline(transaction=True) as pipe:
            pipe.zremrangebyscore(key, "-inf", now - FORGOTTEN_SECONDS)
            pipe.zadd(key, {socket_id: now})
            pipe.zcard(key)
            pipe.expire(key, 2 * FORGOTTEN_SECONDS)
            _, _, count, _ = await pipe.execute()
        if count > allowed:
            await hub.redis.zrem(key, socket_id)
            return False
    except (RedisError, OSError):
        return True
    return True


async def leave(hub: Hub, user_id: UUID, socket_id: str) -> None:
    """Count it no more."""
    try:
        await hub.redis.zrem(_key(user_id), socket_id)
    except (RedisError, OSError) as error:
        logger.info("realtime.census_failed", code=type(error).__name__.lower())


@keeper
async def refresh(hub: Hub) -> None:
    """Say every now and then that this process's sockets are still there."""
    while True:
        await asyncio.sleep(_REFRESH_SECONDS)
        here = hub.listeners()
        try:
            for start in range(0, len(here), _AT_ONCE):
                now = clock.now().timestamp()
                async with hub.redis.pipeline(transaction=False) as pipe:
                    for each in here[start : start + _AT_ONCE]:
                        pipe.zadd(_key(each.user_id), {each.id: now})
                        pipe.expire(_key(each.user_id), 2 * FORGOTTEN_SECONDS)
                    await pipe.execute()
        except (RedisError, OSError) as error:
            logger.info("realtime.census_failed", code=type(error).__name__.lower())


def _key(user_id: UUID) -> str:
    return f"bloom:sockets:{user_id}"
