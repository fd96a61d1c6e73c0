"""Bloom's own video: two people of an appointment find each other. What they say to each other's browser
passes through and is kept nowhere; what happened (who came and left when) goes on the appointment's
timeline.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Exists, Max, OuterRef

from bloom.kernel import limits
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed, NotFound, TooLarge
from bloom.realtime import services as realtime
from observability import services as observability
from scheduling import services as scheduling
from scheduling.models import Appointment, RoomEvent
from scheduling.services.apart import apart
from scheduling.telehealth import events, rooms, selectors
from scheduling.telehealth.errors import NotInRoom, RoomClosed
from scheduling.telehealth.rooms import Deed
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.rules import turn
from scheduling.telehealth.services.consenting import patient_check
from scheduling.telehealth.types import Happening
from scheduling.telehealth.types_rooms import SIGNAL_BYTES_MOST, Room, RoomHere, RoomNews
from scheduling.types import AppointmentState, Mode, Party

_LOOKS_BACK: Final = timedelta(days=7)
_ENDED_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class _Place:
    """An appointment, and who of its two asks."""

    appointment: Appointment
    party: Party


def room_join(actor: Actor, appointment_id: UUID, *, device: UUID, socket_id: str, at: datetime) -> RoomHere:
    """Take one's seat: the therapist in the room, the patient in the waiting room, or in the room where they
    were let in before. A seat that one had from another page is taken over, and that page is told.

    Raises NotFound, RoomClosed, ConsentNeeded, ArrivalNeeded, RateLimited, RoomUnavailable.
    """
    _doing(actor)
    return _do(actor, appointment_id, Deed.ENTER, device=str(device), socket_id=socket_id, at=at)


def room_state(actor: Actor, appointment_id: UUID, *, socket_id: str, at: datetime) -> RoomHere:
    """How the room is; from within it, a sign of life too. Raises as `room_join`."""
    return _do(actor, appointment_id, Deed.BEAT, socket_id=socket_id, at=at)


def room_admit(actor: Actor, appointment_id: UUID, *, socket_id: str, at: datetime) -> RoomHere:
    """The therapist, in the room, lets the patient in, now and until they leave. Raises as `room_join`,
    NotAllowed for the patient, NotInRoom.
    """
    _doing(actor)
    return _host(actor, appointment_id, Deed.ADMIT, socket_id=socket_id, at=at)


def room_end(actor: Actor, appointment_id: UUID, *, socket_id: str, at: datetime) -> RoomHere:
    """The therapist ends it for both. Raises as `room_admit`."""
    _doing(actor)
    return _host(actor, appointment_id, Deed.END, socket_id=socket_id, at=at)


def room_leave(actor: Actor, appointment_id: UUID, *, socket_id: str, at: datetime) -> None:
    """Give one's seat back, at any time. Without the therapist the patient is in the waiting room again.
    Raises NotFound, RateLimited, RoomUnavailable.
    """
    _doing(actor)
    place = _place(actor, appointment_id)
    room = rooms.room_do(appointment_id, Deed.LEAVE, place.party, socket=socket_id)
    _follow(actor, place.appointment, room, at=at)


def room_signal(
    actor: Actor, appointment_id: UUID, *, to: UUID, data: str, socket_id: str, at: datetime
) -> bool:
    """Hand `data` to the other's page `to`, as it is; False where that page is the other's no more. Raises as
    `room_join`, TooLarge, NotInRoom.
    """
    limits.limit_check(f"room_signal:{actor.require_user()}", settings.ROOM_SIGNALS_PER_MINUTE, 60)
    if len(data.encode()) > SIGNAL_BYTES_MOST:
        raise TooLarge
    place = _open_place(actor, appointment_id, at=at)
    room = rooms.room_do(appointment_id, Deed.LOOK, place.party, socket=socket_id)
    _follow(actor, place.appointment, room, at=at, tells=room.has_changed)
    own, other = room.seat(place.party), room.seat(_other(place.party))
    if not room.is_mine or own is None or not own.is_inside or other is None or not other.is_inside:
        raise NotInRoom
    if other.device != str(to):
        return False
    frame = {
        "type": "video:signal",
        "appointment": str(appointment_id),
        "from": own.device,
        "data": data,
    }
    realtime.direct(_person(place.appointment, other.party), other.socket, frame)
    return True


def room_close(actor: Actor, appointment_id: UUID, *, at: datetime) -> None:
    """The appointment does not take place, or not now: whoever is in its room is told that it is over. Raises
    NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    row = Appointment.objects.unscoped(reason="whose room closes").filter(pk=appointment_id).first()
    if row is None or _is_open(row, at=at):
        return
    _follow(actor, row, rooms.room_do(appointment_id, Deed.CLOSE, Party.SYSTEM), at=at)


def rooms_sweep(actor: Actor, *, at: datetime) -> int:
    """Rooms of which nothing is heard any more are over, and that stands on their timelines, with what could
    not be stored before; how many. One that fails keeps no other waiting. Raises NotAllowed unless the
    system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    silent = rooms.rooms_silent(at=at)
    rows = Appointment.objects.unscoped(reason="whose rooms are silent").in_bulk(silent)
    for appointment_id in silent:
        with apart("rooms.row_failed", appointment_id):
            room = rooms.room_do(appointment_id, Deed.LOOK, Party.SYSTEM)
            if appointment_id in rows:
                _follow(actor, rows[appointment_id], room, at=at)
            else:
                rooms.room_noted(appointment_id, [each.id for each in room.news])
    return len(silent)


def sessions_end(actor: Actor, *, at: datetime) -> int:
    """Sessions whose end nobody saw, because Redis lost their room, ended: as agreed, or with what was last
    heard of them. How many. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    own = RoomEvent.objects.unscoped(reason="sessions without an end")
    ends = own.filter(
        appointment=OuterRef("appointment"), session=OuterRef("session"), happening=Happening.ENDED.value
    )
    lost = (
        RoomEvent.objects.unscoped(reason="sessions without an end")
        .filter(happened_at__gt=at - _LOOKS_BACK, appointment__ends_at__lte=at - opening.ENDS_AFTER)
        .filter(~Exists(ends))
        .order_by()
        .values("appointment_id", "session")
        .annotate(last=Max("happened_at"))
    )
    found = list(lost[:_ENDED_AT_ONCE])
    rows = Appointment.objects.unscoped(reason="whose sessions have no end").in_bulk(
        {each["appointment_id"] for each in found}
    )
    for each in found:
        row = rows[each["appointment_id"]]
        _session_end(actor, row, each["session"], max(each["last"], row.ends_at), at=at)
    return len(found)


@transactional
def _session_end(
    actor: Actor, appointment: Appointment, session: str, ended_at: datetime, *, at: datetime
) -> None:
    _keep(actor, appointment, session, Happening.ENDED, "", ended_at, at=at)


# Who may, and when ------------------------------------------------------------------------------------------


def _doing(actor: Actor) -> None:
    limits.limit_check(f"room_doing:{actor.require_user()}", settings.ROOM_DOINGS_PER_MINUTE, 60)


def _place(actor: Actor, appointment_id: UUID) -> _Place:
    person_id = actor.require_user()
    row = Appointment.objects.visible_to(actor).get_or_refuse(appointment_id)
    if person_id == row.patient_id:
        return _Place(row, Party.PATIENT)
    if person_id == row.therapist_id:
        return _Place(row, Party.THERAPIST)
    # The desk sees the appointment, and comes to no session.
    raise NotFound(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)


def _open_place(actor: Actor, appointment_id: UUID, *, at: datetime) -> _Place:
    place = _place(actor, appointment_id)
    row = place.appointment
    if not opening.has_room(AppointmentState(row.state), Mode(row.mode)):
        raise RoomClosed
    if not _is_open(row, at=at):
        raise RoomClosed(opens_at=opening.opens_at(row.starts_at), closes_at=opening.closes_at(row.ends_at))
    if place.party is Party.PATIENT:
        patient_check(actor, row, at=at)
    return place


def _is_open(row: Appointment, *, at: datetime) -> bool:
    return opening.has_room(AppointmentState(row.state), Mode(row.mode)) and opening.is_open(
        row.starts_at, row.ends_at, at=at
    )


def _do(
    actor: Actor, appointment_id: UUID, deed: Deed, *, socket_id: str, at: datetime, device: str = ""
) -> RoomHere:
    place = _open_place(actor, appointment_id, at=at)
    room = rooms.room_do(appointment_id, deed, place.party, device=device, socket=socket_id)
    _follow(actor, place.appointment, room, at=at, tells=deed is not Deed.BEAT or room.has_changed)
    return _here(actor, place, room, at=at)


def _host(actor: Actor, appointment_id: UUID, deed: Deed, *, socket_id: str, at: datetime) -> RoomHere:
    place = _open_place(actor, appointment_id, at=at)
    if place.party is not Party.THERAPIST:
        raise NotAllowed(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)
    room = rooms.room_do(appointment_id, deed, place.party, socket=socket_id)
    _follow(actor, place.appointment, room, at=at)
    if not room.is_mine:
        raise NotInRoom
    return _here(actor, place, room, at=at)


def _here(actor: Actor, place: _Place, room: Room, *, at: datetime) -> RoomHere:
    row = place.appointment
    arrival_at = None
    if place.party is Party.THERAPIST:
        arrival_at = selectors.arrival_told_at(actor, row.id, starts_at=row.starts_at)
    given = None
    # Whoever only looks, from another socket or before they sat down, has no use for a relay.
    if settings.TURN_URLS and room.is_mine and room.seat(place.party) is not None:
        given = turn.turn_pass(
            settings.TURN_SECRET,
            appointment_id=row.id,
            person_id=_person(row, place.party),
            at=at,
            room_closes_at=opening.closes_at(row.ends_at),
        )
    servers = turn.ice_servers(settings.STUN_URLS, settings.TURN_URLS, given)
    return RoomHere(
        appointment_id=row.id,
        party=place.party,
        room=room,
        ice_servers=tuple(servers),
        is_relayed=settings.VIDEO_RELAY,
        arrival_at=arrival_at,
    )


# What follows -----------------------------------------------------------------------------------------------


def _follow(actor: Actor, appointment: Appointment, room: Room, *, at: datetime, tells: bool = True) -> None:
    """What has just become of the room goes on the timeline, and the two are told."""
    if room.news:
        # Whoever comes in is not kept out by what cannot be stored now: it comes again.
        with apart("rooms.news_failed", appointment.id):
            _note(actor, appointment, room.news, at=at)
            rooms.room_noted(appointment.id, [each.id for each in room.news])
    if room.replaced:
        replaced = {"type": "video:replaced", "appointment": str(appointment.id)}
        realtime.direct(actor.require_user(), room.replaced, replaced)
    if tells:
        realtime.publish(
            (appointment.patient_id, appointment.therapist_id),
            state_frame(appointment.id, room),
            practice_id=appointment.practice_id,
            in_any=(appointment.patient_id,),
            scope="scheduling:read",
        )


def state_frame(appointment_id: UUID, room: Room) -> Mapping[str, Any]:
    """Who is in the room, for its two people."""
    return {"type": "video:state", "appointment": str(appointment_id), **state_of(room)}


def state_of(room: Room) -> dict[str, Any]:
    patient = room.seat(Party.PATIENT)
    return {
        "here": [{"role": each.party.value, "device": each.device} for each in room.seats if each.is_inside],
        "waiting": patient is not None and not patient.is_inside,
        "ended": room.is_ended,
    }


@transactional
def _note(actor: Actor, appointment: Appointment, news: Sequence[RoomNews], *, at: datetime) -> None:
    for each in news:
        person = each.party.value if each.party else ""
        if not person or _moves(appointment, person) < opening.MOVES_MOST:
            _keep(actor, appointment, each.session, each.happening, person, each.at, at=at)
    if any(each.happening is Happening.STARTED for each in news):
        scheduling.appointment_begin(Actor.for_system("rooms"), appointment.id, at=at)


def _moves(appointment: Appointment, person: str) -> int:
    """How often somebody came to an appointment, or left it."""
    rows = RoomEvent.objects.unscoped(reason="how much is kept of somebody's coming and going")
    return rows.filter(appointment=appointment, person=person).count()


def _keep(
    actor: Actor,
    appointment: Appointment,
    session: str,
    happening: Happening,
    person: str,
    happened_at: datetime,
    *,
    at: datetime,
) -> None:
    """Once, however often it is told."""
    what: dict[str, Any] = {
        "appointment": appointment,
        "happening": happening.value,
        "session": session,
        "person": person,
        "happened_at": happened_at,
    }
    if RoomEvent.objects.unscoped(reason="whether it is known").filter(**what).exists():
        return
    row = RoomEvent(id=uuid4(), practice_id=appointment.practice_id, **what)
    RoomEvent.objects.bulk_create([row], ignore_conflicts=True)
    happened = events.RoomHappened(
        object_id=appointment.id,
        practice_id=appointment.practice_id,
        subject_id=appointment.patient_id,
        happening=happening.value,
        party=person or None,
    )
    observability.event_record(actor, happened, at=at)


def _other(party: Party) -> Party:
    return Party.PATIENT if party is Party.THERAPIST else Party.THERAPIST


def _person(appointment: Appointment, party: Party) -> UUID:
    person_id: UUID = appointment.patient_id if party is Party.PATIENT else appointment.therapist_id
    return person_id
