"""One run of a job at a time: whoever comes while another is under way goes again.

A turn keeps two runs from doing the same work twice; that nothing happens twice is proven by rows. It lies in
Redis until it is over, or until `seconds` after a run that died. Without Redis everybody has their turn.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis.exceptions import RedisError

from bloom.kernel import db, redis_client

logger = logging.getLogger(__name__)

_PREFIX: Final = "bloom:turn:"
# KEYS[1] the turn; ARGV[1] whose it is. Another's stays.
_GIVE_UP: Final = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
)


@contextmanager
def turn_take(name: str, *, seconds: int) -> Iterator[bool]:
    """Is it the caller's turn? It is given up at the end."""
    db.network_check("a turn")
    mine, key = secrets.token_hex(8), _PREFIX + name
    try:
        got = bool(redis_client.get().set(key, mine, nx=True, ex=seconds))
    except RedisError as error:
        logger.warning("turns.unreachable", extra={"error": type(error).__name__})
        yield True
        return
    try:
        yield got
    finally:
        if got:
            _give_up(key, mine)


def _give_up(key: str, mine: str) -> None:
    try:
        redis_client.get().eval(_GIVE_UP, 1, key, mine)
    except RedisError as error:
        logger.warning("turns.unreachable", extra={"error": type(error).__name__})
