"""What a practice says of when it reads messages, and therapists of when they are away."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext

from accounts import errors as accounts_errors
from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.types import PracticeMay, RoleName
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from messaging import present, selectors
from messaging.events import AwayEnded, AwaySet, HoursChanged
from messaging.models import AwayPeriod, PracticeHours
from messaging.rules import body_clean
from messaging.rules import hours as rules
from messaging.rules.hours import SpansFault
from messaging.types import (
    AWAY_TEXT_LENGTH,
    DATES_MOST,
    SPANS_MOST,
    AwayView,
    OfficeHours,
    OfficeHoursView,
    Spans,
)
from observability import services as observability_services

_AWAY_DAYS_MOST: Final = 366
_AHEAD_MOST: Final = 731

_SPAN_FAULTS: Final[Mapping[SpansFault, Callable[[], str]]] = {
    SpansFault.BACKWARDS: lambda: gettext("Hours end after they begin, on the same day."),
    SpansFault.OVERLAPPING: lambda: gettext("These hours overlap."),
    SpansFault.TOO_MANY: lambda: (
        gettext("A day has at most %(most)d stretches of hours.") % {"most": SPANS_MOST}
    ),
}


def spans_say(fault: SpansFault) -> str:
    """What is wrong with the hours of a day, in words."""
    return _SPAN_FAULTS[fault]()


@transactional
def office_hours_change(
    actor: Actor, practice_id: UUID, hours: OfficeHours, text: str, *, version: int, at: datetime
) -> OfficeHoursView:
    """Say when the practice reads messages; for its owner and platform staff. `version` is the one that was
    read, 0 for none. A week without hours and without days apart says nothing about when.

    Raises NotAllowed, Invalid, and ChangedMeanwhile.
    """
    accounts_services.practice_check(actor, practice_id, PracticeMay.EDIT_PRACTICE)
    text = _text_clean(text)
    _hours_check(hours)
    row, created = (
        PracticeHours.objects.unscoped(reason="the practice's one row, about to change")
        .select_for_update()
        .get_or_create(
            practice_id=practice_id,
            defaults={"time_zone": hours.time_zone, "version": 0, "changed_at": at},
        )
    )
    if row.version != version:
        raise accounts_errors.ChangedMeanwhile(version=row.version)
    week = [_plain(spans) for spans in hours.week]
    dates = {day.isoformat(): _plain(spans) for day, spans in sorted(hours.dates.items())}
    if not created and (row.time_zone, row.week, row.dates, row.text) == (hours.time_zone, week, dates, text):
        return selectors.office_hours_view(practice_id, row)
    row.time_zone, row.week, row.dates, row.text = hours.time_zone, week, dates, text
    row.version, row.changed_by_id, row.changed_at = version + 1, actor.user_id, at
    row.save()
    changed = HoursChanged(object_id=row.id, practice_id=practice_id, version=row.version)
    observability_services.event_record(actor, changed, at=at)
    return selectors.office_hours_view(practice_id, row)


@transactional
def away_set(
    actor: Actor, *, starts_on: date, ends_on: date, time_zone: str, text: str, at: datetime
) -> AwayView:
    """The actor, a therapist, is away on these days, both included; instead of what was set before. Raises
    NotAllowed and Invalid.
    """
    person_id = actor.require_user()
    if not actor.has_role(RoleName.THERAPIST):
        raise NotAllowed
    text = _text_clean(text)
    if not accounts_selectors.time_zone_is_known(time_zone):
        raise Invalid(errors={"time_zone": [gettext("This is not a time zone we know.")]})
    _days_check(starts_on, ends_on, time_zone, at=at)
    row, _created = (
        AwayPeriod.objects.unscoped(reason="the therapist's one row, about to change")
        .select_for_update()
        .get_or_create(
            user_id=person_id,
            defaults={"starts_on": starts_on, "ends_on": ends_on, "time_zone": time_zone, "set_at": at},
        )
    )
    row.starts_on, row.ends_on, row.time_zone, row.set_at = starts_on, ends_on, time_zone, at
    row.text = vault.seal(person_id, text, present.away_place(row.id)) if text else None
    row.save()
    said = AwaySet(
        object_id=row.id,
        subject_id=person_id,
        starts_on=starts_on.isoformat(),
        ends_on=ends_on.isoformat(),
    )
    observability_services.event_record(actor, said, at=at)
    view = selectors.away_view(row, at=at)
    assert view is not None
    return view


@transactional
def away_end(actor: Actor, *, at: datetime) -> None:
    """The actor is away no more, or will not be. A second time changes nothing."""
    person_id = actor.require_user()
    row = AwayPeriod.objects.visible_to(actor).select_for_update().filter(user_id=person_id).first()
    if row is None:
        return
    ended = AwayEnded(object_id=row.id, subject_id=person_id)
    row.delete()
    observability_services.event_record(actor, ended, at=at)


def _text_clean(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    try:
        text = body_clean(text)
    except ValueError:
        raise Invalid(errors={"text": [gettext("This holds characters that are not text.")]}) from None
    if len(text) > AWAY_TEXT_LENGTH:
        raise Invalid(
            errors={"text": [gettext("Please keep it to %(most)d characters.") % {"most": AWAY_TEXT_LENGTH}]}
        )
    return text


def _hours_check(hours: OfficeHours) -> None:
    if not accounts_selectors.time_zone_is_known(hours.time_zone):
        raise Invalid(errors={"time_zone": [gettext("This is not a time zone we know.")]})
    if len(hours.week) != 7:
        raise Invalid(errors={"week": [gettext("A week has seven days, from Monday.")]})
    if len(hours.dates) > DATES_MOST:
        raise Invalid(errors={"dates": [gettext("At most %(most)d days apart.") % {"most": DATES_MOST}]})
    for name, days in (("week", hours.week), ("dates", hours.dates.values())):
        for spans in days:
            fault = rules.spans_fault(spans)
            if fault is not None:
                raise Invalid(errors={name: [spans_say(fault)]})


def _days_check(starts_on: date, ends_on: date, time_zone: str, *, at: datetime) -> None:
    faults: dict[str, list[str]] = {}
    if ends_on < starts_on:
        faults["ends_on"] = [gettext("This is before the first day.")]
    elif (ends_on - starts_on).days > _AWAY_DAYS_MOST:
        faults["ends_on"] = [gettext("One can be away for up to a year.")]
    elif (starts_on - at.date()).days > _AHEAD_MOST or ends_on.year > 9000:
        faults["starts_on"] = [gettext("This is more than two years ahead.")]
    elif ends_on < at.date() - timedelta(days=2) or at >= rules.back_at(ends_on, time_zone):
        faults["ends_on"] = [gettext("This day is over.")]
    if faults:
        raise Invalid(errors=faults)


def _plain(spans: Spans) -> list[Any]:
    return [[span.start, span.end] for span in sorted(spans)]
