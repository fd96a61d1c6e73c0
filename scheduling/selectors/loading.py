"""All that decides about therapists' times, read for many of them at once: a constant number of queries, and
no more rows than the asked range has.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from bloom.kernel.actor import Actor
from scheduling import holds, present, store
from scheduling.models import Appointment, Calendar, DateException, WeeklyBlock
from scheduling.types import DURATION_MOST, OPEN, Block, DayApart, Hours, Modes, Taken, Terms

# A day of the calendar reaches over the ends of a range, as do the sessions that began before it.
_AROUND = timedelta(days=1, hours=2)
_LONGEST = timedelta(minutes=DURATION_MOST)


@dataclass(slots=True)
class Book:
    """What one calendar says of a range: hours, terms, and what is taken of its therapist's time."""

    calendar: Calendar
    hours: Hours
    terms: Terms
    taken: list[Taken] = field(default_factory=list)


def books_load(
    calendars: Sequence[Calendar],
    start: datetime,
    end: datetime,
    *,
    at: datetime,
    leaving_out: UUID | None = None,
    for_line: bool = False,
) -> dict[UUID, Book]:
    """By calendar, what decides about sessions that begin in a range. Three queries; holds not among it.
    `leaving_out`: an appointment that takes nothing. `for_line`: what was given back is free for those who
    wait.
    """
    ids = [calendar.id for calendar in calendars]
    blocks: dict[UUID, list[Block]] = defaultdict(list)
    weekly = WeeklyBlock.objects.unscoped(reason="what is open follows from it").filter(calendar_id__in=ids)
    for calendar_id, weekday, begins, ends, modes, location_id in weekly.values_list(
        "calendar_id", "weekday", "starts_minute", "ends_minute", "modes", "location_id"
    ):
        blocks[calendar_id].append(Block(weekday, begins, ends, Modes(modes), location_id))
    apart: dict[UUID, list[DayApart]] = defaultdict(list)
    first, last = (start - 2 * _AROUND).date(), (end + 2 * _AROUND).date()
    for row in DateException.objects.unscoped(reason="what is open follows from it").filter(
        calendar_id__in=ids, ends_on__gte=first, starts_on__lte=last
    ):
        apart[row.calendar_id].append(present.day_apart_of(row))
    therapists = {calendar.therapist_id for calendar in calendars}
    taken = taken_load(therapists, start, end, at=at, leaving_out=leaving_out, for_line=for_line)
    return {
        calendar.id: Book(
            calendar=calendar,
            hours=Hours(
                time_zone=calendar.time_zone,
                blocks=tuple(blocks[calendar.id]),
                days_apart=tuple(apart[calendar.id]),
            ),
            terms=present.terms_of(calendar),
            taken=list(taken[calendar.therapist_id]),
        )
        for calendar in calendars
    }


def taken_load(
    therapist_ids: Collection[UUID],
    start: datetime,
    end: datetime,
    *,
    at: datetime,
    leaving_out: UUID | None = None,
    leaving_out_all: Collection[UUID] = (),
    for_line: bool = False,
) -> dict[UUID, list[Taken]]:
    """What is taken of these therapists' time from the day before a range to the day after it, in whichever
    practice: appointments but some (`leaving_out`, `leaving_out_all`), offers that have not lapsed, what was
    just given back and is kept for those who wait (but not `for_line`, which is for them), and what they are
    busy with elsewhere. One query.
    """
    found: dict[UUID, list[Taken]] = defaultdict(list)
    first, last = start - _AROUND, end + _AROUND
    rows = store.taken_rows(
        therapist_ids,
        first=first,
        last=last,
        reaching=first - _LONGEST,
        at=at,
        leaving_out=[*leaving_out_all, *([leaving_out] if leaving_out is not None else [])],
        for_line=for_line,
    )
    for therapist_id, starts_at, ends_at, before, after, is_session in rows:
        found[therapist_id].append(
            Taken(starts_at=starts_at, ends_at=ends_at, before=before, after=after, is_session=is_session)
        )
    return found


def ahead_of(patient_ids: Collection[UUID], *, at: datetime) -> dict[UUID, list[UUID]]:
    """With whom each of these patients has appointments ahead, once for each that counts towards how many one
    books: those of a series do not. For rules. One query.
    """
    rows = Appointment.objects.unscoped(reason="how many somebody has ahead, for rules").filter(
        patient_id__in=patient_ids,
        series=None,
        state__in=[state.value for state in OPEN],
        starts_at__gt=at,
    )
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for patient_id, therapist_id in rows.values_list("patient_id", "therapist_id"):
        found[patient_id].append(therapist_id)
    return found


def holds_add(actor: Actor, books: Iterable[Book], *, at: datetime) -> None:
    """What others than the actor hold is taken, too. Without Redis nothing is held."""
    found = list(books)
    held = holds.holds_of({book.calendar.therapist_id for book in found}, at=at)
    for book in found:
        book.taken += [
            each.taken for each in held.get(book.calendar.therapist_id, ()) if each.person_id != actor.user_id
        ]
