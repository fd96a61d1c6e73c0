"""When a therapist works, and how they give their time away."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext

from accounts import errors as accounts_errors
from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from observability import services as observability_services
from scheduling import present, selectors
from scheduling.errors import CalendarMissing
from scheduling.events import AvailabilityChanged, ExceptionAdded, ExceptionRemoved
from scheduling.models import Calendar, DateException, WeeklyBlock
from scheduling.rules import weeks
from scheduling.rules.weeks import WeekFault
from scheduling.types import (
    BLOCKS_MOST,
    DAY_MINUTES,
    EXCEPTIONS_MOST,
    QUANTUM_MINUTES,
    AvailabilityView,
    Block,
    ExceptionKind,
    ExceptionView,
    Modes,
    Rules,
)

_AHEAD_MOST: Final = 731
_WEEK_SAYS: Final[Mapping[WeekFault, Callable[[], str]]] = {
    WeekFault.BACKWARDS: lambda: gettext("Hours end after they begin, within a day."),
    WeekFault.UNEVEN: lambda: gettext("Hours begin and end on five minutes."),
    WeekFault.OVERLAPPING: lambda: gettext("These hours overlap."),
    WeekFault.TOO_MANY: lambda: (
        gettext("A week has at most %(most)d stretches of hours.") % {"most": BLOCKS_MOST}
    ),
}
_RULE_SAYS: Final[Mapping[str, Callable[[], str]]] = {
    "slot_minutes": lambda: gettext("From 5 to 240 minutes, in steps of five."),
    "notice_minutes": lambda: gettext("From no notice to 60 days."),
    "horizon_days": lambda: gettext("From one day to a year."),
    "daily_limit": lambda: gettext("From 1 to 50 sessions a day, or no limit."),
    "free_cancel_minutes": lambda: gettext("From no time to 60 days before the session."),
    "late_fee_minor": lambda: gettext("This fee is too high to be one."),
}


@transactional
def availability_set(
    actor: Actor,
    *,
    time_zone: str,
    blocks: Sequence[Block],
    rules: Rules,
    version: int,
    at: datetime,
) -> AvailabilityView:
    """The whole of the actor's week and rules at the practice that they act for. What is booked stands.
    `version` is the one that was read, 0 for none.

    Raises NotAllowed, Invalid and ChangedMeanwhile.
    """
    practice_id, therapist_id = selectors.practice_here(actor), actor.require_user()
    _check(actor, practice_id, time_zone, blocks, rules)
    row, _created = (
        Calendar.objects.unscoped(reason="the actor's one calendar there, about to change")
        .select_for_update()
        .get_or_create(
            therapist_id=therapist_id,
            practice_id=practice_id,
            defaults={"time_zone": time_zone, "created_at": at, "changed_at": at},
        )
    )
    if row.version != version:
        raise accounts_errors.ChangedMeanwhile(version=row.version)
    held = WeeklyBlock.objects.unscoped(reason="the week of the actor's calendar").filter(calendar_id=row.id)
    wanted = sorted(blocks, key=_order)
    same_week = wanted == sorted((present.block_of(each) for each in held), key=_order)
    if version and same_week and (row.time_zone, present.rules_of(row)) == (time_zone, rules):
        return selectors.availability_view(row, at=at)
    if not same_week:
        held.delete()
        WeeklyBlock.objects.bulk_create(_block_row(row, block) for block in wanted)
    _rules_keep(row, rules)
    row.time_zone, row.version, row.changed_at = time_zone, version + 1, at
    row.save()
    changed = AvailabilityChanged(
        object_id=row.id, practice_id=practice_id, therapist_id=therapist_id, version=row.version
    )
    observability_services.event_record(actor, changed, at=at)
    return selectors.availability_view(row, at=at)


@transactional
def exception_add(
    actor: Actor,
    *,
    kind: ExceptionKind,
    starts_on: date,
    ends_on: date,
    starts_minute: int | None = None,
    ends_minute: int | None = None,
    modes: Modes = Modes.BOTH,
    location_id: UUID | None = None,
    at: datetime,
) -> ExceptionView:
    """Days apart, both included. What is booked on them stands. The same twice is once. Raises NotAllowed,
    Invalid and CalendarMissing.
    """
    calendar = calendar_own(actor)
    _days_check(kind, starts_on, ends_on, starts_minute, ends_minute, at=at)
    _locations_check(actor, calendar.practice_id, {"location": location_id})
    held = DateException.objects.visible_to(actor).filter(calendar_id=calendar.id, ends_on__gte=at.date())
    facts = {
        "kind": kind.value,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "starts_minute": starts_minute,
        "ends_minute": ends_minute,
        "modes": modes.value,
        "location_id": location_id,
    }
    same = held.filter(**facts).first()
    if same is not None:
        return present.exception_view(same)
    if held.count() >= EXCEPTIONS_MOST:
        raise Invalid(
            errors={"starts_on": [gettext("At most %(most)d of these.") % {"most": EXCEPTIONS_MOST}]}
        )
    row = DateException.objects.create(
        practice_id=calendar.practice_id, calendar_id=calendar.id, created_at=at, **facts
    )
    added = ExceptionAdded(
        object_id=row.id,
        practice_id=calendar.practice_id,
        therapist_id=calendar.therapist_id,
        kind=kind.value,
        starts_on=starts_on.isoformat(),
        ends_on=ends_on.isoformat(),
    )
    observability_services.event_record(actor, added, at=at)
    return present.exception_view(row)


@transactional
def exception_remove(actor: Actor, exception_id: UUID, *, at: datetime) -> None:
    """These days are like others again. Raises NotFound and NotAllowed."""
    row = DateException.objects.visible_to(actor).get_or_refuse(pk=exception_id)
    calendar = Calendar.objects.visible_to(actor).get(pk=row.calendar_id)
    if calendar.therapist_id != actor.user_id:
        raise NotAllowed(object_kind=row._meta.label_lower, object_id=row.id, exists=True)
    removed = ExceptionRemoved(
        object_id=row.id, practice_id=calendar.practice_id, therapist_id=calendar.therapist_id
    )
    row.delete()
    observability_services.event_record(actor, removed, at=at)


def calendar_own(actor: Actor) -> Calendar:
    practice_id = selectors.practice_here(actor)
    row = (
        Calendar.objects.visible_to(actor)
        .select_for_update()
        .filter(therapist_id=actor.require_user(), practice_id=practice_id)
        .first()
    )
    if row is None:
        raise CalendarMissing
    return row


def _check(actor: Actor, practice_id: UUID, time_zone: str, blocks: Sequence[Block], rules: Rules) -> None:
    if not accounts_selectors.time_zone_is_known(time_zone):
        raise Invalid(errors={"time_zone": [gettext("This is not a time zone we know.")]})
    misfits = weeks.week_misfits(blocks)
    if misfits:
        raise Invalid(errors={_place(each.place, each.part): [_WEEK_SAYS[each.fault]()] for each in misfits})
    faults = weeks.rules_faults(rules)
    if faults:
        raise Invalid(errors={name: [_RULE_SAYS[name]()] for name in sorted(faults)})
    _locations_check(
        actor,
        practice_id,
        {_place(number, "location"): block.location_id for number, block in enumerate(blocks)},
    )


def _place(number: int | None, part: str) -> str:
    """How a refusal names one of the hours that were sent, as for what a serializer refuses."""
    return "week" if number is None else f"week.{number}.{part}"


def _locations_check(actor: Actor, practice_id: UUID, asked: Mapping[str, UUID | None]) -> None:
    if not any(asked.values()):
        return
    held = {each.id for each in accounts_selectors.location_list(actor, practice_id) if not each.is_retired}
    wrong = [field for field, location_id in asked.items() if location_id and location_id not in held]
    if wrong:
        said = gettext("This is not a place where the practice sees people.")
        raise Invalid(errors={field: [said] for field in wrong})


def _days_check(
    kind: ExceptionKind,
    starts_on: date,
    ends_on: date,
    starts_minute: int | None,
    ends_minute: int | None,
    *,
    at: datetime,
) -> None:
    faults: dict[str, list[str]] = {}
    # Who names one day is told of that one.
    last = "starts_on" if ends_on == starts_on else "ends_on"
    if ends_on < starts_on:
        faults["ends_on"] = [gettext("This is before the first day.")]
    elif ends_on < at.date() - timedelta(days=1):
        faults[last] = [gettext("This day is over.")]
    elif (ends_on - at.date()).days > _AHEAD_MOST:
        faults[last] = [gettext("This is more than two years ahead.")]
    if starts_minute is None or ends_minute is None:
        if kind is ExceptionKind.EXTRA or (starts_minute is None) is not (ends_minute is None):
            faults["hours"] = [gettext("Say from when until when.")]
    elif not (
        0 <= starts_minute < DAY_MINUTES and starts_minute < ends_minute <= starts_minute + DAY_MINUTES
    ):
        faults["hours"] = [_WEEK_SAYS[WeekFault.BACKWARDS]()]
    elif starts_minute % QUANTUM_MINUTES or ends_minute % QUANTUM_MINUTES:
        faults["hours"] = [_WEEK_SAYS[WeekFault.UNEVEN]()]
    if faults:
        raise Invalid(errors=faults)


def _rules_keep(row: Calendar, rules: Rules) -> None:
    row.slot_minutes, row.notice_minutes = rules.slot_minutes, rules.notice_minutes
    row.horizon_days, row.daily_limit = rules.horizon_days, rules.daily_limit
    row.needs_approval = rules.needs_approval
    row.free_cancel_minutes, row.late_fee_minor = rules.free_cancel_minutes, rules.late_fee_minor


def _block_row(row: Calendar, block: Block) -> WeeklyBlock:
    return WeeklyBlock(
        practice_id=row.practice_id,
        calendar_id=row.id,
        weekday=block.weekday,
        starts_minute=block.start,
        ends_minute=block.end,
        modes=block.modes.value,
        location_id=block.location_id,
    )


def _order(block: Block) -> tuple[int, int]:
    return block.weekday, block.start
