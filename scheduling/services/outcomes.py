"""What every change of an appointment leaves behind: its row, its record, and how it is shown."""

from datetime import datetime
from typing import Any
from uuid import UUID

from bloom.kernel.actor import Actor
from observability import services as observability_services
from scheduling import selectors
from scheduling.events import AppointmentCancelled, AppointmentCompleted
from scheduling.models import Appointment
from scheduling.services.locking import claims_drop, freed_keep, length_of
from scheduling.types import AppointmentState, AppointmentView, CancelCause, FreeCause, Party


def call_off(
    actor: Actor,
    row: Appointment,
    state: AppointmentState,
    party: Party,
    *,
    cause: CancelCause | None = None,
    series_id: UUID | None = None,
    at: datetime,
) -> None:
    """It does not take place, in which of the two ways; its time is free. `cause`: why, where nobody just
    cancelled it.
    """
    is_late, was = state is AppointmentState.LATE_CANCELLED, row.state
    row.state, row.cancelled_at, row.cancelled_by_id = state.value, at, actor.user_id
    row.cancel_cause = cause.value if cause else ""
    row.owes_late_fee = is_late and row.late_fee_minor > 0
    save(row, at=at)
    claims_drop(row)
    freed_keep(row.practice_id, row.therapist_id, row.starts_at, row.ends_at, at=at)
    cancelled = AppointmentCancelled(
        **facts_of(row),
        party=party.value,
        was=was,
        series_id=series_id,
        cause=row.cancel_cause or None,
        is_late=is_late,
        fee_minor=fee_of(row),
    )
    observability_services.event_record(actor, cancelled, at=at)


def complete(actor: Actor, row: Appointment, *, at: datetime) -> None:
    """It took place."""
    row.state, row.owes_late_fee = AppointmentState.COMPLETED.value, False
    save(row, at=at)
    observability_services.event_record(actor, AppointmentCompleted(**facts_of(row)), at=at)


def retime(row: Appointment, starts_at: datetime) -> None:
    """It is at another time, as long as it was agreed. Nobody has said yet that they will be there then."""
    row.starts_at, row.ends_at, row.attending_at = starts_at, starts_at + length_of(row), None


def unbind(row: Appointment, cause: FreeCause) -> None:
    """Nothing is owed for this time until it begins, and the patient reads why."""
    row.agreed_at, row.free_cancel_until, row.free_cause = None, row.starts_at, cause.value


def save(row: Appointment, *, at: datetime) -> None:
    """Keep it, as one more change of it."""
    row.sequence += 1
    row.changed_at = at
    row.save()


def facts_of(row: Appointment) -> dict[str, Any]:
    """What every event of an appointment says of it."""
    return {
        "object_id": row.id,
        "practice_id": row.practice_id,
        "subject_id": row.patient_id,
        "therapist_id": row.therapist_id,
        "sequence": row.sequence,
    }


def fee_of(row: Appointment) -> int:
    """What is owed for it now."""
    return row.late_fee_minor if row.owes_late_fee else 0


def shown(actor: Actor, row: Appointment, *, at: datetime) -> AppointmentView:
    """It, as the actor sees it now."""
    return selectors.appointment_views(actor, [row], at=at)[0]
