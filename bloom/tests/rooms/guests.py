"""The two of an appointment in its room, each with a socket, and what is known of the room afterwards."""

import json
from uuid import uuid4

from asgiref.sync import sync_to_async

import bloom.asgi  # noqa: F401 - every app's frames are registered with the application
from bloom.kernel import redis_client
from messaging.tests.sockets import Socket
from observability.models import Event
from scheduling.models import RoomEvent
from scheduling.telehealth import rooms

REFUSED = "observability.access.refused"


class Guest:
    """A socket, and the page that it is of."""

    def __init__(self, socket: Socket, appointment) -> None:
        self.socket, self.appointment, self.device = socket, appointment, str(uuid4())

    async def ask(self, what: str, **data) -> dict:
        ack = await self.socket.ask(f"video:{what}", appointment=self.appointment.id, **data)
        return ack["data"] if ack["ok"] else ack["error"]

    async def join(self) -> dict:
        return await self.ask("join", device=self.device)

    async def signal(self, to: "Guest", data: str) -> dict:
        return await self.ask("signal", to=to.device, data=data)

    async def state(self, wanted) -> dict:
        """The first state of which this is so, as it is pushed."""
        while True:
            frame = await self.socket.of_type("video:state")
            if wanted(frame):
                return frame


def here(frame) -> dict[str, str]:
    return {each["role"]: each["device"] for each in frame["here"]}


async def both(opened, appointment) -> tuple[Guest, Guest]:
    """The patient and the therapist, in the room."""
    patient, therapist = (Guest(each, appointment) for each in opened)
    await therapist.join()
    await patient.join()
    await therapist.ask("admit")
    await patient.state(lambda frame: len(frame["here"]) == 2)
    return patient, therapist


def rooms_drop() -> None:
    client = redis_client.get()
    for key in client.scan_iter("bloom:room*"):
        client.delete(key)


@sync_to_async
def unheard(appointment, role: str) -> None:
    """Nothing has been heard of their page for longer than a seat lasts."""
    client, key = redis_client.get(), f"bloom:room:{appointment.id}"
    seat = json.loads(client.hget(key, role))
    seat["beat"] -= (rooms.LASTS_SECONDS + 1) * 1000
    client.hset(key, role, json.dumps(seat))
    client.zadd("bloom:rooms", {str(appointment.id): seat["beat"]})


def timeline_of(appointment) -> list[tuple[str, str]]:
    rows = RoomEvent.objects.unscoped(reason="test").filter(appointment=appointment)
    return list(rows.order_by("happened_at", "happening").values_list("happening", "person"))


told = sync_to_async(timeline_of)


@sync_to_async
def state_of(appointment) -> str:
    return type(appointment).objects.unscoped(reason="test").get(pk=appointment.pk).state


@sync_to_async
def refusals(person, appointment) -> int:
    rows = Event.objects.unscoped(reason="test").filter(name=REFUSED, actor_user_id=person.pk)
    return rows.filter(object_id=appointment.id).count()
