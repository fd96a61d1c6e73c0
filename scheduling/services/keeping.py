"""What each new appointment goes through in the end, however it came about."""

from datetime import datetime

from bloom.kernel.actor import Actor
from observability import services as observability_services
from scheduling.events import AppointmentBooked
from scheduling.models import Appointment
from scheduling.services import outcomes
from scheduling.services.gates import gates_ask
from scheduling.services.locking import claims_make


def booked_keep(actor: Actor, row: Appointment, *, at: datetime) -> None:
    """Gates have their say, then it is stored, has its minutes, and stands on record. Raises what a gate
    raises; a violated `scheduling_claim_once` is what the caller's transaction names.
    """
    gates_ask(actor, row, at=at)
    row.save(force_insert=True)
    claims_make(row, at=at)
    booked = AppointmentBooked(
        **outcomes.facts_of(row),
        state=row.state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        series_id=row.series_id,
    )
    observability_services.event_record(actor, booked, at=at)
