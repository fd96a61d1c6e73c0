"""Who is in which room, in Redis alone: nothing here outlives a session but what the timeline keeps.

`bloom:room:<appointment>` is a hash with a seat for each of the two, the session's mark, and whether the
patient was let in; `bloom:room:<appointment>:news` holds what happened and nobody has said yet that it is
stored (`room_noted`); `bloom:rooms` is a sorted set of the rooms by when they last heard of anybody. One
script does everything, by Redis' own clock: so two processes that let the same person in agree on who sits
where. A seat of which nothing is heard for LASTS_SECONDS is free. Ids, codes and moments only.
"""

import json
import logging
import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from redis.exceptions import RedisError

from bloom.kernel import db, redis_client
from scheduling.telehealth.errors import RoomUnavailable
from scheduling.telehealth.types import Happening
from scheduling.telehealth.types_rooms import Moved, Room, RoomNews, Seat
from scheduling.types import Party

logger = logging.getLogger(__name__)

# A page says every 8 seconds that it is there.
LASTS_SECONDS: Final = 20
_KEPT_SECONDS: Final = 6 * 3600
_ROOMS: Final = "bloom:rooms"
_AT_ONCE: Final = 200


class Deed(StrEnum):
    """What is done with a room."""

    ENTER = "enter"
    BEAT = "beat"
    LOOK = "look"
    LEAVE = "leave"
    ADMIT = "admit"
    END = "end"
    # By Bloom itself: the appointment does not take place any more, or nobody is heard of.
    CLOSE = "close"


# KEYS: the room, all rooms, its news. ARGV: the deed, who does it, their device and socket, how long a seat
# lasts without a sign of life and the room's key without any, both in milliseconds, a new session's mark, the
# room's id.
_SCRIPT: Final = """
local room, rooms, untold = KEYS[1], KEYS[2], KEYS[3]
local deed, party, device, socket = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local lasts, kept, mark, id = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local out = {came = {}, went = {}, replaced = '', seats = {}, mine = false, ended = false, session = ''}
local parties = {'therapist', 'patient'}
local seats = {}
for _, who in ipairs(parties) do
    local raw = redis.call('HGET', room, who)
    if raw then seats[who] = cjson.decode(raw) end
end
local session = redis.call('HGET', room, 'session')
local admitted = redis.call('HGET', room, 'admitted') == '1'
local begun = redis.call('HGET', room, 'begun') == '1'
local last = 0
local function goes(who, at)
    if seats[who].inside then
        table.insert(out.went, {party = who, at = at})
        last = math.max(last, at)
    end
end
for _, who in ipairs(parties) do
    if seats[who] and seats[who].beat + lasts < now then
        goes(who, seats[who].beat)
        seats[who] = nil
    end
end
local function comes(who)
    if not seats[who].inside then
        seats[who].inside = true
        table.insert(out.came, {party = who, at = now})
    end
end
local own = seats[party]
if deed == 'enter' then
    if not session then session = mark end
    if own and own.device ~= device then out.replaced = own.socket end
    local inside = own and own.inside or false
    seats[party] = {device = device, socket = socket, beat = now, inside = inside}
    out.mine = true
    if party == 'therapist' or admitted then comes(party) end
elseif own and own.socket == socket then
    out.mine = true
    own.beat = now
    if deed == 'leave' then
        goes(party, now)
        seats[party] = nil
        if party == 'therapist' then
            admitted = false
            if seats.patient then
                goes('patient', now)
                seats.patient.inside = false
            end
        end
    elseif deed == 'admit' and party == 'therapist' then
        admitted = true
        if seats.patient then comes('patient') end
    end
end
if deed == 'close' or (deed == 'end' and party == 'therapist' and out.mine) then
    for _, who in ipairs(parties) do
        if seats[who] then goes(who, now) end
    end
    out.ended = next(seats) ~= nil
    seats = {}
end
local inside = 0
for _, who in ipairs(parties) do
    if seats[who] and seats[who].inside then inside = inside + 1 end
end
out.session = session or ''
local number = 0
local function happened(what, party, at)
    number = number + 1
    redis.call('HSET', untold, mark .. ':' .. number,
        cjson.encode({happening = what, party = party, at = at, session = out.session, number = number}))
end
for _, each in ipairs(out.came) do happened('joined', each.party, each.at) end
if inside == 2 and not begun then
    begun = true
    happened('started', '', now)
end
for _, each in ipairs(out.went) do happened('left', each.party, each.at) end
if inside == 0 and last > 0 then
    out.over = true
    happened('ended', '', last)
    session, begun = nil, false
    if next(seats) then session = mark end
end
if next(seats) then
    redis.call('DEL', room)
    redis.call('HSET', room, 'session', session or mark,
        'admitted', admitted and '1' or '0', 'begun', begun and '1' or '0')
    for who, seat in pairs(seats) do
        redis.call('HSET', room, who, cjson.encode(seat))
        table.insert(out.seats,
            {party = who, device = seat.device, socket = seat.socket, inside = seat.inside})
    end
    redis.call('PEXPIRE', room, kept)
    if out.mine then redis.call('ZADD', rooms, now, id) end
end
out.news = redis.call('HGETALL', untold)
if #out.news > 0 then redis.call('PEXPIRE', untold, kept) end
if not next(seats) then
    redis.call('DEL', room)
    -- Should what happened last not be stored, the sweep comes by for it.
    if #out.news > 0 then redis.call('ZADD', rooms, now, id) else redis.call('ZREM', rooms, id) end
end
return cjson.encode(out)
"""
# KEYS: as before. ARGV: the room's id, and which of its news are stored.
_NOTED: Final = """
redis.call('HDEL', KEYS[3], unpack(ARGV, 2))
if redis.call('EXISTS', KEYS[3]) == 0 and redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('ZREM', KEYS[2], ARGV[1])
end
"""


def room_do(appointment_id: UUID, deed: Deed, party: Party, *, device: str = "", socket: str = "") -> Room:
    """Do it, and say how the room is now, and what of it is to be stored. Raises RoomUnavailable without
    Redis.
    """
    db.network_check("a room")
    arguments = (
        deed.value,
        party.value,
        device,
        socket,
        LASTS_SECONDS * 1000,
        _KEPT_SECONDS * 1000,
        secrets.token_hex(8),
        str(appointment_id),
    )
    try:
        raw = redis_client.get().eval(_SCRIPT, 3, *_keys(appointment_id), *arguments)
    except RedisError as error:
        logger.warning("rooms.unreachable", extra={"error": type(error).__name__})
        raise RoomUnavailable from None
    return _read(json.loads(raw))


def room_noted(appointment_id: UUID, ids: Collection[str]) -> None:
    """These news are stored. Without Redis they come again, and are known then."""
    db.network_check("a room")
    if not ids:
        return
    try:
        redis_client.get().eval(_NOTED, 3, *_keys(appointment_id), str(appointment_id), *ids)
    except RedisError as error:
        logger.warning("rooms.unreachable", extra={"error": type(error).__name__})


def rooms_silent(*, at: datetime) -> list[UUID]:
    """Rooms of which nothing is heard any more, or of which something is still to be stored. Nothing without
    Redis.
    """
    db.network_check("rooms")
    before = int((at - timedelta(seconds=LASTS_SECONDS)).timestamp() * 1000)
    try:
        found: Any = redis_client.get().zrangebyscore(_ROOMS, "-inf", before, start=0, num=_AT_ONCE)
    except RedisError as error:
        logger.warning("rooms.unreachable", extra={"error": type(error).__name__})
        return []
    return [UUID(raw.decode()) for raw in found]


def _keys(appointment_id: UUID) -> tuple[str, str, str]:
    return f"bloom:room:{appointment_id}", _ROOMS, f"bloom:room:{appointment_id}:news"


def _read(told: Mapping[str, Any]) -> Room:
    return Room(
        session=told["session"],
        seats=tuple(
            Seat(
                party=Party(each["party"]),
                device=each["device"],
                socket=each["socket"],
                is_inside=each["inside"],
            )
            for each in told["seats"] or ()
        ),
        is_mine=told["mine"],
        came=_moved(told["came"]),
        went=_moved(told["went"]),
        replaced=told["replaced"],
        is_over=told.get("over", False),
        is_ended=told["ended"],
        news=_news(told["news"]),
    )


def _news(told: Any) -> tuple[RoomNews, ...]:
    """In the order in which it happened."""
    raw = list(told or ())
    found = [(each_id, json.loads(text)) for each_id, text in zip(raw[::2], raw[1::2], strict=True)]
    return tuple(
        RoomNews(
            id=each_id,
            session=each["session"],
            happening=Happening(each["happening"]),
            party=Party(each["party"]) if each["party"] else None,
            at=_moment(each["at"]),
        )
        for each_id, each in sorted(found, key=lambda pair: (pair[1]["at"], pair[1]["number"]))
    )


def _moved(told: Any) -> tuple[Moved, ...]:
    # An empty table of Lua's is an object in JSON.
    return tuple(Moved(party=Party(each["party"]), at=_moment(each["at"])) for each in told or ())


def _moment(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
