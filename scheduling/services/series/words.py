"""Why a series cannot be as asked, and who is told of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts import services as accounts_services
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from scheduling import notice_kinds
from scheduling.errors import SeriesConflicts
from scheduling.models import Appointment, Series
from scheduling.selectors.series import choices_lacking
from scheduling.types import OPEN, Choices, Occurrence, SeriesPlan


def conflicts_check(plan: SeriesPlan, choices: Choices) -> None:
    """Raise SeriesConflicts where something stands against a time of which nobody said what becomes of it."""
    lacking = choices_lacking(plan, choices)
    if lacking:
        raise SeriesConflicts(conflicts=[occurrence_wire(each) for each in lacking])


def occurrence_wire(each: Occurrence) -> dict[str, Any]:
    """A time of a series as REST shows it."""
    return {
        "on": each.on.isoformat(),
        "starts_at": clock.to_wire(each.starts_at),
        "fault": each.fault.value if each.fault else None,
        "nearest": clock.to_wire(each.nearest) if each.nearest else None,
    }


def series_tell(
    actor: Actor, series: Series, code: str, *, event_id: UUID, at: datetime, therapist_only: bool = False
) -> None:
    """Tell its two people what has become of a series: once, whatever it has of appointments."""
    rows = Appointment.objects.unscoped(reason="when it is next").filter(series_id=series.id)
    coming = rows.filter(starts_at__gt=at, state__in=[state.value for state in OPEN]).order_by("starts_at")
    next_one = coming.first() or rows.order_by("-starts_at").first()
    if next_one is None:
        return
    people = [series.therapist_id] if therapist_only else [series.patient_id, series.therapist_id]
    for person_id in people:
        accounts_services.notice_send(
            actor,
            notice_kinds.APPOINTMENTS,
            code,
            [person_id],
            event_id=event_id,
            at=at,
            params={
                "appointment": next_one.id,
                "series": series.id,
                "patient": series.patient_id,
                "therapist": series.therapist_id,
                "until": next_one.starts_at,
            },
            practice_id=series.practice_id,
            own=[series.patient_id],
            by_app=person_id != actor.user_id,
        )
