"""Appointments that come again: what stands against their times, and how they are shown."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from scheduling import present
from scheduling.models import Appointment, Calendar, Series
from scheduling.rules import clock as wall
from scheduling.rules import openings, states
from scheduling.rules import series as rules
from scheduling.rules import slots as slot_rules
from scheduling.selectors.at_desk import AtDesk, at_desk_of, is_by_desk
from scheduling.selectors.loading import Book, books_load, taken_load
from scheduling.types import (
    CALLED_OFF,
    HORIZON_DAYS_MOST,
    OCCUPYING,
    OPEN,
    SERIES_AHEAD_DAYS,
    AppointmentState,
    Choices,
    Deed,
    Mode,
    Occurrence,
    OccurrenceFault,
    Offer,
    Party,
    Scope,
    SeriesPlan,
    SeriesRule,
    SeriesTime,
    SeriesView,
    Take,
    Taken,
)

_SHOWN = 60
# Half a year of a weekly one.
_LATELY = 26


@dataclass(frozen=True, slots=True)
class Ground:
    """All that decides about the times of a series within a range."""

    book: Book
    taken: Sequence[Taken]
    patient_busy: Sequence[tuple[datetime, datetime]]
    offer: Offer
    mode: Mode
    by_desk: bool = False


def ground_load(
    row: Appointment,
    start: datetime,
    end: datetime,
    *,
    at: datetime,
    leaving_out: Collection[UUID] = (),
    at_desk: AtDesk | None = None,
) -> Ground:
    """What stands where an appointment like `row` is to come again, but for what is `leaving_out`. Eight
    queries, whatever the range. A practice learns of the patient's time what it has with them itself.
    """
    calendar = Calendar.objects.unscoped(reason="of an appointment in hand").get(pk=row.calendar_id)
    busy = (
        Appointment.objects.unscoped(reason="a yes or no about the patient's own time")
        .filter(
            patient_id=row.patient_id,
            practice_id=row.practice_id,
            state__in=[state.value for state in OCCUPYING],
            starts_at__lt=end + timedelta(days=1),
            ends_at__gt=start - timedelta(days=1),
        )
        .exclude(pk__in=leaving_out)
    )
    taken = taken_load([row.therapist_id], start, end, at=at, leaving_out_all=leaving_out)
    return Ground(
        book=books_load([calendar], start, end, at=at)[calendar.id],
        taken=[*taken[row.therapist_id], *(at_desk.held if at_desk else ())],
        patient_busy=list(busy.values_list("starts_at", "ends_at")),
        offer=Offer(duration=row.duration_minutes, before=row.buffer_before, after=row.buffer_after),
        mode=Mode(row.mode),
        by_desk=at_desk is not None,
    )


def fault_of(
    ground: Ground, starts_at: datetime, ends_at: datetime, *, at: datetime
) -> OccurrenceFault | None:
    """What stands against a time; the gravest first."""
    if starts_at <= at:
        return OccurrenceFault.PAST
    if slot_rules.is_taken(ground.offer, ground.taken, starts_at):
        return OccurrenceFault.TAKEN
    if any(first < ends_at and last > starts_at for first, last in ground.patient_busy):
        return OccurrenceFault.PATIENT_BUSY
    works = any(
        each.mode is ground.mode and each.starts_at == starts_at and each.ends_at == ends_at
        for each in openings.openings(ground.book.hours, starts_at, ends_at)
    )
    if not works:
        return OccurrenceFault.CLOSED
    zone = ZoneInfo(ground.book.hours.time_zone)
    if ground.by_desk and slot_rules.day_is_full(ground.book.terms, zone, ground.taken, starts_at):
        return OccurrenceFault.DAY_FULL
    return None


def occurrence_of(ground: Ground, zone: ZoneInfo, on: date, minute: int, *, at: datetime) -> Occurrence:
    """One time of a series, and what stands against it."""
    length = timedelta(minutes=ground.offer.duration)
    starts_at, ends_at = rules.moments(zone, on, minute, length)
    fault = fault_of(ground, starts_at, ends_at, at=at)
    nearest = None if fault is None else _nearest(ground, zone, on, starts_at, at=at)
    return Occurrence(on=on, starts_at=starts_at, ends_at=ends_at, fault=fault, nearest=nearest)


def series_plan(actor: Actor, appointment_id: UUID, rule: SeriesRule, *, at: datetime) -> SeriesPlan:
    """The times that a series would have that begins with an appointment that the actor sees, without that
    one, and what stands against each. Raises NotFound.
    """
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    return plan_of(row, rule, at=at, at_desk=at_desk_of(actor, row, at=at))


def plan_of(row: Appointment, rule: SeriesRule, *, at: datetime, at_desk: AtDesk | None = None) -> SeriesPlan:
    """The same for an appointment in hand."""
    calendar = Calendar.objects.unscoped(reason="of an appointment in hand").get(pk=row.calendar_id)
    zone = ZoneInfo(calendar.time_zone)
    first = wall.day_of(zone, row.starts_at)
    last = wall.day_of(zone, max(at, row.starts_at)) + timedelta(days=SERIES_AHEAD_DAYS)
    text = rules.rule_write(rule, first)
    days = rules.days(text, first, since=first + timedelta(days=1), until=last)
    minute = rules.minute_of(zone, row.starts_at)
    return SeriesPlan(
        occurrences=occurrences(row, zone, days, minute, at=at, at_desk=at_desk),
        goes_on=rules.goes_on(text, first, after=last),
        may_keep=at_desk is None,
    )


def occurrences(
    row: Appointment,
    zone: ZoneInfo,
    days: Sequence[date],
    minute: int,
    *,
    at: datetime,
    leaving_out: Collection[UUID] = (),
    at_desk: AtDesk | None = None,
) -> tuple[Occurrence, ...]:
    """An appointment like `row` on each of these days, and what stands against it."""
    if not days:
        return ()
    start, end = wall.moment(zone, days[0], 0), wall.moment(zone, days[-1] + timedelta(days=1), 0)
    ground = ground_load(row, start, end, at=at, leaving_out=leaving_out, at_desk=at_desk)
    return tuple(occurrence_of(ground, zone, on, minute, at=at) for on in days)


def series_move_plan(
    actor: Actor, appointment_id: UUID, *, starts_at: datetime, scope: Scope, at: datetime
) -> SeriesPlan:
    """The times that a series would have from this appointment on, or from its next one, were this one at
    `starts_at`. Raises NotFound, also where it is in no series.
    """
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    series = series_of(row)
    shift = shift_of(series, row, starts_at, scope, at=at)
    moving = [each.id for each in shift.rows]
    found = occurrences(row, shift.zone, shift.days, shift.minute, at=at, leaving_out=moving)
    return SeriesPlan(occurrences=found, goes_on=series.next_due_at is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What a move of a series comes to: its `rows` from the day `since` on that are when the rule says, each
    with its new day in `days`; `first` is the first new day and `rule` what holds from it.
    """

    zone: ZoneInfo
    since: date
    first: date
    minute: int
    rule: SeriesRule
    old_days: tuple[date, ...]
    new_days: tuple[date, ...]
    rows: tuple[Appointment, ...]

    @property
    def days(self) -> list[date]:
        return [self.day_of(row) for row in self.rows]

    def day_of(self, row: Appointment) -> date:
        """The new day of one of the rows."""
        assert row.series_on is not None
        return self.new_day(row.series_on)

    def new_day(self, old: date) -> date:
        """The day that takes the place of one of the days of the rule; another one moves along."""
        if old in self.old_days and self.old_days.index(old) < len(self.new_days):
            return self.new_days[self.old_days.index(old)]
        return old + (self.first - self.since)


def shift_of(series: Series, row: Appointment, starts_at: datetime, scope: Scope, *, at: datetime) -> Shift:
    """See Shift. Appointments that were moved by themselves stay when they are."""
    zone = ZoneInfo(series.time_zone)
    assert row.series_on is not None
    by = wall.day_of(zone, starts_at) - row.series_on
    ahead = Appointment.objects.unscoped(reason="of a series in hand").filter(
        series_id=series.id, state__in=[state.value for state in OPEN], starts_at__gt=at
    )
    since = row.series_on
    if scope is Scope.ALL:
        since = min([since, *ahead.values_list("series_on", flat=True)])
    rows = [
        each
        for each in ahead.filter(series_on__gte=since).order_by("series_on")
        if each.series_on is not None
        and (each.starts_at == wall.moment(zone, each.series_on, series.starts_minute) or each.id == row.id)
    ]
    rule = rules.rule_read(series.rule)
    done = len(
        rules.days(series.rule, series.starts_on, since=series.starts_on, until=since - timedelta(days=1))
    )
    left = rules.shifted(rule, done=done)
    old = rules.days(series.rule, series.starts_on, since=since, until=series.made_until)
    first = since + by
    last = series.made_until + max(by, timedelta()) + timedelta(days=31)
    new = rules.days(rules.rule_write(replace(left, until=None), first), first, since=first, until=last)
    return Shift(
        zone=zone,
        since=since,
        first=first,
        minute=rules.minute_of(zone, starts_at),
        rule=left,
        old_days=tuple(old),
        new_days=tuple(new[: len(old)]),
        rows=tuple(rows),
    )


def like_of(series: Series) -> Appointment | None:
    """The one after which further ones are made: the latest that stands when the rule says, of those that are
    as most of them lately are. What was changed by itself, for once, is not copied.
    """
    zone = ZoneInfo(series.time_zone)
    rows = list(
        Appointment.objects.unscoped(reason="of a series in hand")
        .filter(series_id=series.id)
        .order_by("-series_on")[:_LATELY]
    )
    called_off = {state.value for state in CALLED_OFF}
    standing = [
        row
        for row in rows
        if row.state not in called_off
        and row.series_on is not None
        and row.starts_at == wall.moment(zone, row.series_on, series.starts_minute)
    ]
    ways = Counter((row.mode, row.location_id) for row in standing)
    # Of ways that are as frequent, the one that was met first: the latest.
    most = max(ways, key=lambda way: ways[way], default=None)
    usual = (row for row in standing if (row.mode, row.location_id) == most)
    return next(usual, rows[0] if rows else None)


def series_of(row: Appointment) -> Series:
    """The series of an appointment that the caller may see. Raises NotFound where it is in none."""
    if row.series_id is None:
        raise NotFound
    return Series.objects.unscoped(reason="of an appointment in hand").get(pk=row.series_id)


def series_get(actor: Actor, series_id: UUID, *, at: datetime) -> SeriesView:
    """A series that the actor sees. Raises NotFound. Four queries."""
    return _view(actor, Series.objects.visible_to(actor).get_or_refuse(pk=series_id), at=at)


def series_of_appointment(actor: Actor, appointment_id: UUID, *, at: datetime) -> SeriesView | None:
    """The series of an appointment that the actor sees; None where it is in none. Raises NotFound."""
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    return None if row.series_id is None else _view(actor, series_of(row), at=at)


def series_may_begin(actor: Actor, appointment_id: UUID, *, at: datetime) -> bool:
    """May the actor let this appointment come again, as it stands now? Raises NotFound."""
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    return repeats_allowed(actor, row) and may_begin(row, at=at)


def repeats_allowed(actor: Actor, row: Appointment) -> bool:
    """Is it for the actor to let an appointment come again: as its therapist, or as the practice's desk?"""
    return present.party_of(actor, row) is Party.THERAPIST or is_by_desk(actor, row)


def may_begin(row: Appointment, *, at: datetime) -> bool:
    """Can it come again: it stands, and is in no series yet?"""
    state = AppointmentState(row.state)
    is_confirmed = state in OPEN and state is not AppointmentState.REQUESTED
    return row.series_id is None and is_confirmed and row.starts_at > at


def may_move(actor: Actor, row: Appointment, *, at: datetime) -> bool:
    """May the actor move this one of a series, and those after it?"""
    party = present.party_of(actor, row)
    step = (
        None
        if party is not Party.THERAPIST
        else states.step(AppointmentState(row.state), Deed.MOVE, party, starts_at=row.starts_at, at=at)
    )
    return step is not None


def choices_lacking(plan: SeriesPlan, choices: Choices) -> list[Occurrence]:
    """The conflicts about which nothing was said that would do."""
    return [
        each
        for each in plan.conflicts
        if each.on not in choices
        or (
            choices[each.on].take is Take.KEEP
            and not (each.fault is OccurrenceFault.CLOSED and plan.may_keep)
        )
        or (choices[each.on].take is Take.AT and choices[each.on].starts_at is None)
    ]


def _nearest(ground: Ground, zone: ZoneInfo, on: date, wanted: datetime, *, at: datetime) -> datetime | None:
    terms = replace(ground.book.terms, notice_minutes=0, horizon_days=HORIZON_DAYS_MOST)
    start, end = wall.day_bounds(zone, on)
    length = timedelta(minutes=ground.offer.duration)
    free = [
        slot.starts_at
        for slot in slot_rules.slots(
            ground.book.hours, terms, ground.offer, ground.taken, at=at, start=start, end=end
        )
        if ground.mode in slot.modes
        and not any(
            first < slot.starts_at + length and last > slot.starts_at for first, last in ground.patient_busy
        )
    ]
    return min(free, key=lambda moment: abs(moment - wanted), default=None)


def _view(actor: Actor, row: Series, *, at: datetime) -> SeriesView:
    people = accounts_selectors.person_refs(actor, [row.therapist_id, row.patient_id])
    zone = ZoneInfo(row.time_zone)
    coming = (
        Appointment.objects.visible_to(actor)
        .filter(series_id=row.id, state__in=[state.value for state in OPEN], ends_at__gt=at)
        .order_by("starts_at", "id")[:_SHOWN]
    )
    times = tuple(
        SeriesTime(
            appointment_id=each.id,
            starts_at=each.starts_at,
            is_apart=each.series_on is not None
            and each.starts_at != wall.moment(zone, each.series_on, row.starts_minute),
        )
        for each in coming
    )
    return SeriesView(
        id=row.id,
        practice_id=row.practice_id,
        therapist=people[row.therapist_id],
        patient=people[row.patient_id],
        rule=rules.rule_read(row.rule),
        time_zone=row.time_zone,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        is_over=not times and row.next_due_at is None,
        goes_on=row.next_due_at is not None,
        coming=times,
        skipped=tuple(date.fromisoformat(each) for each in row.skipped),
    )
