"""Times that can be booked: computed when asked, never stored."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import selectors as accounts_selectors
from accounts.types import DirectoryAsk
from bloom.kernel.actor import Actor
from scheduling import present
from scheduling.models import Appointment, Calendar, Service
from scheduling.rules import clock as wall
from scheduling.rules import places
from scheduling.rules import slots as rules
from scheduling.selectors.at_desk import is_by_desk
from scheduling.selectors.calendars import service_rows, services_open
from scheduling.selectors.loading import Book, books_load, holds_add
from scheduling.types import RANGE_DAYS_MOST, FirstSlot, Mode, Modes, PreviewDay, Slot, SlotView, WhoMayBook

# A first free time is looked for in so many days from now, then in more of them.
_FIRST_IN_STEPS = (3, 10, 30)


def slot_list(
    actor: Actor,
    therapist_id: UUID,
    *,
    start: datetime,
    end: datetime,
    at: datetime,
    service_id: UUID | None = None,
) -> list[SlotView]:
    """When the actor can book this therapist from `start` until before `end`, in order; all of their
    services, or one. At most seven queries, and nothing for a therapist who is not theirs to see.
    """
    services = [
        row
        for row in service_rows(actor, therapist_id)
        if row.retired_at is None and service_id in (None, row.id)
    ]
    return _slots_of(actor, services, start, end, at=at)


def slots_for_move(
    actor: Actor, appointment_id: UUID, *, start: datetime, end: datetime, at: datetime
) -> list[SlotView]:
    """When the actor can have an appointment instead, in order: of the session as it was agreed, whatever is
    offered by now, and as though it were nowhere yet. The practice's desk has the times in steps of the
    calendar, however soon or far. Raises NotFound.
    """
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    at_desk = is_by_desk(actor, row)
    return _slots_of(actor, [service_agreed(row)], start, end, at=at, at_desk=at_desk, moving=row)


def slot_next_for_move(
    actor: Actor, appointment_id: UUID, *, start: datetime, at: datetime
) -> SlotView | None:
    """The first of these times from `start` on, in the way of meeting that was agreed, within two months.
    Raises NotFound.
    """
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    end, at_desk = start + timedelta(days=RANGE_DAYS_MOST), is_by_desk(actor, row)
    found = _slots_by_service(actor, [service_agreed(row)], start, end, at=at, at_desk=at_desk, moving=row)
    return next((slot for _, slots in found for slot in slots if Mode(row.mode) in slot.modes), None)


def service_agreed(row: Appointment) -> Service:
    """The service of an appointment that the actor sees: as long, with as much air around it, and also in the
    way of meeting that was agreed. For reading, within selectors and services only.
    """
    service = Service.objects.unscoped(reason="of an appointment that the actor sees").get(pk=row.service_id)
    service.duration_minutes = row.duration_minutes
    service.buffer_before, service.buffer_after = row.buffer_before, row.buffer_after
    service.modes = places.modes_with(Modes(service.modes), Mode(row.mode)).value
    return service


def slot_preview(actor: Actor, *, at: datetime, days: int = 7, shown: int = 8) -> list[PreviewDay]:
    """What others can book of the actor, a therapist, in the next days that have times; each time once,
    whatever is offered then, on the day that it has in the calendar's zone.
    """
    services = [row for row in service_rows(actor, actor.require_user()) if row.retired_at is None]
    calendar = Calendar.objects.visible_to(actor).filter(pk__in={row.calendar_id for row in services}).first()
    if calendar is None:
        return []
    zone = ZoneInfo(calendar.time_zone)
    found = _slots_of(actor, services, at, at + timedelta(days=2 * days), at=at)
    times = sorted({slot.starts_at for slot in found})
    by_day = [(on, tuple(each)) for on, each in groupby(times, key=lambda moment: wall.day_of(zone, moment))]
    return [
        PreviewDay(on=on, times=each[:shown], more=max(0, len(each) - shown)) for on, each in by_day[:days]
    ]


def slot_next(
    actor: Actor,
    therapist_id: UUID,
    service_id: UUID,
    *,
    mode: Mode,
    start: datetime,
    at: datetime,
) -> SlotView | None:
    """The first time of a service from `start` on, in one way of meeting, within two months."""
    services = [row for row in service_rows(actor, therapist_id) if row.id == service_id]
    end = start + timedelta(days=RANGE_DAYS_MOST)
    for _service, slots in _slots_by_service(actor, services, start, end, at=at):
        return next((slot for slot in slots if mode in slot.modes), None)
    return None


def slots_near(
    actor: Actor,
    service: Service,
    wanted: datetime,
    *,
    at: datetime,
    but_then: bool = False,
    at_desk: bool = False,
    moving: Appointment | None = None,
    most: int = 3,
) -> list[SlotView]:
    """The free times of a service that lie nearest to another one, in order; from the day before to two weeks
    after it. `but_then`: that one itself is none of them. `at_desk`, `moving`: as of `slots_for_move`.
    """
    start, end = wanted - timedelta(days=1), wanted + timedelta(days=14)
    found = _slots_of(actor, [service], start, end, at=at, at_desk=at_desk, moving=moving)
    if but_then:
        found = [slot for slot in found if slot.starts_at != wanted]
    nearest = sorted(found, key=lambda slot: abs(slot.starts_at - wanted))[:most]
    return sorted(nearest, key=lambda slot: slot.starts_at)


def slot_first_free(
    actor: Actor, ask: DirectoryAsk, *, at: datetime, mode: Mode | None = None, limit: int = 20
) -> list[FirstSlot]:
    """Of the therapists whom everybody finds and who fit, the first time that each can be booked within 30
    days, the soonest first. A constant number of queries, however many they are.
    """
    actor.require_user()
    ids = accounts_selectors.directory_ids(actor, ask)
    rows = Service.objects.visible_to(actor).filter(therapist_id__in=ids, retired_at=None)
    if mode is not None:
        rows = rows.filter(modes__in=[mode.value, Modes.BOTH.value])
    services = services_open(actor, list(rows))
    firsts = _firsts(actor, services, at=at, mode=mode)
    soonest = sorted(firsts.values(), key=lambda pair: (pair[0].starts_at, pair[0].therapist_id))[:limit]
    people = accounts_selectors.person_refs(actor, [slot.therapist_id for slot, _ in soonest])
    return [
        FirstSlot(therapist=people[slot.therapist_id], service=present.service_view(service), slot=slot)
        for slot, service in soonest
    ]


def slot_firsts(actor: Actor, therapist_ids: Collection[UUID], *, at: datetime) -> dict[UUID, datetime]:
    """When somebody new can first book each of these therapists within 30 days; for the job. A constant
    number of queries.
    """
    rows = Service.objects.visible_to(actor).filter(therapist_id__in=therapist_ids, retired_at=None)
    accepting = accounts_selectors.accepting_of(actor, therapist_ids)
    services = [
        row for row in rows if row.who_may_book != WhoMayBook.EXISTING and row.therapist_id in accepting
    ]
    return {id_: slot.starts_at for id_, (slot, _) in _firsts(actor, services, at=at).items()}


def _firsts(
    actor: Actor, services: Sequence[Service], *, at: datetime, mode: Mode | None = None
) -> dict[UUID, tuple[SlotView, Service]]:
    """The first time of each therapist, and of which service it is."""
    firsts: dict[UUID, tuple[SlotView, Service]] = {}
    left, start = list(services), at
    # Most have a time soon: what is taken later is read only of those who have none before.
    for days in _FIRST_IN_STEPS:
        end = at + timedelta(days=days)
        for service, slots in _slots_by_service(actor, left, start, end, at=at):
            first = next((slot for slot in slots if mode is None or mode in slot.modes), None)
            if first is None:
                continue
            known = firsts.get(service.therapist_id)
            if known is None or first.starts_at < known[0].starts_at:
                firsts[service.therapist_id] = (first, service)
        left = [service for service in left if service.therapist_id not in firsts]
        if not left:
            break
        start = end
    return firsts


def _slots_of(
    actor: Actor,
    services: Sequence[Service],
    start: datetime,
    end: datetime,
    *,
    at: datetime,
    at_desk: bool = False,
    moving: Appointment | None = None,
) -> list[SlotView]:
    by_service = _slots_by_service(actor, services, start, end, at=at, at_desk=at_desk, moving=moving)
    found = [slot for _, slots in by_service for slot in slots]
    return sorted(found, key=lambda slot: (slot.starts_at, slot.ends_at, slot.service_id))


def _slots_by_service(
    actor: Actor,
    services: Sequence[Service],
    start: datetime,
    end: datetime,
    *,
    at: datetime,
    at_desk: bool = False,
    moving: Appointment | None = None,
) -> Iterator[tuple[Service, Iterator[SlotView]]]:
    """Each service with its times, which are looked for only as far as they are read. `at_desk`: what binds
    the practice's desk. `moving`: whose own place is free for it, and where it is not moved to.
    """
    rows = Calendar.objects.unscoped(reason="what is open follows from it").filter(
        pk__in={service.calendar_id for service in services}
    )
    books = books_load(list(rows), start, end, at=at, leaving_out=moving.id if moving else None)
    holds_add(actor, books.values(), at=at)
    if at_desk:
        for book in books.values():
            book.terms = replace(rules.desk_terms(book.terms), slot_minutes=book.terms.slot_minutes)
    for service in services:
        found = _views(service, books[service.calendar_id], start, end, at=at)
        yield service, (slot for slot in found if moving is None or slot.starts_at != moving.starts_at)


def _views(
    service: Service, book: Book, start: datetime, end: datetime, *, at: datetime
) -> Iterator[SlotView]:
    found: Iterator[Slot] = rules.slots(
        book.hours, book.terms, present.offer_of(service), book.taken, at=at, start=start, end=end
    )
    for slot in found:
        yield SlotView(
            therapist_id=service.therapist_id,
            service_id=service.id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            places=slot.places,
        )
