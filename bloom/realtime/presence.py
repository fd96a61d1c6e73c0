"""Who is here: in Redis a hash for each person, with a field for each of their sockets, renewed by what their
client sends and over when it is not.

A person is `available` while one of their sockets is, `away` while all are idle, else offline. The hash also
keeps what was last told of them, so that exactly one process tells of a change. Nothing here waits for Redis:
`presence_watch` writes, once a moment, whatever came together.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, get_args
from uuid import UUID

import redis.asyncio

from bloom.kernel import clock
from bloom.realtime.types import Present, Push, frame_text

Status = Literal["available", "away"]
OFFLINE: Final = "offline"

# A socket that says nothing for so long is not there any more: its process or its network died.
LASTS_SECONDS = 60.0
# A socket that was closed may be a page that is just loading anew.
GRACE_SECONDS = 6.0
# A socket's changes of mind are heard at most so often.
AGAIN_SECONDS = 2.0
RENEW_SECONDS = 10.0
AT_ONCE = 500

_BEATS: Final = "bloom:presence:beats"
_TOLD: Final = "told"
# Writes one socket's field, or takes it out when it was not renewed since ARGV[5]; 1 when the person is
# something else now than was last told.
_WRITE: Final = """
local person, beats = KEYS[1], KEYS[2]
local member, socket, status = ARGV[1], ARGV[2], ARGV[3]
if status == '' then
    local beat = redis.call('ZSCORE', beats, member)
    if beat and tonumber(beat) > tonumber(ARGV[5]) then return 0 end
    redis.call('ZREM', beats, member)
    redis.call('HDEL', person, socket)
else
    redis.call('HSET', person, socket, status)
    redis.call('ZADD', beats, ARGV[4], member)
end
local now, told = 'offline', 'offline'
local all = redis.call('HGETALL', person)
for i = 1, #all, 2 do
    if all[i] == 'told' then told = all[i + 1]
    elseif all[i + 1] == 'available' then now = 'available'
    elseif now == 'offline' then now = 'away' end
end
if now == 'offline' then redis.call('DEL', person)
else
    redis.call('HSET', person, 'told', now)
    redis.call('EXPIRE', person, ARGV[6])
end
return now == told and 0 or 1
"""


class Viewer(Protocol):
    """A socket, as presence sees it."""

    @property
    def id(self) -> str: ...
    @property
    def user_id(self) -> UUID: ...
    def push(self, message: Push) -> None: ...


@dataclass(slots=True)
class _Seat:
    """A socket that takes part, and what is in Redis of it."""

    user_id: UUID
    status: Status
    written: Status | None = None
    written_at: float = field(default=-RENEW_SECONDS)
    changed_at: float = field(default=-AGAIN_SECONDS)

    def is_due(self, now: float) -> bool:
        return self.status != self.written and now - self.changed_at >= AGAIN_SECONDS


class Presence:
    """What one process knows of who is here. Lives on the hub's loop."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._seats: dict[str, _Seat] = {}
        self._renewed: set[str] = set()
        self._over: list[tuple[UUID, str, bool]] = []
        self._hints: dict[tuple[UUID, UUID | None], tuple[UUID, ...]] = {}
        self._newcomers: dict[str, Viewer] = {}
        # What each socket here was last told of others, by practice, but for who is offline.
        self._shown: dict[str, dict[tuple[UUID, UUID | None], str]] = {}
        self.is_lost = False

    # What sockets and the hub say: no waiting, no failing ---------------------------------------------------

    def say(self, viewer: Viewer, status: Status) -> None:
        """The socket takes part from here on, with this status."""
        seat = self._seats.get(viewer.id)
        if seat is None:
            self._seats[viewer.id] = _Seat(viewer.user_id, status)
        else:
            seat.status = status

    def watch(self, viewer: Viewer) -> None:
        """Tell the socket who is here now; later changes come by themselves."""
        self._newcomers[viewer.id] = viewer

    def beat(self, viewer_id: str) -> None:
        """The socket has sent something."""
        seat = self._seats.get(viewer_id)
        if seat is not None and time.monotonic() - seat.written_at >= RENEW_SECONDS:
            self._renewed.add(viewer_id)

    def leave(self, viewer_id: str, *, at_once: bool = False) -> None:
        """The socket takes no part any more; after a moment's grace, or `at_once`."""
        seat = self._seats.pop(viewer_id, None)
        self._renewed.discard(viewer_id)
        if seat is not None and seat.written is not None:
            self._over.append((seat.user_id, viewer_id, at_once))

    def forget(self, viewer_id: str) -> None:
        """The socket is closed."""
        self.leave(viewer_id)
        self._newcomers.pop(viewer_id, None)
        self._shown.pop(viewer_id, None)

    def hint(self, message: Present) -> None:
        """Somebody is something else now: look, and tell these people."""
        self._hints[message.person, message.practice_id] = message.users

    @property
    def newcomers(self) -> Sequence[UUID]:
        return [each.user_id for each in self._newcomers.values()]

    # What presence_watch does: all of it may raise what Redis raises ----------------------------------------

    async def write(self) -> set[UUID]:
        """Bring Redis up to date with this process's sockets. Returns whose status that has changed."""
        now = time.monotonic()
        due = [
            (viewer_id, seat)
            for viewer_id, seat in self._seats.items()
            if viewer_id in self._renewed or seat.is_due(now)
        ]
        over, self._over = self._over, []
        writes = [(seat.user_id, viewer_id, str(seat.status), 0.0) for viewer_id, seat in due]
        at = clock.now().timestamp()
        writes += [(user_id, viewer_id, "", at + 1) for user_id, viewer_id, at_once in over if at_once]
        closing = [_member(user_id, viewer_id) for user_id, viewer_id, at_once in over if not at_once]
        if closing:
            soon = at - LASTS_SECONDS + GRACE_SECONDS
            await self._redis.zadd(_BEATS, dict.fromkeys(closing, soon), xx=True)
        changed = await self._run(writes, at)
        for viewer_id, seat in due:
            self._renewed.discard(viewer_id)
            if seat.written != seat.status:
                seat.changed_at = now
            seat.written, seat.written_at = seat.status, now
        return changed

    async def sweep(self) -> set[UUID]:
        """Take out the sockets that nobody renews, of any process. Returns whose status that has changed."""
        at = clock.now().timestamp()
        cutoff = at - LASTS_SECONDS
        late: list[Any] = await self._redis.zrangebyscore(_BEATS, "-inf", cutoff, start=0, num=AT_ONCE)
        writes = []
        for raw in late:
            user_id, _, viewer_id = raw.decode().partition(" ")
            writes.append((UUID(user_id), viewer_id, "", cutoff))
        return await self._run(writes, at)

    async def show(self, local: Mapping[UUID, Iterable[Viewer]]) -> None:
        """Tell this process's sockets what the hints were about, as it is now."""
        hints, self._hints = self._hints, {}
        statuses = await self._read({person for person, _practice in hints})
        for (person, practice_id), users in hints.items():
            for user_id in users:
                for viewer in tuple(local.get(user_id, ())):
                    self._show(viewer, person, statuses[person], practice_id)

    async def greet(self, circles: Mapping[UUID, Iterable[tuple[UUID | None, Iterable[UUID]]]]) -> None:
        """Tell newcomers who is here, of those whom they may know of."""
        newcomers, self._newcomers = self._newcomers, {}
        wanted = {
            person
            for viewer in newcomers.values()
            for _practice, people in circles.get(viewer.user_id, ())
            for person in people
        }
        statuses = await self._read(wanted)
        for viewer in newcomers.values():
            for practice_id, people in circles.get(viewer.user_id, ()):
                for person in people:
                    self._show(viewer, person, statuses[person], practice_id)

    def lose(self, local: Mapping[UUID, Iterable[Viewer]]) -> None:
        """Redis is gone: nobody is known to be here. Once it is back, all is said and asked again."""
        self.is_lost = True
        self._over, self._hints = [], {}
        viewers = {each.id: each for listeners in local.values() for each in listeners}
        for viewer_id, shown in self._shown.items():
            viewer = viewers.get(viewer_id)
            if viewer is not None:
                for person, practice_id in shown:
                    viewer.push(_push(viewer.user_id, person, OFFLINE, practice_id))
                self._newcomers[viewer_id] = viewer
        self._shown = {}
        for viewer_id, seat in self._seats.items():
            seat.written, seat.changed_at = None, -AGAIN_SECONDS
            if viewer_id in viewers:
                self._newcomers[viewer_id] = viewers[viewer_id]

    def _show(self, viewer: Viewer, person: UUID, status: str, practice_id: UUID | None) -> None:
        shown, key = self._shown.setdefault(viewer.id, {}), (person, practice_id)
        if shown.get(key, OFFLINE) == status:
            return
        if status == OFFLINE:
            del shown[key]
        else:
            shown[key] = status
        viewer.push(_push(viewer.user_id, person, status, practice_id))

    async def _run(self, writes: Sequence[tuple[UUID, str, str, float]], at: float) -> set[UUID]:
        changed: set[UUID] = set()
        keep = int(4 * LASTS_SECONDS) + 1
        for start in range(0, len(writes), AT_ONCE):
            part = writes[start : start + AT_ONCE]
            async with self._redis.pipeline(transaction=False) as pipe:
                for user_id, viewer_id, status, cutoff in part:
                    pipe.eval(
                        _WRITE, 2, _key(user_id), _BEATS,
                        _member(user_id, viewer_id), viewer_id, status, at, cutoff, keep,
                    )  # fmt: skip
                answers = await pipe.execute()
            changed |= {each[0] for each, answer in zip(part, answers, strict=True) if answer}
        return changed

    async def _read(self, people: Iterable[UUID]) -> dict[UUID, str]:
        wanted = list(people)
        found: dict[UUID, str] = {}
        for start in range(0, len(wanted), AT_ONCE):
            part = wanted[start : start + AT_ONCE]
            async with self._redis.pipeline(transaction=False) as pipe:
                for person in part:
                    pipe.hget(_key(person), _TOLD)
                answers: list[Any] = await pipe.execute()
            for person, told in zip(part, answers, strict=True):
                status = told.decode() if told else OFFLINE
                found[person] = status if status in get_args(Status) else OFFLINE
        return found


def _push(user_id: UUID, person: UUID, status: str, practice_id: UUID | None) -> Push:
    frame = {"type": "presence:update", "person": str(person), "status": status}
    return Push((user_id,), frame_text(frame), None, practice_id)


def _key(user_id: UUID) -> str:
    return f"bloom:presence:{user_id}"


def _member(user_id: UUID, viewer_id: str) -> str:
    return f"{user_id} {viewer_id}"
