"""What stands in somebody's calendar, for those who see it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts import selectors as accounts_selectors
from accounts.types import PersonRef, PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from scheduling import present
from scheduling.models import Appointment, BusyTime, Calendar, DateException, WeeklyBlock
from scheduling.rules import openings, states
from scheduling.rules.openings import Span
from scheduling.types import (
    DURATION_MOST,
    OCCUPYING,
    AppointmentState,
    CalendarItem,
    CalendarSheet,
    Deed,
    Hours,
    Mode,
    Party,
)

_LONGEST = timedelta(minutes=DURATION_MOST)
_DAY = timedelta(days=1)


def calendar_therapists(actor: Actor) -> list[PersonRef]:
    """Whose calendars the actor sees at the practice that they act for, by name; their own first. Two
    queries, or none without a practice.
    """
    if actor.practice_id is None:
        return []
    rows = Calendar.objects.visible_to(actor).filter(practice_id=actor.practice_id)
    people = accounts_selectors.person_refs(actor, set(rows.values_list("therapist_id", flat=True)))
    return sorted(people.values(), key=lambda each: (each.id != actor.user_id, each.name))


def calendar_sheet(
    actor: Actor, *, therapist_id: UUID | None, start: datetime, end: datetime, at: datetime
) -> CalendarSheet:
    """What stands in a range of a therapist's calendar at the practice that the actor acts for; of the
    actor's own appointments where no therapist is named. The same number of queries for one as for fifty.
    Raises NotFound for a calendar that is not theirs to see.
    """
    person_id = actor.require_user()
    if therapist_id is None:
        return _own_sheet(actor, start, end, at=at)
    found = Calendar.objects.visible_to(actor).filter(therapist_id=therapist_id)
    calendar = next((row for row in found if row.practice_id == actor.practice_id), None)
    if calendar is None:
        there = Calendar.objects.unscoped(reason="whether a refusal was of somebody’s calendar")
        exists = there.filter(therapist_id=therapist_id).exists()
        raise NotFound(object_kind="accounts.user", object_id=therapist_id, exists=exists)
    rows = Appointment.objects.visible_to(actor).filter(
        therapist_id=therapist_id, practice_id=calendar.practice_id
    )
    is_own = therapist_id == person_id
    if is_own:
        # Whoever is somebody's patient, too, is not free then.
        rows = Appointment.objects.visible_to(actor).filter(
            Q(therapist_id=therapist_id, practice_id=calendar.practice_id) | Q(patient_id=person_id)
        )
    items = _items(actor, list(_in_range(rows, start, end)), at=at)
    hours = _hours(calendar, start, end)
    first, last = openings.days_around(hours, start, end)
    works = openings.openings(hours, start, end)
    people = accounts_selectors.person_refs(actor, [therapist_id])
    return CalendarSheet(
        therapist=people[therapist_id],
        is_own=is_own,
        may_book=booking_allowed(actor, therapist_id, calendar.practice_id),
        slot_minutes=calendar.slot_minutes,
        items=items,
        open=tuple(openings.merged((each.starts_at, each.ends_at) for each in works)),
        off=tuple(_cut(openings.off(hours, first, last), start, end)),
        busy=tuple(_cut(_busy(calendar, start, end), start, end)),
    )


def calendars_bookable(actor: Actor) -> list[PersonRef]:
    """Those of `calendar_therapists` whose patients the actor books there. Four queries at most."""
    known = calendar_therapists(actor)
    if actor.practice_id is None or not known:
        return []
    if accounts_selectors.practice_may(actor, actor.practice_id, PracticeMay.BOOK_FOR_PATIENTS):
        return known
    return [each for each in known if booking_allowed(actor, each.id, actor.practice_id)][:1]


def booking_allowed(actor: Actor, therapist_id: UUID, practice_id: UUID) -> bool:
    """May the actor book patients of this therapist there: their own, or as the practice's desk?"""
    if actor.practice_id != practice_id:
        return False
    if actor.user_id == therapist_id:
        return accounts_selectors.care_may_be_given(actor, therapist_id, practice_id)
    return accounts_selectors.practice_may(actor, practice_id, PracticeMay.BOOK_FOR_PATIENTS)


def _own_sheet(actor: Actor, start: datetime, end: datetime, *, at: datetime) -> CalendarSheet:
    person_id = actor.require_user()
    rows = Appointment.objects.visible_to(actor).filter(Q(patient_id=person_id) | Q(therapist_id=person_id))
    return CalendarSheet(
        therapist=None,
        is_own=True,
        may_book=False,
        slot_minutes=0,
        items=_items(actor, list(_in_range(rows, start, end)), at=at),
        open=(),
        off=(),
        busy=(),
    )


def _in_range(rows: QuerySet[Appointment], start: datetime, end: datetime) -> QuerySet[Appointment]:
    found: QuerySet[Appointment] = rows.filter(
        starts_at__gt=start - _LONGEST, starts_at__lt=end, ends_at__gt=start
    )
    return found.order_by("starts_at", "id")


def _items(actor: Actor, rows: Sequence[Appointment], *, at: datetime) -> tuple[CalendarItem, ...]:
    if not rows:
        return ()
    people = accounts_selectors.person_refs(
        actor, {id_ for row in rows for id_ in (row.therapist_id, row.patient_id)}
    )
    items = []
    for row in rows:
        party, state = present.party_of(actor, row), AppointmentState(row.state)
        moves = party is Party.THERAPIST and states.step(
            state, Deed.MOVE, party, starts_at=row.starts_at, at=at
        )
        items.append(
            CalendarItem(
                id=row.id,
                therapist=people[row.therapist_id],
                patient=people[row.patient_id],
                party=party,
                service_name=row.service_name,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                state=state,
                mode=Mode(row.mode),
                alarms=row.reason_alarms and party is Party.THERAPIST,
                can_move=bool(moves),
            )
        )
    return tuple(items)


def _hours(calendar: Calendar, start: datetime, end: datetime) -> Hours:
    blocks = WeeklyBlock.objects.unscoped(reason="of a calendar in hand").filter(calendar_id=calendar.id)
    apart = DateException.objects.unscoped(reason="of a calendar in hand").filter(
        calendar_id=calendar.id,
        ends_on__gte=(start - 3 * _DAY).date(),
        starts_on__lte=(end + 3 * _DAY).date(),
    )
    return Hours(
        time_zone=calendar.time_zone,
        blocks=tuple(present.block_of(each) for each in blocks),
        days_apart=tuple(present.day_apart_of(each) for each in apart),
    )


def _busy(calendar: Calendar, start: datetime, end: datetime) -> list[Span]:
    """When the therapist is busy elsewhere: by a calendar of theirs, and at their other practices; not with
    what.
    """
    elsewhere = BusyTime.objects.unscoped(reason="when somebody is busy elsewhere, never with what").filter(
        therapist_id=calendar.therapist_id, starts_at__lt=end, ends_at__gt=start
    )
    sessions = (
        Appointment.objects.unscoped(reason="when somebody is busy elsewhere, never with whom")
        .filter(
            therapist_id=calendar.therapist_id,
            state__in=[state.value for state in OCCUPYING],
            starts_at__gt=start - _LONGEST,
            starts_at__lt=end,
            ends_at__gt=start,
        )
        .exclude(practice_id=calendar.practice_id)
    )
    spans = [*elsewhere.values_list("starts_at", "ends_at"), *sessions.values_list("starts_at", "ends_at")]
    return openings.merged(spans)


def _cut(spans: Sequence[Span], start: datetime, end: datetime) -> list[Span]:
    return [
        (max(starts_at, start), min(ends_at, end))
        for starts_at, ends_at in spans
        if starts_at < end and ends_at > start
    ]
