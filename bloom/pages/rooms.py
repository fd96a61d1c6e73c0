"""The rooms that the shell leads to, and who has them."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import is_valid_path
from django.utils.translation import gettext_lazy as _

from bloom.kernel.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A part of Bloom that has its own entry in the shell. `roles` empty: everybody who is signed in. `short`
    is its label where there is room for one word, if that is another.
    """

    key: str
    label: Any
    short: Any = ""
    path: str
    icon: str
    roles: frozenset[str] = frozenset()
    # What else is a part of it, where no room of its own stands there.
    also: tuple[str, ...] = ()
    # Only for whoever acts for a practice.
    in_practice: bool = False
    # Only for whoever cares for patients there.
    in_care: bool = False

    def is_open_to(self, actor: Actor) -> bool:
        """True when the actor has this room and it has been built."""
        if self.in_practice and actor.practice_id is None:
            return False
        return (not self.roles or actor.has_role(*self.roles)) and _is_built(self.path, settings.ROOT_URLCONF)

    def holds(self, path: str) -> bool:
        """True when `path` is a page of this room."""
        return path.startswith((self.path, *self.also))


@cache
def _is_built(path: str, addresses: str) -> bool:
    """Whether there is a page of this address. Every page asks for every room, and each answer is a walk
    through hundreds of addresses.
    """
    return bool(is_valid_path(path, addresses))


ROOMS = (
    Room(
        key="today",
        label=_("Today"),
        path="/dashboard/",
        icon="sun",
        roles=frozenset({"therapist"}),
    ),
    Room(
        key="home",
        label=_("Home"),
        path="/dashboard/",
        icon="house",
    ),
    Room(
        key="messages",
        label=_("Messages"),
        path="/messages/",
        icon="message-circle",
        roles=frozenset({"patient", "therapist"}),
    ),
    Room(
        key="calendar",
        label=_("Calendar"),
        path="/calendar/",
        icon="calendar",
        in_practice=True,
    ),
    Room(
        key="appointments",
        label=_("Appointments"),
        path="/appointments/",
        also=("/book/", "/holds/", "/waitlist/"),
        icon="calendar-days",
        roles=frozenset({"patient", "therapist"}),
    ),
    Room(
        key="hours",
        label=_("Your hours"),
        path="/schedule/",
        icon="clock",
        roles=frozenset({"therapist"}),
        in_practice=True,
        in_care=True,
    ),
    Room(
        key="therapists",
        label=_("Find a therapist"),
        short=_("Find"),
        path="/therapists/",
        icon="search",
        roles=frozenset({"patient"}),
    ),
    Room(
        key="patients",
        label=_("Patients"),
        path="/patients/",
        also=("/care/",),
        icon="users",
        roles=frozenset({"therapist"}),
    ),
    Room(
        key="connections",
        label=_("Connections"),
        path="/connections/",
        also=("/care/",),
        icon="heart-handshake",
        roles=frozenset({"patient", "therapist"}),
    ),
    Room(
        key="practice",
        label=_("Practice"),
        path="/practices/",
        icon="stethoscope",
        in_practice=True,
    ),
    Room(
        key="care",
        label=_("Care"),
        path="/care/",
        icon="hand-heart",
        roles=frozenset({"support", "admin"}),
    ),
    Room(
        key="admin",
        label=_("Administration"),
        path="/admin/",
        icon="shield",
        roles=frozenset({"support", "admin"}),
    ),
)


def rooms_of(actor: Actor, *, gives_care: bool) -> tuple[Room, ...]:
    """The rooms that this actor has, in their order; one per address. `gives_care`: whether they care for
    patients at the practice that they act for.
    """
    rooms: dict[str, Room] = {}
    for room in ROOMS:
        if room.is_open_to(actor) and (gives_care or not room.in_care):
            rooms.setdefault(room.path, room)
    return tuple(rooms.values())
