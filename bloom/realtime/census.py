"""How many sockets a person has open, in all processes: a sorted set in Redis that forgets by itself."""

import asyncio
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.conf import settings
from redis.exceptions import RedisError

from bloom.kernel import clock
from bloom.realtime.hub import Hub, keeper, publisher
from observability import logs

logger = logs.get_logger(__name__)

# A process that dies leaves its sockets counted for this long.
FORGOTTEN_SECONDS: Final = 60
_REFRESH_SECONDS: Final = 20
_AT_ONCE: Final = 500
# A program (a token's socket) is counted, and is nobody's eyes.
_PROGRAM: Final = b"program:"


async def enter(hub: Hub, user_id: UUID, socket_id: str, *, is_page: bool) -> bool:
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
            pipe.zadd(key, {_member(socket_id, is_page): now})
            pipe.zcard(key)
            pipe.expire(key, 2 * FORGOTTEN_SECONDS)
            _, _, count, _ = await pipe.execute()
        if count > allowed:
            await hub.redis.zrem(key, _member(socket_id, is_page))
            return False
    except (RedisError, OSError):
        return True
    return True


async def leave(hub: Hub, user_id: UUID, socket_id: str, *, is_page: bool) -> None:
    """Count it no more."""
    try:
        await hub.redis.zrem(_key(user_id), _member(socket_id, is_page))
    except (RedisError, OSError) as error:
        logger.info("realtime.census_failed", code=type(error).__name__.lower())


def people_here(user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these people who have a page open, asked from any thread. Nobody, when Redis is down."""
    asked = list(user_ids)
    if not asked:
        return set()
    since = clock.now().timestamp() - FORGOTTEN_SECONDS
    try:
        with publisher().pipeline() as pipe:
            for user_id in asked:
                pipe.zrangebyscore(_key(user_id), since, "+inf")
            found = pipe.execute()
    except (RedisError, OSError) as error:
        logger.info("realtime.census_failed", code=type(error).__name__.lower())
        return set()
    return {
        user_id
        for user_id, members in zip(asked, found, strict=True)
        if any(not member.startswith(_PROGRAM) for member in members)
    }


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
                        pipe.zadd(_key(each.user_id), {_member(each.id, each.is_page): now})
                        pipe.expire(_key(each.user_id), 2 * FORGOTTEN_SECONDS)
                    await pipe.execute()
        except (RedisError, OSError) as error:
            logger.info("realtime.census_failed", code=type(error).__name__.lower())


def _member(socket_id: str, is_page: bool) -> str:
    return socket_id if is_page else f"{_PROGRAM.decode()}{socket_id}"


def _key(user_id: UUID) -> str:
    return f"bloom:sockets:{user_id}"
