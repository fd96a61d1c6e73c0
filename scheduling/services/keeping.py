"""What each new appointment goes through in the end, however it came about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bloom.kernel.actor import Actor
from bloom.kernel.errors import Conflict, IdempotencyConflict
from observability import services as observability_services
from scheduling.errors import SlotTaken
from scheduling.events import AppointmentBooked
from scheduling.models import Appointment
from scheduling.services import outcomes
from scheduling.services.gates import gates_ask
from scheduling.services.locking import claims_make

# What a transaction that keeps a new appointment names: its time is somebody else's, or its hold has become
# another appointment.
KEPT: Final[Mapping[str, type[Conflict]]] = {
    "scheduling_claim_once": SlotTaken,
    "scheduling_appointment_once": IdempotencyConflict,
}


def booked_keep(actor: Actor, row: Appointment, *, at: datetime) -> None:
    """Gates have their say, then it is stored, has its minutes, and stands on record. Raises what a gate
    raises; the constraints of `KEPT` are what the caller's transaction names.
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
