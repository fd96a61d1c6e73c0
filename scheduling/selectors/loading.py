"""All that decides about therapists' times, read for many of them at once: a constant number of queries, and
no more rows than the asked range has.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from bloom.kernel.actor import Actor
from scheduling import holds, present
from scheduling.models import (
    Appointment,
    BusyTime,
    Calendar,
    Claim,
    DateException,
    WaitlistOffer,
    WeeklyBlock,
)
from scheduling.rules import claims
from scheduling.types import DURATION_MOST, OCCUPYING, Block, DayApart, Hours, Taken, Terms

_OCCUPYING = sorted(state.value for state in OCCUPYING)
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
    calendars: Sequence[Calendar], start: datetime, end: datetime, *, at: datetime, for_line: bool = False
) -> dict[UUID, Book]:
    """By calendar, what decides about sessions that begin in a range. Five queries, and one more where
    something is offered; holds not among it. `for_line`: what was given back is free for those who wait.
    """
    ids = [calendar.id for calendar in calendars]
    blocks: dict[UUID, list[Block]] = defaultdict(list)
    for block in WeeklyBlock.objects.unscoped(reason="what is open follows from it").filter(
        calendar_id__in=ids
    ):
        blocks[block.calendar_id].append(present.block_of(block))
    apart: dict[UUID, list[DayApart]] = defaultdict(list)
    first, last = (start - 2 * _AROUND).date(), (end + 2 * _AROUND).date()
    for row in DateException.objects.unscoped(reason="what is open follows from it").filter(
        calendar_id__in=ids, ends_on__gte=first, starts_on__lte=last
    ):
        apart[row.calendar_id].append(present.day_apart_of(row))
    therapists = {calendar.therapist_id for calendar in calendars}
    taken = taken_load(therapists, start, end, at=at, for_line=for_line)
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
    busy with elsewhere. Three queries, and one more where something is offered.
    """
    found: dict[UUID, list[Taken]] = defaultdict(list)
    first, last = start - _AROUND, end + _AROUND
    sessions = Appointment.objects.unscoped(reason="what is taken, of whomever").filter(
        therapist_id__in=therapist_ids,
        state__in=_OCCUPYING,
        starts_at__gt=first - _LONGEST,
        starts_at__lt=last,
    )
    if leaving_out is not None:
        sessions = sessions.exclude(pk=leaving_out)
    if leaving_out_all:
        sessions = sessions.exclude(pk__in=leaving_out_all)
    for therapist_id, starts_at, ends_at, before, after in sessions.values_list(
        "therapist_id", "starts_at", "ends_at", "buffer_before", "buffer_after"
    ):
        found[therapist_id].append(Taken(starts_at=starts_at, ends_at=ends_at, before=before, after=after))
    offered = Claim.objects.unscoped(reason="what is offered to somebody else").filter(
        therapist_id__in=therapist_ids,
        expires_at__gt=at,
        quantum__gte=claims.quantum_of(first),
        quantum__lt=claims.quantum_of(last),
    )
    if for_line:
        offered = offered.filter(offer_id__isnull=False)
    offers: set[UUID] = set()
    for therapist_id, quantum, offer_id in offered.values_list("therapist_id", "quantum", "offer_id"):
        starts_at, ends_at = claims.bounds_of(quantum)
        found[therapist_id].append(Taken(starts_at=starts_at, ends_at=ends_at, is_session=False))
        if offer_id is not None:
            offers.add(offer_id)
    if offers:
        # Each is a session of its day: where there is a limit, the last one is kept for who is offered it.
        rows = WaitlistOffer.objects.unscoped(reason="what is offered to somebody else").filter(pk__in=offers)
        for therapist_id, starts_at, ends_at in rows.values_list("therapist_id", "starts_at", "ends_at"):
            found[therapist_id].append(Taken(starts_at=starts_at, ends_at=ends_at))
    busy = BusyTime.objects.unscoped(reason="when somebody is busy elsewhere, never with what").filter(
        Q(starts_at__lt=last), therapist_id__in=therapist_ids, ends_at__gt=first
    )
    for therapist_id, starts_at, ends_at in busy.values_list("therapist_id", "starts_at", "ends_at"):
        found[therapist_id].append(Taken(starts_at=starts_at, ends_at=ends_at, is_session=False))
    return found


def holds_add(actor: Actor, books: Iterable[Book], *, at: datetime) -> None:
    """What others than the actor hold is taken, too. Without Redis nothing is held."""
    found = list(books)
    held = holds.holds_of({book.calendar.therapist_id for book in found}, at=at)
    for book in found:
        book.taken += [
            each.taken for each in held.get(book.calendar.therapist_id, ()) if each.person_id != actor.user_id
        ]
