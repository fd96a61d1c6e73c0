"""What becomes of an appointment: called off, confirmed, completed, missed, written to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from bloom.kernel import alarms, fees, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed
from bloom.kernel.money import Money
from observability import services as observability_services
from scheduling import present
from scheduling.events import (
    AppointmentAlarmed,
    AppointmentBegan,
    AppointmentConfirmed,
    AppointmentMissed,
    AppointmentNoted,
)
from scheduling.models import Appointment
from scheduling.rules import states
from scheduling.services import outcomes, words
from scheduling.services.apart import apart, row_ids
from scheduling.services.booking import change_count
from scheduling.services.locking import appointment_hold, step_check
from scheduling.types import (
    NOTE_LENGTH,
    REASON_LENGTH,
    AppointmentState,
    AppointmentView,
    CancelCause,
    Deed,
    FreeCause,
    Party,
)

# For so long a sweep reads on, and leaves the rest to the next, which comes each minute.
_SWEEPS: Final = timedelta(seconds=50)


def appointment_cancel(
    actor: Actor, appointment_id: UUID, *, fees_seen: Sequence[Money] = (), at: datetime
) -> AppointmentView:
    """Call it off, as one of its two or as the practice's desk. A patient who does so after it was free to
    owes what was agreed, and was shown that before (`fees_seen`). Its time is free at once.

    Raises NotFound, NotAllowed, AppointmentStands, LateFeeUnseen and RateLimited.
    """
    change_count(actor.require_user())
    return cancel_counted(actor, appointment_id, fees_seen=fees_seen, at=at)


@transactional
def cancel_counted(
    actor: Actor, appointment_id: UUID, *, fees_seen: Sequence[Money], at: datetime
) -> AppointmentView:
    """The same, for a caller that has its own limit."""
    row = appointment_hold(actor, appointment_id)
    party, _step = step_check(actor, row, Deed.CANCEL, at=at)
    fees.seen_check([present.cancel_fee_of(row, party, at=at)], fees_seen)
    state = states.cancelled_as(AppointmentState(row.state), party, free_until=row.free_cancel_until, at=at)
    outcomes.call_off(actor, row, state, party, at=at)
    return outcomes.shown(actor, row, at=at)


def appointment_decline(
    actor: Actor, appointment_id: UUID, *, to_patient: str = "", at: datetime
) -> AppointmentView:
    """Say no to a requested time; for its therapist, who can write a word to the patient with it. Raises
    NotFound, NotAllowed, AppointmentStands, and Invalid for words that cannot be kept.
    """
    return _decline(actor, appointment_id, words.text_clean(to_patient, "words", REASON_LENGTH), at=at)


@transactional
def _decline(actor: Actor, appointment_id: UUID, said: str, *, at: datetime) -> AppointmentView:
    row = appointment_hold(actor, appointment_id)
    party, step = step_check(actor, row, Deed.DECLINE, at=at)
    if said:
        row.decline_words = vault.seal(row.patient_id, said, present.decline_place(row.id))
    outcomes.call_off(actor, row, step.to, party, cause=CancelCause.DECLINED, at=at)
    return outcomes.shown(actor, row, at=at)


@transactional
def appointment_confirm(actor: Actor, appointment_id: UUID, *, at: datetime) -> AppointmentView:
    """Say yes to a requested time; for its therapist. Who waited for it until calling off would
    cost something can do so for nothing until the beginning. Raises NotFound, NotAllowed and
    AppointmentStands.
    """
    row = appointment_hold(actor, appointment_id)
    _party, step = step_check(actor, row, Deed.CONFIRM, at=at)
    row.state = step.to.value
    if states.yes_has_lapsed(row.agreed_at, free_until=row.free_cancel_until, at=at):
        outcomes.unbind(row, FreeCause.ANSWERED_LATE)
    outcomes.save(row, at=at)
    observability_services.event_record(actor, AppointmentConfirmed(**outcomes.facts_of(row)), at=at)
    return outcomes.shown(actor, row, at=at)


@transactional
def appointment_begin(actor: Actor, appointment_id: UUID, *, at: datetime) -> None:
    """Both have come: it is in session. Again, or where it is not confirmed, changes nothing. Raises
    NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    row = appointment_hold(actor, appointment_id)
    step = states.step(AppointmentState(row.state), Deed.BEGIN, Party.SYSTEM, starts_at=row.starts_at, at=at)
    if step is None:
        return
    row.state = step.to.value
    outcomes.save(row, at=at)
    observability_services.event_record(actor, AppointmentBegan(**outcomes.facts_of(row)), at=at)


@transactional
def appointment_complete(actor: Actor, appointment_id: UUID, *, at: datetime) -> AppointmentView:
    """It took place; for its therapist. Raises NotFound, NotAllowed and AppointmentStands."""
    row = appointment_hold(actor, appointment_id)
    step_check(actor, row, Deed.COMPLETE, at=at)
    outcomes.complete(actor, row, at=at)
    return outcomes.shown(actor, row, at=at)


@transactional
def appointment_missed(actor: Actor, appointment_id: UUID, *, at: datetime) -> AppointmentView:
    """The patient did not come, and owes what was agreed where they had said yes to the time; for its
    therapist, within a week. Raises NotFound, NotAllowed and AppointmentStands.
    """
    row = appointment_hold(actor, appointment_id)
    _party, step = step_check(actor, row, Deed.NO_SHOW, at=at)
    row.state = step.to.value
    row.owes_late_fee = row.late_fee_minor > 0 and row.agreed_at is not None
    outcomes.save(row, at=at)
    observability_services.event_record(
        actor, AppointmentMissed(**outcomes.facts_of(row), fee_minor=outcomes.fee_of(row)), at=at
    )
    return outcomes.shown(actor, row, at=at)


def appointment_change(
    actor: Actor,
    appointment_id: UUID,
    *,
    reason: str | None = None,
    note: str | None = None,
    at: datetime,
) -> AppointmentView:
    """What the patient wrote, for the patient; what the therapist keeps for themselves, for the therapist.
    Empty takes it away, but that the first words that may mean danger stay for both; nothing said changes
    nothing. Raises NotFound, NotAllowed and Invalid.
    """
    said = None if reason is None else words.text_clean(reason, "reason", REASON_LENGTH)
    kept = None if note is None else words.text_clean(note, "note", NOTE_LENGTH)
    return _change(actor, appointment_id, said, kept, bool(said) and alarms.text_alarms(said or ""), at=at)


@transactional
def _change(
    actor: Actor, appointment_id: UUID, said: str | None, kept: str | None, alarming: bool, *, at: datetime
) -> AppointmentView:
    row = appointment_hold(actor, appointment_id)
    party = present.party_of(actor, row)
    if (
        party not in (Party.PATIENT, Party.THERAPIST)
        or (said is not None and party is not Party.PATIENT)
        or (kept is not None and party is not Party.THERAPIST)
    ):
        raise NotAllowed(object_kind=row._meta.label_lower, object_id=row.id, exists=True)
    if said is None and kept is None:
        return outcomes.shown(actor, row, at=at)
    # What is written beside it changes no entry of a calendar: their `changed_at` would tell when.
    if said is not None:
        if row.reason_alarms and row.alarm_words is None and row.reason is not None:
            first = vault.open(bytes(row.reason), present.reason_place(row.id))
            row.alarm_words = vault.seal(row.patient_id, first, present.alarm_place(row.id))
        row.reason = vault.seal(row.patient_id, said, present.reason_place(row.id)) if said else None
        row.reason_alarms = row.reason_alarms or alarming
    if kept is not None:
        row.note = vault.seal(row.patient_id, kept, present.note_place(row.id)) if kept else None
    row.save(update_fields=["reason", "reason_alarms", "alarm_words", "note"])
    observability_services.event_record(
        actor,
        AppointmentNoted(**outcomes.facts_of(row), has_reason=said is not None, has_note=kept is not None),
        at=at,
    )
    if alarming:
        observability_services.event_record(actor, AppointmentAlarmed(**outcomes.facts_of(row)), at=at)
    return outcomes.shown(actor, row, at=at)


def appointments_settle(actor: Actor, *, at: datetime) -> int:
    """What time decides, for the job: requests that nobody answered in time lapse, and what was confirmed and
    is over was held. How many. One that fails keeps no other waiting, however many fail.
    """
    rows = Appointment.objects.unscoped(reason="what time decides")
    lapsed = rows.filter(state=AppointmentState.REQUESTED.value, starts_at__lte=at)
    over = rows.filter(
        state__in=[AppointmentState.CONFIRMED.value, AppointmentState.IN_SESSION.value], ends_at__lte=at
    )
    count = 0
    for found, by, settle in ((lapsed, "starts_at", _lapse), (over, "ends_at", _hold_over)):
        for appointment_id in row_ids(found, by, goes_on=_SWEEPS, at=at):
            with apart("appointments.row_failed", appointment_id):
                settle(actor, appointment_id, at=at)
                count += 1
    return count


@transactional
def _lapse(actor: Actor, appointment_id: UUID, *, at: datetime) -> None:
    row = appointment_hold(actor, appointment_id)
    step = states.step(AppointmentState(row.state), Deed.LAPSE, Party.SYSTEM, starts_at=row.starts_at, at=at)
    if step is not None:
        outcomes.call_off(actor, row, step.to, Party.SYSTEM, cause=CancelCause.UNANSWERED, at=at)


@transactional
def _hold_over(actor: Actor, appointment_id: UUID, *, at: datetime) -> None:
    row = appointment_hold(actor, appointment_id)
    step = states.step(
        AppointmentState(row.state), Deed.COMPLETE, Party.SYSTEM, starts_at=row.starts_at, at=at
    )
    if step is not None and row.ends_at <= at:
        outcomes.complete(actor, row, at=at)
