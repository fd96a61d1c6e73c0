"""A series moves or ends, from one of its appointments on. What was, and what was moved by itself, stays."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext

from bloom.kernel import fees
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from bloom.kernel.money import Money
from observability import services as observability_services
from scheduling import present, selectors
from scheduling.errors import SeriesStands
from scheduling.events import AppointmentMoved, SeriesEnded, SeriesMoved
from scheduling.models import Appointment, Series
from scheduling.rules import claims, states
from scheduling.rules import series as rules
from scheduling.selectors.series import Shift, ground_load, may_move, occurrences, series_of, shift_of
from scheduling.selectors.series_ending import rows_ending
from scheduling.services import outcomes
from scheduling.services import words as slot_words
from scheduling.services.booking import change_count
from scheduling.services.gates import gates_ask
from scheduling.services.keeping import KEPT
from scheduling.services.locking import appointment_hold, claims_drop, claims_make, freed_keep
from scheduling.services.series import words
from scheduling.services.series.making import LOOKED_AT_EVERY, day_check, facts_of, time_check
from scheduling.types import (
    AppointmentState,
    Choices,
    FreeCause,
    Party,
    Scope,
    SeriesPlan,
    SeriesView,
    Take,
)


def series_end(
    actor: Actor, appointment_id: UUID, scope: Scope, *, fees_seen: Sequence[Money] = (), at: datetime
) -> int:
    """Call off this appointment and those of its series after it, or all that are to come, as each of the two
    may call off each of them: what is late for the patient is late, and they were shown what all of that
    costs (`fees_seen`). It does not come again. How many were called off. Raises NotFound, NotAllowed,
    SeriesStands, LateFeeUnseen and RateLimited.
    """
    change_count(actor.require_user())
    return _end(actor, appointment_id, scope, fees_seen, at=at)


@transactional
def _end(
    actor: Actor, appointment_id: UUID, scope: Scope, fees_seen: Sequence[Money], *, at: datetime
) -> int:
    row = appointment_hold(actor, appointment_id)
    party = present.party_of(actor, row)
    if party not in (Party.PATIENT, Party.THERAPIST):
        raise NotAllowed(object_kind=row._meta.label_lower, object_id=row.id, exists=True)
    if row.series_id is None or row.series_on is None:
        raise SeriesStands
    series = series_of(row)
    since, rows = rows_ending(row, scope, party, at=at)
    fees.seen_check([present.cancel_fee_of(each, party, at=at) for each in rows], fees_seen)
    for each in rows:
        state = AppointmentState(each.state)
        called_off = states.cancelled_as(state, party, free_until=each.free_cancel_until, at=at)
        outcomes.call_off(actor, each, called_off, party, series_id=series.id, at=at)
    ended = len(rows)
    if not ended and series.next_due_at is None:
        raise SeriesStands
    series_close(series, until=since - timedelta(days=1), at=at)
    event = SeriesEnded(**facts_of(series), count=ended, party=party.value)
    event_id = observability_services.event_record(actor, event, at=at)
    words.series_tell(actor, series, "series_ended", event_id=event_id, at=at)
    return ended


def series_close(series: Series, *, until: date, at: datetime) -> None:
    """Nothing of it comes after a day."""
    series.ends_on, series.next_due_at, series.changed_at = until, None, at
    series.save(update_fields=["ends_on", "next_due_at", "changed_at"])


def series_move(
    actor: Actor,
    appointment_id: UUID,
    *,
    starts_at: datetime,
    scope: Scope,
    choices: Choices | None = None,
    at: datetime,
) -> SeriesView:
    """Have this appointment at another time, and those of its series after it (or all that are to come)
    likewise: as many days away, at that time on the wall; for its therapist. They stay the appointments that
    they are. `choices` say what becomes of each against which something stands: Take.SKIP leaves it where it
    is. The series that goes on is returned.

    Raises NotFound, NotAllowed, SeriesStands, SeriesConflicts, SlotTaken, SlotNotOffered, RateLimited,
    Invalid, and what a gate raises.
    """
    if not claims.is_whole(starts_at):
        raise Invalid(errors={"starts_at": [gettext("A session begins on five minutes.")]})
    slot_words.ahead_check(starts_at, at=at)
    change_count(actor.require_user())
    return _move(actor, appointment_id, starts_at, scope, choices or {}, at=at)


@transactional(constraints=KEPT)
def _move(
    actor: Actor, appointment_id: UUID, starts_at: datetime, scope: Scope, choices: Choices, *, at: datetime
) -> SeriesView:
    row = appointment_hold(actor, appointment_id)
    if present.party_of(actor, row) is not Party.THERAPIST:
        raise NotAllowed(object_kind=row._meta.label_lower, object_id=row.id, exists=True)
    if row.series_id is None or not may_move(actor, row, at=at):
        raise SeriesStands
    series = series_of(row)
    shift = shift_of(series, row, starts_at, scope, at=at)
    if shift.rule.until is not None and shift.first > shift.rule.until:
        raise Invalid(errors={"starts_at": [gettext("The series has ended by then.")]})
    moving = [each.id for each in shift.rows]
    found = occurrences(row, shift.zone, shift.days, shift.minute, at=at, leaving_out=moving)
    plan = SeriesPlan(occurrences=found, goes_on=series.next_due_at is not None)
    words.conflicts_check(plan, choices)
    follower = _follower(actor, series, shift, at=at)
    _rows_hand_over(series, follower, shift)
    _rows_move(actor, follower, row, shift, plan, choices, at=at)
    series_close(series, until=shift.since - timedelta(days=1), at=at)
    moved = SeriesMoved(**facts_of(follower), count=len(moving), before_id=series.id)
    event_id = observability_services.event_record(actor, moved, at=at)
    words.series_tell(actor, follower, "series_moved", event_id=event_id, at=at)
    return selectors.series_get(actor, follower.id, at=at)


def _follower(actor: Actor, series: Series, shift: Shift, *, at: datetime) -> Series:
    """The series that goes on from the first of the new days."""
    follower = Series(
        id=uuid.uuid4(),
        practice_id=series.practice_id,
        calendar_id=series.calendar_id,
        therapist_id=series.therapist_id,
        patient_id=series.patient_id,
        rule=rules.rule_write(shift.rule, shift.first),
        time_zone=series.time_zone,
        starts_on=shift.first,
        starts_minute=shift.minute,
        ends_on=series.ends_on,
        skipped=[
            shift.new_day(day).isoformat()
            for day in map(date.fromisoformat, series.skipped)
            if day >= shift.since
        ],
        # By the new rule a day may lie between the last of them and the day up to which the old one was made.
        made_until=max(shift.new_days, default=max(shift.days)),
        next_due_at=None if series.next_due_at is None else at + LOOKED_AT_EVERY,
        made_by_id=actor.require_user(),
        created_at=at,
        changed_at=at,
    )
    follower.save(force_insert=True)
    return follower


def _rows_hand_over(series: Series, follower: Series, shift: Shift) -> None:
    """All that stands for a day from then on belongs to the series that goes on, called off or moved by
    itself as it may be: it is not made again.
    """
    for each in Appointment.objects.unscoped(reason="of a series in hand").filter(
        series_id=series.id, series_on__gte=shift.since
    ):
        each.series_id, each.series_on = follower.id, shift.day_of(each)
        each.save(update_fields=["series", "series_on"])


def _rows_move(
    actor: Actor,
    follower: Series,
    row: Appointment,
    shift: Shift,
    plan: SeriesPlan,
    choices: Choices,
    *,
    at: datetime,
) -> None:
    before = [(each.starts_at, each.ends_at) for each in shift.rows]
    for each in shift.rows:
        claims_drop(each)
    chosen = {each.on: choices[each.on] for each in plan.conflicts if choices[each.on].take is not Take.KEEP}
    by_rule = {each.on: each.starts_at for each in plan.occurrences}
    ids = [each.id for each in shift.rows]
    first, last = min(by_rule.values()), max(by_rule.values())
    ground = ground_load(row, first, last, at=at, leaving_out=ids)
    for each in shift.rows:
        on = shift.day_of(each)
        each.series_id, each.series_on = follower.id, on
        choice = chosen.get(on)
        wanted = by_rule[on] if choice is None else choice.starts_at
        if choice is not None and choice.take is Take.SKIP:
            wanted = None
        if wanted is None or wanted == each.starts_at:
            claims_make(each, at=at)
            continue
        day_check(shift.zone, on, wanted)
        time_check(ground, wanted, each, at=at)
        outcomes.retime(each, wanted)
        each.state = AppointmentState.CONFIRMED.value
        outcomes.unbind(each, FreeCause.NOT_CHOSEN)
        gates_ask(actor, each, at=at)
        outcomes.save(each, at=at)
        claims_make(each, at=at)
        moved = AppointmentMoved(
            **outcomes.facts_of(each),
            state=each.state,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            series_id=follower.id,
        )
        observability_services.event_record(actor, moved, at=at)
    for starts_at, ends_at in before:
        freed_keep(row.practice_id, row.therapist_id, starts_at, ends_at, at=at)
