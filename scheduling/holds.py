"""Times that are kept for somebody while they make up their mind: in Redis alone, for ten minutes.

A hold is a courtesy. It keeps two people from filling in the same form for nothing; that nobody is booked
twice is proven by the claims (scheduling.models.Claim), whatever Redis says or forgets. Ids and moments only.

Three keys: `bloom:hold:<id>` is what is held, `bloom:holds:t:<therapist>` and `bloom:holds:p:<person>` are
sorted by when each runs out. One script places a hold, by Redis' own clock.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from redis.exceptions import RedisError

from bloom.kernel import db, redis_client
from bloom.kernel.errors import Unavailable
from scheduling.errors import HoldsFull, SlotTaken
from scheduling.types import HOLD_SECONDS, HOLDS_MOST, Hold, Mode, Offer, Taken

logger = logging.getLogger(__name__)

_PREFIX: Final = "bloom:hold"
# KEYS: the hold, those of the therapist, those of the person. ARGV: its id, the person, milliseconds to live,
# how many a person has at most, what is held, its first and last second, and the seconds to stay free before
# and after it. A person's earlier hold with the same therapist gives way to the new one.
# Returns when it runs out, in milliseconds; 'taken' or 'full'.
_PLACE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
local first, last = tonumber(ARGV[6]), tonumber(ARGV[7])
local before, after = tonumber(ARGV[8]), tonumber(ARGV[9])
local earlier = nil
for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    local held = cjson.decode(member)
    if redis.call('EXISTS', ARGV[10] .. held.id) == 0 then
        redis.call('ZREM', KEYS[2], member)
    elseif held.person == ARGV[2] then
        earlier = member
    elseif first < held.last + math.max(held.after, before)
        and last + math.max(after, held.before) > held.first then
        return 'taken'
    end
end
local own = redis.call('ZCARD', KEYS[3])
if earlier then own = own - 1 end
if own >= tonumber(ARGV[4]) then return 'full' end
if earlier then
    local held = cjson.decode(earlier)
    redis.call('ZREM', KEYS[2], earlier)
    redis.call('ZREM', KEYS[3], held.id)
    redis.call('DEL', ARGV[10] .. held.id)
end
local live = tonumber(ARGV[3])
local ends = now + live
local member = cjson.encode({id=ARGV[1], person=ARGV[2], first=first, last=last, before=before, after=after})
redis.call('SET', KEYS[1], ARGV[5], 'PX', live)
redis.call('ZADD', KEYS[2], ends, member)
redis.call('ZADD', KEYS[3], ends, ARGV[1])
redis.call('PEXPIRE', KEYS[2], live)
redis.call('PEXPIRE', KEYS[3], live)
return ends
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A stretch of a therapist's that is kept for somebody."""

    person_id: UUID
    taken: Taken


def hold_place(hold: Hold, offer: Offer) -> Hold:
    """Keep a time for `HOLD_SECONDS`; as it was kept. An earlier hold of the same person with the same
    therapist ends. Raises SlotTaken, HoldsFull, and Unavailable without Redis.
    """
    db.network_check("a hold")
    held = {
        "person": str(hold.person_id),
        "therapist": str(hold.therapist_id),
        "practice": str(hold.practice_id),
        "service": str(hold.service_id),
        "first": _seconds(hold.starts_at),
        "last": _seconds(hold.ends_at),
        "mode": hold.mode.value,
        "service_version": hold.service_version,
        "calendar_version": hold.calendar_version,
        "held": hold.held_at.timestamp(),
        "location": str(hold.location_id) if hold.location_id else None,
    }
    try:
        answer = redis_client.get().eval(
            _PLACE,
            3,
            _one(hold.id),
            _of_therapist(hold.therapist_id),
            _of_person(hold.person_id),
            str(hold.id),
            str(hold.person_id),
            HOLD_SECONDS * 1000,
            HOLDS_MOST,
            json.dumps(held),
            _seconds(hold.starts_at),
            _seconds(hold.ends_at),
            offer.before * 60,
            offer.after * 60,
            f"{_PREFIX}:",
        )
    except RedisError as error:
        logger.warning("holds.unreachable", extra={"error": type(error).__name__})
        raise Unavailable from None
    if answer == b"taken":
        raise SlotTaken
    if answer == b"full":
        raise HoldsFull
    return _read(hold.id, held, int(answer))


def hold_get(hold_id: UUID) -> Hold | None:
    """What is held under this id now. Raises Unavailable without Redis."""
    db.network_check("a hold")
    try:
        with redis_client.get().pipeline(transaction=True) as pipeline:
            pipeline.get(_one(hold_id))
            pipeline.pexpiretime(_one(hold_id))
            raw, ends = pipeline.execute()
    except RedisError as error:
        logger.warning("holds.unreachable", extra={"error": type(error).__name__})
        raise Unavailable from None
    return None if raw is None else _read(hold_id, json.loads(raw), int(ends))


def hold_drop(hold: Hold) -> None:
    """Let a time go. Without Redis nothing happens: it runs out by itself."""
    db.network_check("a hold")
    try:
        with redis_client.get().pipeline(transaction=True) as pipeline:
            # What the therapist's list still names, the next script finds gone, and `holds_of` leaves out.
            pipeline.delete(_one(hold.id))
            pipeline.zrem(_of_person(hold.person_id), str(hold.id))
            pipeline.execute()
    except RedisError as error:
        logger.warning("holds.unreachable", extra={"error": type(error).__name__})


def holds_of(therapist_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, list[Held]]:
    """What is held of these therapists' time at a moment. One round trip, and one more for what still lives;
    nothing without Redis.
    """
    ids = list(therapist_ids)
    found: dict[UUID, list[Held]] = {}
    if not ids:
        return found
    db.network_check("holds")
    try:
        client = redis_client.get()
        with client.pipeline(transaction=False) as pipeline:
            for therapist_id in ids:
                pipeline.zrangebyscore(_of_therapist(therapist_id), int(at.timestamp() * 1000), "+inf")
            answers = pipeline.execute()
        held = [
            (therapist_id, json.loads(member))
            for therapist_id, members in zip(ids, answers, strict=True)
            for member in members
        ]
        lives = client.mget([_one(UUID(each["id"])) for _, each in held]) if held else []
    except RedisError as error:
        logger.warning("holds.unreachable", extra={"error": type(error).__name__})
        return {}
    for (therapist_id, each), raw in zip(held, lives, strict=True):
        if raw is not None:
            found.setdefault(therapist_id, []).append(_held(each))
    return found


def _held(each: dict[str, Any]) -> Held:
    return Held(
        person_id=UUID(each["person"]),
        taken=Taken(
            starts_at=_moment(each["first"]),
            ends_at=_moment(each["last"]),
            before=each["before"] // 60,
            after=each["after"] // 60,
        ),
    )


def _read(hold_id: UUID, held: dict[str, Any], ends: int) -> Hold:
    return Hold(
        id=hold_id,
        person_id=UUID(held["person"]),
        therapist_id=UUID(held["therapist"]),
        practice_id=UUID(held["practice"]),
        service_id=UUID(held["service"]),
        starts_at=_moment(held["first"]),
        ends_at=_moment(held["last"]),
        mode=Mode(held["mode"]),
        location_id=UUID(held["location"]) if held["location"] else None,
        service_version=held["service_version"],
        calendar_version=held["calendar_version"],
        held_at=datetime.fromtimestamp(held["held"], UTC),
        expires_at=datetime.fromtimestamp(ends // 1000, UTC) + timedelta(milliseconds=ends % 1000),
    )


def _one(hold_id: UUID) -> str:
    return f"{_PREFIX}:{hold_id}"


def _of_therapist(therapist_id: UUID) -> str:
    return f"{_PREFIX}s:t:{therapist_id}"


def _of_person(person_id: UUID) -> str:
    return f"{_PREFIX}s:p:{person_id}"


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
