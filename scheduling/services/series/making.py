"""An appointment comes again from now on."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from observability import services as observability_services
from scheduling import selectors
from scheduling.errors import SeriesStands, SlotTaken
from scheduling.events import SeriesMade
from scheduling.models import Appointment, Calendar, Series
from scheduling.rules import claims
from scheduling.rules import clock as wall
from scheduling.rules import series as rules
from scheduling.selectors.at_desk import AtDesk, at_desk_of
from scheduling.selectors.series import (
    Ground,
    fault_of,
    ground_load,
    may_begin,
    plan_of,
    repeats_allowed,
)
from scheduling.services.booking import change_count
from scheduling.services.keeping import KEPT, booked_keep
from scheduling.services.locking import appointment_hold
from scheduling.services.series import words
from scheduling.services.words import slot_refusal
from scheduling.types import (
    SERIES_AHEAD_DAYS,
    SERIES_COUNT_MOST,
    AppointmentState,
    Choice,
    Choices,
    FreeCause,
    Occurrence,
    OccurrenceFault,
    SeriesRule,
    SeriesView,
    SlotFault,
    Take,
)

# How often a series is looked at that is made further as time goes on.
LOOKED_AT_EVERY = timedelta(days=7)


def series_make(
    actor: Actor, appointment_id: UUID, rule: SeriesRule, choices: Choices | None = None, *, at: datetime
) -> SeriesView:
    """Let a confirmed appointment come again, at the same time on the wall, on the terms that it has; for its
    therapist, or for the practice's desk, who keeps to the therapist's hours and daily limit, and to times
    that nobody holds. Each time is an appointment of its own, to which the patient has not said yes: it costs
    nothing to call off. `choices` say what becomes of each time against which something stands.

    Raises NotFound, NotAllowed, SeriesStands, SeriesConflicts, SlotTaken, SlotNotOffered, RateLimited,
    Invalid, and what a gate raises.
    """
    _rule_check(rule)
    change_count(actor.require_user())
    seen = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    at_desk = at_desk_of(actor, seen, at=at)
    return _make(actor, appointment_id, rule, choices or {}, at_desk, at=at)


@transactional(constraints=KEPT)
def _make(
    actor: Actor,
    appointment_id: UUID,
    rule: SeriesRule,
    choices: Choices,
    at_desk: AtDesk | None,
    *,
    at: datetime,
) -> SeriesView:
    row = appointment_hold(actor, appointment_id)
    if not repeats_allowed(actor, row):
        raise NotAllowed(object_kind=row._meta.label_lower, object_id=row.id, exists=True)
    if not may_begin(row, at=at):
        raise SeriesStands
    if not accounts_selectors.care_lasts_between(actor, row.patient_id, row.therapist_id, row.practice_id):
        raise SeriesStands(gettext("Only appointments with somebody in the therapist’s care can repeat."))
    calendar = Calendar.objects.unscoped(reason="of an appointment in hand").get(pk=row.calendar_id)
    zone = ZoneInfo(calendar.time_zone)
    _length_check(rule, wall.day_of(zone, row.starts_at))
    plan = plan_of(row, rule, at=at, at_desk=at_desk)
    if not plan.occurrences:
        raise Invalid(errors={"until": [gettext("With this end it does not come again.")]})
    words.conflicts_check(plan, choices)
    first, last = wall.day_of(zone, row.starts_at), plan.occurrences[-1].on
    series = Series(
        id=uuid.uuid4(),
        practice_id=row.practice_id,
        calendar_id=row.calendar_id,
        therapist_id=row.therapist_id,
        patient_id=row.patient_id,
        rule=rules.rule_write(rule, first),
        time_zone=calendar.time_zone,
        starts_on=first,
        starts_minute=rules.minute_of(zone, row.starts_at),
        skipped=skipped_of(plan.occurrences, choices),
        made_until=max(last, wall.day_of(zone, max(at, row.starts_at)) + timedelta(days=SERIES_AHEAD_DAYS)),
        next_due_at=at + LOOKED_AT_EVERY if plan.goes_on else None,
        made_by_id=actor.require_user(),
        created_at=at,
        changed_at=at,
    )
    series.save(force_insert=True)
    row.series_id, row.series_on = series.id, first
    row.save(update_fields=["series", "series_on"])
    made = times_make(actor, series, row, times_of(plan.occurrences, choices), zone, at_desk, at=at)
    about = SeriesMade(**facts_of(series), count=made + 1)
    event_id = observability_services.event_record(actor, about, at=at)
    words.series_tell(actor, series, "series_made", event_id=event_id, at=at)
    return selectors.series_get(actor, series.id, at=at)


def times_of(occurrences: Iterable[Occurrence], choices: Choices) -> list[tuple[date, datetime]]:
    """When each is to be: by the rule, or as was chosen."""
    found = []
    for each in occurrences:
        choice = choices.get(each.on) if each.fault is not None else None
        if choice is None or choice.take is Take.KEEP:
            found.append((each.on, each.starts_at))
        elif choice.take is Take.AT and choice.starts_at is not None:
            found.append((each.on, choice.starts_at))
    return found


def skipped_of(occurrences: Iterable[Occurrence], choices: Choices) -> list[str]:
    """The days that were left out by choice."""
    return [
        each.on.isoformat()
        for each in occurrences
        if each.fault is not None and choices.get(each.on, Choice(take=Take.KEEP)).take is Take.SKIP
    ]


def times_make(
    actor: Actor,
    series: Series,
    like: Appointment,
    times: list[tuple[date, datetime]],
    zone: ZoneInfo,
    at_desk: AtDesk | None = None,
    *,
    at: datetime,
) -> int:
    """Make appointments like one of the series, behind the lock; what was chosen by hand is checked as what
    follows from the rule. How many. Raises SlotTaken, Invalid, and what a gate raises.
    """
    if not times:
        return 0
    for on, starts_at in times:
        day_check(zone, on, starts_at)
    starts = [starts_at for _on, starts_at in times]
    ground = ground_load(like, min(starts), max(starts), at=at, at_desk=at_desk)
    for on, starts_at in times:
        time_check(ground, starts_at, like, at=at)
        new = like_make(series, like, on, starts_at, at=at)
        booked_keep(actor, new, at=at)
    return len(times)


def day_check(zone: ZoneInfo, on: date, starts_at: datetime) -> None:
    """Raise Invalid for a time that is of another day or between the five minutes."""
    field = f"on-{on.isoformat()}"
    if not claims.is_whole(starts_at):
        raise Invalid(errors={field: [gettext("A session begins on five minutes.")]})
    if wall.day_of(zone, starts_at) != on:
        raise Invalid(errors={field: [gettext("Please choose a time of the same day.")]})


def time_check(ground: Ground, starts_at: datetime, like: Appointment, *, at: datetime) -> None:
    """Raise SlotTaken for a time in which the therapist or the patient is elsewhere, SlotNotOffered for one
    that is not for the desk to give away.
    """
    fault = fault_of(ground, starts_at, starts_at + timedelta(minutes=like.duration_minutes), at=at)
    if fault in (OccurrenceFault.TAKEN, OccurrenceFault.PATIENT_BUSY, OccurrenceFault.PAST):
        raise SlotTaken
    if ground.by_desk and fault is not None:
        raise slot_refusal(SlotFault(fault.value))


def facts_of(series: Series) -> dict[str, UUID]:
    """What every event of a series says of it."""
    return {
        "object_id": series.id,
        "practice_id": series.practice_id,
        "subject_id": series.patient_id,
        "therapist_id": series.therapist_id,
    }


def like_make(
    series: Series, like: Appointment, on: date, starts_at: datetime, *, at: datetime
) -> Appointment:
    """The next one, on the terms of the one before. Only the therapist has chosen it."""
    return Appointment(
        id=uuid.uuid4(),
        practice_id=like.practice_id,
        calendar_id=like.calendar_id,
        therapist_id=like.therapist_id,
        patient_id=like.patient_id,
        service_id=like.service_id,
        service_name=like.service_name,
        cpt_code=like.cpt_code,
        place_of_service=like.place_of_service,
        duration_minutes=like.duration_minutes,
        buffer_before=like.buffer_before,
        buffer_after=like.buffer_after,
        price_minor=like.price_minor,
        currency=like.currency,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=like.duration_minutes),
        state=AppointmentState.CONFIRMED.value,
        mode=like.mode,
        location_id=like.location_id,
        agreed_at=None,
        free_cause=FreeCause.NOT_CHOSEN.value,
        free_cancel_minutes=like.free_cancel_minutes,
        free_cancel_until=starts_at,
        late_fee_minor=like.late_fee_minor,
        hold_id=uuid.uuid4(),
        series_id=series.id,
        series_on=on,
        booked_by_id=series.made_by_id,
        created_at=at,
        changed_at=at,
    )


def _length_check(rule: SeriesRule, first: date) -> None:
    """Raise Invalid for an end by which there would be more than a series may have; it names the last day."""
    if rule.until is None:
        return
    last = rules.last_of(replace(rule, until=None, count=SERIES_COUNT_MOST), first)
    if rule.until > last:
        said = gettext("At most %(most)d appointments repeat: the last day can be %(day)s.")
        day = date_format(last, "j F Y")
        raise Invalid(errors={"until": [said % {"most": SERIES_COUNT_MOST, "day": day}]})


def _rule_check(rule: SeriesRule) -> None:
    """Raise Invalid for a rule that nobody can mean."""
    errors: dict[str, list[str]] = {}
    if not 1 <= rule.interval <= 12:
        errors["interval"] = [gettext("Between 1 and 12.")]
    if rule.count is not None and not 2 <= rule.count <= SERIES_COUNT_MOST:
        errors["count"] = [gettext("Between 2 and %(most)d.") % {"most": SERIES_COUNT_MOST}]
    if rule.count is not None and rule.until is not None:
        errors["until"] = [gettext("Either so many times, or until a day.")]
    if rule.until is not None and not 2000 < rule.until.year < 2199:
        errors["until"] = [gettext("Please choose a day that will come.")]
    if errors:
        raise Invalid(errors=errors)
