"""Time goes on, and series with it."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts import selectors as accounts_selectors
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import DomainError, NotAllowed, Unavailable
from observability import logs
from observability import services as observability_services
from scheduling.events import SeriesExtended
from scheduling.models import Appointment, Series
from scheduling.rules import clock as wall
from scheduling.rules import series as rules
from scheduling.selectors.series import like_of, occurrences
from scheduling.services.apart import apart
from scheduling.services.gates import gates_ask
from scheduling.services.keeping import KEPT
from scheduling.services.locking import therapist_lock
from scheduling.services.series import words
from scheduling.services.series.changing import series_close
from scheduling.services.series.making import LOOKED_AT_EVERY, facts_of, like_make, times_make
from scheduling.types import SERIES_AHEAD_DAYS, Occurrence

log = logs.get_logger(__name__)

_AT_ONCE = 100


def series_extend(actor: Actor, *, at: datetime) -> int:
    """Make what is due of each series, for the job: how many appointments. A time against which something
    stands, or that a gate refuses, is left out, and its therapist told. One that fails, however it does, is
    tried again later, and keeps no other waiting. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    rows = Series.objects.unscoped(reason="what is due").filter(next_due_at__lte=at)
    made = 0
    for series_id, therapist_id in list(
        rows.order_by("next_due_at", "id").values_list("id", "therapist_id")[:_AT_ONCE]
    ):
        with apart("series.row_failed", series_id, put_off=partial(_put_off, series_id, at=at)):
            made += _extend(actor, series_id, therapist_id, at=at)
    return made


@transactional(constraints=KEPT)
def _extend(actor: Actor, series_id: UUID, therapist_id: UUID, *, at: datetime) -> int:
    therapist_lock(therapist_id)
    series = Series.objects.unscoped(reason="what is due").filter(pk=series_id, next_due_at__lte=at).first()
    if series is None:
        return 0
    zone = ZoneInfo(series.time_zone)
    today = wall.day_of(zone, at)
    if not _is_wanted(actor, series):
        series_close(series, until=today, at=at)
        return 0
    last = today + timedelta(days=SERIES_AHEAD_DAYS)
    rows = Appointment.objects.unscoped(reason="of a series in hand").filter(series_id=series.id)
    known = set(rows.values_list("series_on", flat=True))
    days = [
        day
        for day in rules.days(
            series.rule, series.starts_on, since=series.made_until + timedelta(days=1), until=last
        )
        if day not in known
        and day.isoformat() not in series.skipped
        and (series.ends_on is None or day <= series.ends_on)
    ]
    like = like_of(series)
    if like is None:
        series_close(series, until=today, at=at)
        return 0
    found = occurrences(like, zone, days, series.starts_minute, at=at)
    free = [
        (each.on, each.starts_at)
        for each in found
        if each.fault is None and _is_let(actor, series, like, each, at=at)
    ]
    wanted = {on for on, _starts_at in free}
    left_out = [each.on.isoformat() for each in found if each.on not in wanted]
    made = times_make(actor, series, like, free, zone, at=at)
    until = max(series.made_until, last)
    series.made_until, series.skipped, series.changed_at = until, [*series.skipped, *left_out], at
    more = rules.goes_on(series.rule, series.starts_on, after=until)
    is_over = not more or (series.ends_on is not None and series.ends_on <= until)
    series.next_due_at = None if is_over else at + LOOKED_AT_EVERY
    series.save()
    if made or left_out:
        about = SeriesExtended(**facts_of(series), count=made, left_out=len(left_out))
        event_id = observability_services.event_record(actor, about, at=at)
        if left_out:
            words.series_tell(actor, series, "series_gap", event_id=event_id, at=at, therapist_only=True)
    return made


def _is_let(actor: Actor, series: Series, like: Appointment, each: Occurrence, *, at: datetime) -> bool:
    """Does every gate let this one be? One that cannot say now puts off the series: nothing is left out."""
    try:
        gates_ask(actor, like_make(series, like, each.on, each.starts_at, at=at), at=at)
    except Unavailable:
        raise
    except DomainError as refusal:
        log.info("scheduling.series_refused", series_id=series.id, code=refusal.code)
        return False
    return True


def _is_wanted(actor: Actor, series: Series) -> bool:
    """Are the two still in care together, at this practice?"""
    patient_id, therapist_id, practice_id = series.patient_id, series.therapist_id, series.practice_id
    return accounts_selectors.care_may_be_given(
        actor, therapist_id, practice_id
    ) and accounts_selectors.care_lasts_between(actor, patient_id, therapist_id, practice_id)


@transactional
def _put_off(series_id: UUID, *, at: datetime) -> None:
    Series.objects.unscoped(reason="what could not be made now").filter(pk=series_id).update(
        next_due_at=at + timedelta(hours=1)
    )
