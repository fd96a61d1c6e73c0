"""What keeps presence true: once a moment this process's sockets are written, those of dead processes are
swept, and whoever may know is told. Redis and the database are waited for here alone, and never for long.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from redis.exceptions import RedisError

from bloom.realtime import metrics, registry
from bloom.realtime.hub import Hub, keeper
from bloom.realtime.types import Present
from observability import logs

logger = logs.get_logger(__name__)

# What happens within so long is told once.
GATHER_SECONDS = 0.25
SWEEP_SECONDS = 2.0
PATIENCE_SECONDS = 10.0


@keeper
async def watch(hub: Hub) -> None:
    """Write, sweep and tell, for as long as the hub lives."""
    loop = asyncio.get_running_loop()
    swept_at = loop.time()
    # Kept until it has been told, whatever fails meanwhile.
    untold: set[UUID] = set()
    while True:
        await asyncio.sleep(GATHER_SECONDS)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                untold |= await hub.presence.write()
                if loop.time() - swept_at >= SWEEP_SECONDS:
                    swept_at = loop.time()
                    untold |= await hub.presence.sweep()
                if untold:
                    await _tell(hub, untold)
                    untold = set()
                await hub.presence.show(hub.people)
                if hub.presence.newcomers:
                    await hub.presence.greet(await _circles(hub.presence.newcomers))
            if hub.presence.is_lost:
                hub.presence.is_lost = False
                logger.info("realtime.presence_back")
        except (RedisError, OSError, TimeoutError) as error:
            if not hub.presence.is_lost:
                logger.warning("realtime.presence_lost", code=type(error).__name__.lower())
            metrics.DROPPED.labels("presence").inc()
            hub.presence.lose(hub.people)
            await asyncio.sleep(SWEEP_SECONDS)
        except Exception:
            metrics.DROPPED.labels("presence").inc()
            logger.exception("realtime.presence_failed")
            await asyncio.sleep(SWEEP_SECONDS)


async def _tell(hub: Hub, people: set[UUID]) -> None:
    for person, circles in (await registry.circles_of(list(people))).items():
        told: dict[UUID | None, set[UUID]] = defaultdict(set)
        for each in circles:
            told[each.practice_id] |= set(each.people) - set(each.in_any)
            told[None] |= set(each.in_any)
        for practice_id, members in told.items():
            if members:
                hub.post(Present(tuple(members), person, practice_id))


async def _circles(people: Sequence[UUID]) -> Mapping[UUID, list[tuple[UUID | None, tuple[UUID, ...]]]]:
    """Whom each of these may know of, and in which practice; None: in any."""
    return {
        person: [(None if each.is_in_any else each.practice_id, each.people) for each in circles]
        for person, circles in (await registry.circles_of(people)).items()
    }
