"""Which appointments of a series end with one of them, and what that costs."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from bloom.kernel import fees
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from scheduling import present
from scheduling.models import Appointment
from scheduling.rules import states
from scheduling.types import AppointmentState, Deed, Party, Scope, SeriesEnding


def series_ending(actor: Actor, appointment_id: UUID, scope: Scope, *, at: datetime) -> SeriesEnding:
    """What the actor, one of the two, would end from this appointment on. Raises NotFound, also where it is
    in no series.
    """
    row = Appointment.objects.visible_to(actor).get_or_refuse(pk=appointment_id)
    if row.series_id is None:
        raise NotFound
    party = present.party_of(actor, row)
    _since, rows = rows_ending(row, scope, party, at=at)
    owed = [present.cancel_fee_of(each, party, at=at) for each in rows]
    return SeriesEnding(
        count=len(rows), late=sum(1 for each in owed if each.amount), fees=fees.together(owed)
    )


def rows_ending(
    row: Appointment, scope: Scope, party: Party | None, *, at: datetime
) -> tuple[date, Sequence[Appointment]]:
    """The day from which on nothing of the series of `row` is to come, and those of it that `party` would
    call off, soonest first.
    """
    assert row.series_id is not None
    assert row.series_on is not None
    ahead = Appointment.objects.unscoped(reason="of a series in hand").filter(
        series_id=row.series_id, starts_at__gt=at
    )
    since = row.series_on
    if scope is Scope.ALL:
        since = min([since, *(each for each in ahead.values_list("series_on", flat=True) if each)])
    if party is None:
        return since, []
    return since, [
        each
        for each in ahead.filter(series_on__gte=since).order_by("starts_at", "id")
        if states.step(AppointmentState(each.state), Deed.CANCEL, party, starts_at=each.starts_at, at=at)
    ]
