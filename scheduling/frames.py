"""What a client may ask of Bloom's own video through the socket."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from channels.db import database_sync_to_async

from bloom.kernel import clock
from bloom.realtime.registry import Socket, frame
from scheduling.telehealth import services
from scheduling.telehealth.types_rooms import SIGNAL_BYTES_MOST, RoomHere
from scheduling.types import Party

SCOPE = "scheduling:write"


class VideoJoin(msgspec.Struct):
    """A page wants to sit in the room of an appointment. `device` is the page's own, made when it was
    loaded.
    """

    appointment: UUID
    device: UUID


class VideoState(msgspec.Struct):
    """How is it in there? From within, also: still here."""

    appointment: UUID


class VideoSignal(msgspec.Struct):
    """An offer, an answer or candidates, for the other's page `to`."""

    appointment: UUID
    to: UUID
    data: Annotated[str, msgspec.Meta(min_length=1, max_length=SIGNAL_BYTES_MOST)]


class VideoAdmit(msgspec.Struct):
    """The patient may come in."""

    appointment: UUID


class VideoLeave(msgspec.Struct):
    """One goes."""

    appointment: UUID


class VideoEnd(msgspec.Struct):
    """It is over for both."""

    appointment: UUID


@frame("video:join", VideoJoin, scope=SCOPE)
async def video_join(socket: Socket, data: VideoJoin) -> dict[str, Any]:
    """Sit down; the answer says as what, and what this page needs to reach the other."""
    at = clock.now()
    here = await database_sync_to_async(services.room_join)(
        socket.actor(at), data.appointment, device=data.device, socket_id=socket.id, at=at
    )
    return _wire(here)


@frame("video:state", VideoState, scope=SCOPE)
async def video_state(socket: Socket, data: VideoState) -> dict[str, Any]:
    """How it is now."""
    at = clock.now()
    here = await database_sync_to_async(services.room_state)(
        socket.actor(at), data.appointment, socket_id=socket.id, at=at
    )
    return _wire(here)


@frame("video:signal", VideoSignal, scope=SCOPE)
async def video_signal(socket: Socket, data: VideoSignal) -> dict[str, Any]:
    """Pass it on; the answer says whether that page is still the other's."""
    at = clock.now()
    passed = await database_sync_to_async(services.room_signal)(
        socket.actor(at), data.appointment, to=data.to, data=data.data, socket_id=socket.id, at=at
    )
    return {"passed": passed}


@frame("video:admit", VideoAdmit, scope=SCOPE)
async def video_admit(socket: Socket, data: VideoAdmit) -> dict[str, Any]:
    """Let the patient in."""
    at = clock.now()
    here = await database_sync_to_async(services.room_admit)(
        socket.actor(at), data.appointment, socket_id=socket.id, at=at
    )
    return _wire(here)


@frame("video:leave", VideoLeave, scope=SCOPE)
async def video_leave(socket: Socket, data: VideoLeave) -> dict[str, Any]:
    """Go."""
    at = clock.now()
    await database_sync_to_async(services.room_leave)(
        socket.actor(at), data.appointment, socket_id=socket.id, at=at
    )
    return {}


@frame("video:end", VideoEnd, scope=SCOPE)
async def video_end(socket: Socket, data: VideoEnd) -> dict[str, Any]:
    """End it for both."""
    at = clock.now()
    here = await database_sync_to_async(services.room_end)(
        socket.actor(at), data.appointment, socket_id=socket.id, at=at
    )
    return _wire(here)


def _wire(here: RoomHere) -> dict[str, Any]:
    return {
        "appointment": str(here.appointment_id),
        "role": here.party.value,
        "polite": here.party is Party.PATIENT,
        "joined": here.room.is_mine and not here.room.is_ended,
        "ice_servers": [dict(each) for each in here.ice_servers],
        "relayed": here.is_relayed,
        "arrival_at": clock.to_wire(here.arrival_at) if here.arrival_at else None,
        **services.state_of(here.room),
    }
