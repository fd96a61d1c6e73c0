"""What was to come and does not any more: care has ended, somebody has left, or may not give care now.

Its time is free, and both learn of it as of any cancellation. It costs nobody anything, but for a patient who
ended it themselves: they owe what they would have owed for calling it off in that moment, or nobody who ends
care a minute before would ever owe anything. Each function looks at what is true now, behind the lock of the
therapist's time, so that it can run twice, or late.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts import selectors as accounts_selectors
from accounts.types import RoleName
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.guard import PrivateQuerySet
from observability import services as observability_services
from scheduling.events import SeriesEnded
from scheduling.models import Appointment, Series
from scheduling.rules import clock as wall
from scheduling.rules import states
from scheduling.services import outcomes
from scheduling.services.locking import therapist_lock
from scheduling.services.series import words
from scheduling.services.series.changing import series_close
from scheduling.services.series.making import facts_of
from scheduling.types import AppointmentState, CancelCause, Deed, Party

# Who was asked, and said yes in the same moment, is taken to have done so before.
SAME_MOMENT: Final = timedelta(minutes=1)
_ENDABLE: Final = (AppointmentState.REQUESTED.value, AppointmentState.CONFIRMED.value)


def care_over(
    actor: Actor,
    *,
    patient_id: UUID,
    therapist_id: UUID,
    practice_id: UUID,
    ended_by: UUID | None,
    since: datetime,
    at: datetime,
) -> int:
    """Their care was ended at `since` by whoever: what they had agreed before is called off, unless it has
    begun again. How many.
    """
    pair = Q(patient_id=patient_id, therapist_id=therapist_id, practice_id=practice_id)

    def stands(row: Appointment | Series) -> bool:
        return accounts_selectors.care_lasts_between(actor, patient_id, therapist_id, practice_id)

    return _end(
        actor, pair, therapist_id, CancelCause.CARE_ENDED, stands, ended_by=ended_by, since=since, at=at
    )


def practice_over(
    actor: Actor, *, therapist_id: UUID, practice_id: UUID, since: datetime, at: datetime
) -> int:
    """A therapist cares for nobody at a practice any more. How many."""
    theirs = Q(therapist_id=therapist_id, practice_id=practice_id)

    def stands(row: Appointment | Series) -> bool:
        return accounts_selectors.care_may_be_given(actor, therapist_id, practice_id)

    return _end(actor, theirs, therapist_id, CancelCause.THERAPIST_GONE, stands, since=since, at=at)


def role_over(actor: Actor, *, therapist_id: UUID, since: datetime, at: datetime) -> int:
    """Somebody is no therapist any more, wherever they worked. How many."""

    def stands(row: Appointment | Series) -> bool:
        held = accounts_selectors.roles_of(actor, [therapist_id]).get(therapist_id, frozenset())
        return RoleName.THERAPIST in held

    return _end(
        actor,
        Q(therapist_id=therapist_id),
        therapist_id,
        CancelCause.THERAPIST_GONE,
        stands,
        since=since,
        at=at,
    )


def verification_over(actor: Actor, *, therapist_id: UUID, since: datetime, at: datetime) -> int:
    """What a therapist says of themselves could not be confirmed: who came by the directory does not meet
    them. Whoever is in their care goes on, by the word of their practice. How many.
    """

    def stands(row: Appointment | Series) -> bool:
        if accounts_selectors.listing_is_verified(actor, therapist_id):
            return True
        return accounts_selectors.care_lasts_between(actor, row.patient_id, therapist_id, row.practice_id)

    return _end(
        actor,
        Q(therapist_id=therapist_id),
        therapist_id,
        CancelCause.NOT_VERIFIED,
        stands,
        since=since,
        at=at,
    )


def account_over(actor: Actor, *, person_id: UUID, since: datetime, at: datetime) -> int:
    """Somebody closes their account: as a patient and as a therapist they meet nobody. How many."""
    theirs = Q(patient_id=person_id) | Q(therapist_id=person_id)
    rows, series = _rows(theirs, since=since, at=at), _open_series(theirs, since=since)
    ended = 0
    therapists = {
        *rows.values_list("therapist_id", flat=True),
        *series.values_list("therapist_id", flat=True),
    }
    for therapist_id in sorted(therapists):
        ended += _end(
            actor,
            theirs & Q(therapist_id=therapist_id),
            therapist_id,
            CancelCause.ACCOUNT_CLOSED,
            lambda row: False,
            ended_by=person_id,
            since=since,
            at=at,
        )
    return ended


@transactional
def _end(
    actor: Actor,
    which: Q,
    therapist_id: UUID,
    cause: CancelCause,
    stands: Callable[[Appointment | Series], bool],
    *,
    ended_by: UUID | None = None,
    since: datetime,
    at: datetime,
) -> int:
    therapist_lock(therapist_id)
    ended = 0
    # Of each series, the days that are called off: none where it was to go on and has nothing ahead.
    days: dict[UUID, list[date]] = defaultdict(list)
    for series in _open_series(which, since=since):
        if not stands(series):
            days[series.id] = []
    for row in list(_rows(which, since=since, at=at)):
        step = states.step(
            AppointmentState(row.state), Deed.END, Party.SYSTEM, starts_at=row.starts_at, at=at
        )
        if step is None or stands(row):
            continue
        party = Party.PATIENT if row.patient_id == ended_by else Party.SYSTEM
        state = states.cancelled_as(
            AppointmentState(row.state), party, free_until=row.free_cancel_until, at=since
        )
        outcomes.call_off(actor, row, state, Party.SYSTEM, cause=cause, series_id=row.series_id, at=at)
        ended += 1
        if row.series_id is not None and row.series_on is not None:
            days[row.series_id].append(row.series_on)
    for series_id, called_off in days.items():
        _series_end(actor, series_id, called_off, at=at)
    return ended


def _series_end(actor: Actor, series_id: UUID, called_off: list[date], *, at: datetime) -> None:
    """It comes no more, and its two are told once, whatever it had of appointments."""
    series = Series.objects.unscoped(reason="what cannot go on").get(pk=series_id)
    today = wall.day_of(ZoneInfo(series.time_zone), at)
    series_close(series, until=min(called_off) - timedelta(days=1) if called_off else today, at=at)
    about = SeriesEnded(**facts_of(series), count=len(called_off), party=Party.SYSTEM.value)
    event_id = observability_services.event_record(actor, about, at=at)
    if called_off:
        words.series_tell(actor, series, "series_ended", event_id=event_id, at=at)


def _open_series(which: Q, *, since: datetime) -> PrivateQuerySet[Series]:
    rows = Series.objects.unscoped(reason="what cannot go on any more").filter(
        which, next_due_at__isnull=False, created_at__lte=since + SAME_MOMENT
    )
    return rows.order_by("id")


def _rows(which: Q, *, since: datetime, at: datetime) -> PrivateQuerySet[Appointment]:
    rows = Appointment.objects.unscoped(reason="what cannot take place any more").filter(
        which, state__in=_ENDABLE, starts_at__gt=at, created_at__lte=since + SAME_MOMENT
    )
    return rows.order_by("starts_at", "id")
