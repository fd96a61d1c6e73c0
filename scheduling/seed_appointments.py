"""The demo's appointments: what was, what is now, what is to come, and who waits; for a crowd, too.

The same seed makes the same ones, around the moment at which it runs, each pair at an hour of its own. They
are written a page of care at a time, so that memory stays flat, and nobody is told of what was made up.
"""

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import selectors as accounts_selectors
from accounts.types import AssignmentView
from bloom.kernel import vault
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.registry import SeedContext
from scheduling import present, seed, services
from scheduling.models import Appointment, Calendar, Claim, Series, Service, WaitlistEntry, WeeklyBlock
from scheduling.rules import claims, places
from scheduling.rules import clock as wall
from scheduling.rules import series as series_rules
from scheduling.rules import waitlist as waitlist_rules
from scheduling.services import outcomes
from scheduling.services.locking import claims_of
from scheduling.types import (
    CALLED_OFF,
    AppointmentState,
    DayPart,
    FreeCause,
    Frequency,
    Mode,
    Modes,
    SeriesRule,
)

PAGE = 200
_NAMESPACE: Final = UUID("b1003000-0000-5000-8000-000000000003")
_ACTOR: Final = Actor.for_system("seed_demo", via=Via.COMMAND)
_WEEK, _DAY = timedelta(weeks=1), timedelta(days=1)
# Weeks around now in which the known people meet, and those of a crowd.
_KNOWN_WEEKS, _CROWD_WEEKS = range(-10, 5), (-5, -3, -1, 1)
# How a session of the past ended, one of so many.
_ENDS: Final = (
    *((AppointmentState.COMPLETED,) * 14),
    AppointmentState.CANCELLED,
    AppointmentState.LATE_CANCELLED,
    AppointmentState.NO_SHOW,
)
_REASONS: Final = (
    "I sleep badly again, and I would like to understand why.",
    "The panic on the train came back last week.",
    "We talked about my brother last time. I would like to go on there.",
    "Work is a lot. I am not sure that I can stay.",
    "Nothing special, only our hour.",
)
_NOTES: Final = (
    "Ask about the sleep diary.",
    "Began the exposure list; bring it along.",
    "Letter to the family doctor is due.",
    "Likes to begin with what went well.",
)


@dataclass(frozen=True, slots=True)
class _Hour:
    """A session's place in a week."""

    weekday: int
    minute: int
    mode: Mode


@dataclass(slots=True)
class _Desk:
    """A therapist's calendar at a practice, and which of its minutes are taken around now."""

    calendar: Calendar
    service: Service
    zone: ZoneInfo
    hours: list[_Hour]
    taken: set[int] = field(default_factory=set)

    def moment(self, monday: date, hour: _Hour) -> datetime:
        return wall.moment(self.zone, monday + timedelta(days=hour.weekday), hour.minute)

    def quanta(self, starts_at: datetime) -> range:
        return claims.quanta_of(starts_at, starts_at + timedelta(minutes=self.service.duration_minutes))

    def take(self, starts_at: datetime) -> bool:
        """Keep this time, unless it is taken."""
        quanta = self.quanta(starts_at)
        if not self.taken.isdisjoint(quanta):
            return False
        self.taken.update(quanta)
        return True


@dataclass(slots=True)
class _Written:
    """What is stored of a page of care."""

    appointments: list[Appointment] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    entries: list[WaitlistEntry] = field(default_factory=list)


def appointments(ctx: SeedContext) -> None:
    """Give everybody in care appointments with their therapist, unless they have some."""
    made = told = 0
    for page in accounts_selectors.assignment_pages(_ACTOR, limit=PAGE):
        new = _without_appointments(page)
        if not new:
            continue
        for therapist_id, practice_id in {(view.therapist.id, view.practice_id) for view in new}:
            seed.calendar_of_a_crowd(therapist_id, practice_id, at=ctx.at)
        desks = _desks([view.therapist.id for view in new], ctx.at)
        pairs = [
            (view, desks[view.therapist.id, view.practice_id])
            for view in new
            if (view.therapist.id, view.practice_id) in desks
        ]
        # Before the transaction, so that each key is at hand inside it.
        vault.keys_create(view.patient.id for view, _desk in pairs if view.reason)
        written = _Written()
        for view, desk in pairs:
            if view.reason:
                _known(ctx, view, desk, told, written)
                told += 1
            else:
                _one_of_a_crowd(ctx, view, desk, written)
        _write(written)
        made += len(written.appointments)
    services.openings_tell(_ACTOR, at=ctx.at)
    ctx.say(f"{made} appointments")


def _without_appointments(views: Sequence[AssignmentView]) -> list[AssignmentView]:
    known = set(
        Appointment.objects.unscoped(reason="who of the demo still lacks appointments")
        .filter(patient_id__in=[view.patient.id for view in views])
        .values_list("patient_id", "therapist_id")
        .distinct()
    )
    return [view for view in views if (view.patient.id, view.therapist.id) not in known]


def _desks(therapist_ids: Sequence[UUID], at: datetime) -> dict[tuple[UUID, UUID], _Desk]:
    """The calendars of these therapists, by therapist and practice. Four queries."""
    reason = "the demo's own calendars"
    services = {
        each.calendar_id: each
        for each in Service.objects.unscoped(reason=reason).filter(
            therapist_id__in=therapist_ids, name=seed.SESSION.name, retired_at=None
        )
    }
    blocks: dict[UUID, list[WeeklyBlock]] = {}
    for block in WeeklyBlock.objects.unscoped(reason=reason).filter(calendar_id__in=services):
        blocks.setdefault(block.calendar_id, []).append(block)
    found = {
        (calendar.therapist_id, calendar.practice_id): _Desk(
            calendar=calendar,
            service=services[calendar.id],
            zone=ZoneInfo(calendar.time_zone),
            hours=_hours_of(blocks.get(calendar.id, [])),
        )
        for calendar in Calendar.objects.unscoped(reason=reason).filter(pk__in=services)
    }
    first, last = (claims.quantum_of(at + weeks * _WEEK) for weeks in (-12, 8))
    held = Claim.objects.unscoped(reason=reason).filter(
        therapist_id__in=therapist_ids, quantum__gte=first, quantum__lt=last
    )
    taken: dict[UUID, set[int]] = {}
    for therapist_id, quantum in held.values_list("therapist_id", "quantum").iterator():
        taken.setdefault(therapist_id, set()).add(quantum)
    # Somebody's minutes are their own in whichever practice.
    for (therapist_id, _practice_id), desk in found.items():
        desk.taken = taken.setdefault(therapist_id, set())
    return found


def _hours_of(blocks: Sequence[WeeklyBlock]) -> list[_Hour]:
    """The full hours of a week in which somebody works."""
    return [
        _Hour(block.weekday, minute, Mode.IN_PERSON if block.modes == Modes.IN_PERSON else Mode.TELEHEALTH)
        for block in sorted(blocks, key=lambda each: (each.weekday, each.starts_minute))
        for minute in range(block.starts_minute, block.ends_minute - 59, 60)
    ]


def _known(ctx: SeedContext, view: AssignmentView, desk: _Desk, number: int, to: _Written) -> None:
    """A pair whose words make sense: every week, or every other one, as long as their care lasts."""
    chance = random.Random(f"{ctx.seed}/{view.id}")  # noqa: S311 - makes up a demo, keeps no secret
    weeks = [each for each in _KNOWN_WEEKS if number < 2 or each % 2 == number % 2]
    hour = _hour_find(ctx, desk, chance, weeks)
    if hour is None or not weeks:
        return
    monday = _monday(desk.zone, ctx.at)
    moments = [desk.moment(monday + each * _WEEK, hour) for each in weeks]
    until = view.ended_at or ctx.at + 8 * _WEEK
    moments = [each for each in moments if view.started_at < each < until]
    rows = [_appointment(ctx, view, desk, each, hour.mode) for each in moments if desk.take(each)]
    for row in rows:
        if row.starts_at < ctx.at:
            _end(row, chance, ctx.at)
        if chance.random() < 0.4:
            row.reason = vault.seal(view.patient.id, chance.choice(_REASONS), present.reason_place(row.id))
        if row.state == AppointmentState.COMPLETED and chance.random() < 0.4:
            row.note = vault.seal(view.patient.id, chance.choice(_NOTES), present.note_place(row.id))
    coming = [row for row in rows if row.starts_at > ctx.at]
    if coming and number > 1 and view.ended_at is None and "in_session" not in ctx.made:
        rows += _now(ctx, view, desk)
    match number:
        # The demo's first patient meets her therapist within minutes, and waits for Friday afternoons.
        case 0:
            rows += _soon(ctx, view, desk)
            to.entries.append(_waits(ctx, view, desk))
        case 1 if coming:
            to.series.append(_series(ctx, view, desk, hour, coming))
        case _ if desk.calendar.needs_approval and number % 2 and coming:
            coming[0].state = AppointmentState.REQUESTED.value
            coming[0].agreed_at = coming[0].created_at = coming[0].changed_at = ctx.at - timedelta(hours=3)
        case 4 if coming:
            coming[-1].state = AppointmentState.CANCELLED.value
            coming[-1].cancelled_at, coming[-1].cancelled_by_id = ctx.at - _DAY, view.patient.id
        case _ if number % 4 == 1 and coming:
            coming[0].attending_at = ctx.at - timedelta(hours=2)
    to.appointments += rows


def _one_of_a_crowd(ctx: SeedContext, view: AssignmentView, desk: _Desk, to: _Written) -> None:
    chance = random.Random(f"{ctx.seed}/{view.id}")  # noqa: S311 - makes up a demo, keeps no secret
    shift = chance.randint(0, 1)
    weeks = [each + shift for each in _CROWD_WEEKS]
    hour = _hour_find(ctx, desk, chance, weeks)
    if hour is None:
        return
    monday = _monday(desk.zone, ctx.at)
    for each in weeks:
        starts_at = desk.moment(monday + each * _WEEK, hour)
        if starts_at > view.started_at and desk.take(starts_at):
            row = _appointment(ctx, view, desk, starts_at, hour.mode)
            if starts_at < ctx.at:
                _end(row, chance, ctx.at)
            to.appointments.append(row)


def _hour_find(ctx: SeedContext, desk: _Desk, chance: random.Random, weeks: Sequence[int]) -> _Hour | None:
    """An hour of the week that is free in all of these weeks."""
    monday = _monday(desk.zone, ctx.at)
    for hour in chance.sample(desk.hours, len(desk.hours)):
        moments = [desk.moment(monday + each * _WEEK, hour) for each in weeks]
        if all(desk.taken.isdisjoint(desk.quanta(each)) for each in moments):
            return hour
    return None


def _monday(zone: ZoneInfo, at: datetime) -> date:
    today = wall.day_of(zone, at)
    return today - timedelta(days=today.weekday())


def _appointment(
    ctx: SeedContext, view: AssignmentView, desk: _Desk, starts_at: datetime, mode: Mode
) -> Appointment:
    """A confirmed one on the terms of the therapist, booked some days before."""
    calendar, service = desk.calendar, desk.service
    booked_at = min(starts_at - timedelta(days=9), ctx.at - timedelta(days=2))
    return Appointment(
        id=_id(ctx, f"appointment/{starts_at.isoformat()}", view.id),
        practice_id=calendar.practice_id,
        calendar_id=calendar.id,
        therapist_id=view.therapist.id,
        patient_id=view.patient.id,
        service_id=service.id,
        service_name=service.name,
        cpt_code=service.cpt_code,
        place_of_service=places.code_of(service.place_of_service, mode=mode, of_place=""),
        duration_minutes=service.duration_minutes,
        buffer_before=service.buffer_before,
        buffer_after=service.buffer_after,
        price_minor=service.price_minor,
        currency=service.currency,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=service.duration_minutes),
        state=AppointmentState.CONFIRMED.value,
        mode=mode.value,
        agreed_at=booked_at,
        free_cancel_minutes=calendar.free_cancel_minutes,
        free_cancel_until=starts_at - timedelta(minutes=calendar.free_cancel_minutes),
        late_fee_minor=calendar.late_fee_minor,
        hold_id=_id(ctx, f"hold/{starts_at.isoformat()}", view.id),
        booked_by_id=view.patient.id,
        created_at=booked_at,
        changed_at=booked_at,
    )


def _end(row: Appointment, chance: random.Random, at: datetime) -> None:
    """How one of the past ended; what has just ended took place."""
    state = chance.choice(_ENDS) if row.ends_at < at - _DAY else AppointmentState.COMPLETED
    if row.ends_at > at:
        state = AppointmentState.CONFIRMED
    row.state = state.value
    match state:
        case AppointmentState.CANCELLED:
            row.cancelled_at, row.cancelled_by_id = row.starts_at - 2 * _DAY, row.therapist_id
        case AppointmentState.LATE_CANCELLED:
            row.cancelled_at, row.cancelled_by_id = row.starts_at - timedelta(hours=3), row.patient_id
    owes = state in {AppointmentState.LATE_CANCELLED, AppointmentState.NO_SHOW}
    row.owes_late_fee = owes and row.late_fee_minor > 0
    row.sequence = 1
    row.changed_at = row.cancelled_at or min(row.ends_at, at)


def _soon(ctx: SeedContext, view: AssignmentView, desk: _Desk) -> Iterator[Appointment]:
    """One by video whose room is open already, for whoever opens the demo now."""
    starts_at = claims.quarter_after(ctx.at + timedelta(minutes=10))
    if desk.take(starts_at):
        row = _appointment(ctx, view, desk, starts_at, Mode.TELEHEALTH)
        row.booked_by_id = row.therapist_id
        outcomes.unbind(row, FreeCause.NOT_CHOSEN)
        yield row


def _now(ctx: SeedContext, view: AssignmentView, desk: _Desk) -> Iterator[Appointment]:
    """One that has begun."""
    starts_at = claims.quarter_after(ctx.at - timedelta(minutes=35))
    if desk.take(starts_at):
        row = _appointment(ctx, view, desk, starts_at, Mode.TELEHEALTH)
        row.state, row.changed_at = AppointmentState.IN_SESSION.value, starts_at
        ctx.made["in_session"] = row.id
        yield row


def _series(
    ctx: SeedContext, view: AssignmentView, desk: _Desk, hour: _Hour, coming: Sequence[Appointment]
) -> Series:
    """Those that are to come, as one that goes on until it is ended; the job makes more of it."""
    first, last = (wall.day_of(desk.zone, row.starts_at) for row in (coming[0], coming[-1]))
    rule = SeriesRule(frequency=Frequency.WEEKLY, interval=1, count=None, until=None)
    series = Series(
        id=_id(ctx, "series", view.id),
        practice_id=desk.calendar.practice_id,
        calendar_id=desk.calendar.id,
        therapist_id=view.therapist.id,
        patient_id=view.patient.id,
        rule=series_rules.rule_write(rule, first),
        time_zone=desk.zone.key,
        starts_on=first,
        starts_minute=hour.minute,
        made_until=last,
        next_due_at=ctx.at + _DAY,
        made_by_id=view.therapist.id,
        created_at=ctx.at - timedelta(days=2),
        changed_at=ctx.at - timedelta(days=2),
    )
    for row in coming:
        row.series_id, row.series_on = series.id, wall.day_of(desk.zone, row.starts_at)
        row.booked_by_id = row.therapist_id
        outcomes.unbind(row, FreeCause.NOT_CHOSEN)
    return series


def _waits(ctx: SeedContext, view: AssignmentView, desk: _Desk) -> WaitlistEntry:
    """A place in line for hours in which the therapist does not work yet."""
    return WaitlistEntry(
        practice_id=desk.calendar.practice_id,
        patient_id=view.patient.id,
        therapist_id=view.therapist.id,
        service_id=desk.service.id,
        mode=Mode.TELEHEALTH.value,
        time_zone=view.patient.time_zone,
        parts=waitlist_rules.parts_pack([(4, DayPart.AFTERNOON), (4, DayPart.EVENING)]),
        joined_at=ctx.at - timedelta(days=5),
        look_due_at=ctx.at,
    )


@transactional
def _write(written: _Written) -> None:
    Series.objects.bulk_create(written.series)
    Appointment.objects.bulk_create(written.appointments, batch_size=500)
    WaitlistEntry.objects.bulk_create(written.entries)
    Claim.objects.bulk_create(
        (claim for row in written.appointments if row.state not in CALLED_OFF for claim in claims_of(row)),
        batch_size=2_000,
    )


def _id(ctx: SeedContext, kind: str, of: UUID) -> UUID:
    return uuid.uuid5(_NAMESPACE, f"{ctx.seed}/{kind}/{of}")
