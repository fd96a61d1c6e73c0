"""What other rooms have to say before somebody is booked."""

from datetime import datetime

from bloom.kernel import registry
from bloom.kernel.actor import Actor
from scheduling.models import Appointment


def gates_ask(actor: Actor, row: Appointment, *, at: datetime) -> None:
    """Ask every gate (registry.gate) whether this appointment may be, as it would be. They read, within the
    caller's transaction, and raise what stands against it.
    """
    meeting = registry.Meeting(
        patient_id=row.patient_id,
        therapist_id=row.therapist_id,
        practice_id=row.practice_id,
        starts_at=row.starts_at,
        mode=row.mode,
    )
    for _key, gate in registry.gate.items():  # noqa: PERF102 - a point is no dict
        gate(actor, meeting, at)
