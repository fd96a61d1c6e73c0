"""Reminding people, once each; and what they answer by the link of the mail."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext

from accounts import services as accounts_services
from accounts.types import RoleName
from bloom.kernel import limits
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid
from bloom.kernel.money import Money
from observability import services as observability_services
from scheduling import notices_waiting as notices
from scheduling import selectors
from scheduling.errors import ReminderOver
from scheduling.events import AppointmentAttending, ReminderAnswered, RemindersChosen, ReminderSent
from scheduling.models import Appointment, Reminder, ReminderChoice
from scheduling.rules import reminders as rules
from scheduling.services import outcomes
from scheduling.services.apart import apart
from scheduling.services.changing import cancel_counted
from scheduling.services.locking import appointment_hold
from scheduling.types import LEADS, AppointmentState, ReminderAnswer

_SWEPT_AT_ONCE: Final = 200
# One that fails waits for so long.
_PUT_OFF: Final = timedelta(minutes=5)
# Nobody is reminded longer before than this.
_CAUGHT_UP_AHEAD: Final = timedelta(minutes=max(LEADS), days=1)


@transactional
def reminders_choose(actor: Actor, leads: Collection[int], *, at: datetime) -> tuple[int, ...]:
    """So many minutes before the actor, a patient, wants to be reminded, of what is to come too; none: never.
    Raises Invalid, and NotAllowed as `reminders_owner` does.
    """
    person_id = selectors.reminders_owner(actor)
    if not set(leads) <= set(LEADS):
        raise Invalid(errors={"leads": [gettext("Please choose from the list.")]})
    packed = rules.leads_pack(leads)
    ReminderChoice.objects.visible_to(actor).update_or_create(
        person_id=person_id, defaults={"leads": packed, "changed_at": at}
    )
    observability_services.event_record(
        actor, RemindersChosen(object_id=person_id, subject_id=person_id, leads=tuple(sorted(leads))), at=at
    )
    coming = Appointment.objects.unscoped(reason="of what somebody is reminded").filter(
        patient_id=person_id, starts_at__gt=at, state=AppointmentState.CONFIRMED.value
    )
    # As whoever locks several does (scheduling.services.locking): nobody waits crosswise.
    for row in coming.select_for_update().order_by("starts_at", "id"):
        _follow(actor, row, since=at)
    return rules.leads_unpack(packed)


@transactional
def reminders_follow(
    actor: Actor, appointment_id: UUID, *, sequence: int | None = None, at: datetime
) -> None:
    """The reminders of an appointment are those of what it is now. As often as it is asked, and however late:
    `at` is when what is followed happened, `sequence` which of its changes that was.
    """
    rows = Appointment.objects.unscoped(reason="of what somebody is reminded")
    row = rows.select_for_update().filter(pk=appointment_id).first()
    if row is None:
        return
    # Who hears of an earlier change late knows when it was agreed less well than the row does.
    is_latest = sequence is None or sequence == row.sequence
    _follow(actor, row, since=at if is_latest else max(at, row.changed_at))


def reminders_catch_up(actor: Actor, *, at: datetime) -> int:
    """Note when to remind of what is confirmed and has no reminder at all, though its patient wants one, for
    the job: it was booked before there were reminders, or whoever had to note it failed. How many. One that
    fails keeps no other waiting.
    """
    noted = Reminder.objects.unscoped(reason="what is noted already").filter(
        appointment_id=OuterRef("pk"), starts_at=OuterRef("starts_at")
    )
    never = ReminderChoice.objects.unscoped(reason="who wants none").filter(
        person_id=OuterRef("patient_id"), leads=rules.leads_pack(())
    )
    coming = Appointment.objects.unscoped(reason="what nobody is reminded of yet").filter(
        ~Exists(noted),
        ~Exists(never),
        state=AppointmentState.CONFIRMED.value,
        starts_at__gt=at,
        starts_at__lte=at + _CAUGHT_UP_AHEAD,
    )
    found = list(
        coming.order_by("starts_at", "id").values_list("id", "patient_id", "starts_at", "changed_at")
    )
    leads = selectors.leads_of(actor, {patient_id for _id, patient_id, _starts, _changed in found})
    count = 0
    for appointment_id, patient_id, starts_at, changed_at in found:
        # Where all had passed when it was agreed there is nothing to note.
        if count < _SWEPT_AT_ONCE and rules.dues(starts_at, leads[patient_id], at=changed_at):
            with apart("reminders.row_failed", appointment_id):
                reminders_follow(actor, appointment_id, at=changed_at)
                count += 1
    return count


def _follow(actor: Actor, row: Appointment, *, since: datetime) -> None:
    """What is due already stays: whether it is too late decides whoever sends it. `row` is locked, since two
    who go by what each has read would take away each other's.
    """
    leads: Collection[int] = ()
    if row.state == AppointmentState.CONFIRMED:
        leads = selectors.leads_of(actor, [row.patient_id])[row.patient_id]
    due = rules.dues(row.starts_at, leads, at=since)
    held = Reminder.objects.unscoped(reason="the reminders of an appointment in hand").filter(
        appointment_id=row.id
    )
    waiting = held.filter(due_at__isnull=False)
    waiting.exclude(starts_at=row.starts_at, lead_minutes__in=list(leads)).delete()
    Reminder.objects.bulk_create(
        [
            Reminder(
                practice_id=row.practice_id,
                appointment_id=row.id,
                patient_id=row.patient_id,
                starts_at=row.starts_at,
                lead_minutes=lead,
                due_at=due_at,
            )
            for lead, due_at in sorted(due.items())
        ],
        ignore_conflicts=True,
    )


def reminders_run(actor: Actor, *, at: datetime) -> int:
    """Send what is due, for the job; how many. After an outage somebody is reminded once, not of everything
    that was missed. One that fails is tried again later, and keeps no other waiting.
    """
    rows = Reminder.objects.unscoped(reason="reminders that are due").filter(due_at__lte=at)
    ids = list(rows.order_by("due_at", "id").values_list("id", flat=True)[:_SWEPT_AT_ONCE])
    sent = 0
    for reminder_id in ids:
        with apart("reminders.row_failed", reminder_id, put_off=partial(_put_off, reminder_id, at=at)):
            sent += _remind(actor, reminder_id, at=at)
    return sent


@transactional
def _put_off(reminder_id: UUID, *, at: datetime) -> None:
    rows = Reminder.objects.unscoped(reason="a reminder that failed")
    rows.filter(pk=reminder_id, due_at__lte=at).update(due_at=at + _PUT_OFF)


@transactional
def _remind(actor: Actor, reminder_id: UUID, *, at: datetime) -> bool:
    rows = Reminder.objects.unscoped(reason="a reminder that is due")
    reminder = rows.select_for_update(skip_locked=True).filter(pk=reminder_id, due_at__lte=at).first()
    if reminder is None:
        return False
    row = Appointment.objects.unscoped(reason="of a reminder in hand").get(pk=reminder.appointment_id)
    # Another run may have sent it by now.
    nearer = rows.filter(
        Q(due_at__lte=at) | Q(sent_at__isnull=False),
        appointment_id=row.id,
        starts_at=reminder.starts_at,
        lead_minutes__lt=reminder.lead_minutes,
    ).exists()
    stands = row.state == AppointmentState.CONFIRMED and row.starts_at == reminder.starts_at
    is_sent = stands and not nearer and not rules.is_too_late(row.starts_at, at)
    reminder.due_at, reminder.sent_at = None, at if is_sent else None
    reminder.save(update_fields=["due_at", "sent_at"])
    if is_sent:
        _tell(actor, reminder, row, at=at)
    return is_sent


def _tell(actor: Actor, reminder: Reminder, row: Appointment, *, at: datetime) -> None:
    event_id = observability_services.event_record(
        actor, ReminderSent(**outcomes.facts_of(row), lead_minutes=reminder.lead_minutes), at=at
    )
    accounts_services.notice_send(
        actor,
        notices.REMINDERS,
        "soon",
        [row.patient_id],
        event_id=event_id,
        practice_id=row.practice_id,
        own={row.patient_id},
        params={"reminder": reminder.id, "until": row.starts_at},
        at=at,
    )


def reminder_confirm(actor: Actor, reminder_id: UUID, *, at: datetime) -> None:
    """Its person will be there: who has the link says it for them. Twice is once. Raises NotFound and
    ReminderOver and RateLimited.
    """
    _answers_count(reminder_id)
    reminder, row = selectors.reminder_rows(reminder_id)
    _open_check(reminder, row, at=at)
    # Who has said it already takes no turn at the therapist's time.
    if row.attending_at is None:
        _confirm(actor, reminder, row, at=at)


@transactional
def _confirm(actor: Actor, reminder: Reminder, row: Appointment, *, at: datetime) -> None:
    patient = _as_patient(actor, row)
    row = appointment_hold(patient, row.id)
    _open_check(reminder, row, at=at)
    if row.attending_at is not None:
        return
    row.attending_at = at
    row.save(update_fields=["attending_at"])
    _answered(actor, row, ReminderAnswer.CONFIRM, at=at)
    observability_services.event_record(patient, AppointmentAttending(**outcomes.facts_of(row)), at=at)


def reminder_cancel(
    actor: Actor, reminder_id: UUID, *, fees_seen: Sequence[Money] = (), at: datetime
) -> None:
    """Its person cannot come. `fees_seen`: what they were shown that it costs. Raises NotFound, ReminderOver,
    LateFeeUnseen, RateLimited, and what calling off raises.
    """
    _answers_count(reminder_id)
    reminder, row = selectors.reminder_rows(reminder_id)
    _open_check(reminder, row, at=at)
    _cancel(actor, reminder, row, fees_seen=fees_seen, at=at)


@transactional
def _cancel(
    actor: Actor, reminder: Reminder, row: Appointment, *, fees_seen: Sequence[Money], at: datetime
) -> None:
    """Asked again behind the lock: an answer to a time that moves meanwhile is none to the new one."""
    patient = _as_patient(actor, row)
    row = appointment_hold(patient, row.id)
    _open_check(reminder, row, at=at)
    _answered(actor, row, ReminderAnswer.CANCEL, at=at)
    cancel_counted(patient, row.id, fees_seen=fees_seen, at=at)


def _open_check(reminder: Reminder, row: Appointment, *, at: datetime) -> None:
    if not selectors.reminder_is_open(reminder, row, at=at):
        raise ReminderOver


def _answers_count(reminder_id: UUID) -> None:
    limits.limit_check(f"reminder:{reminder_id}", settings.REMINDER_ANSWERS_PER_HOUR, 3600)


def _answered(actor: Actor, row: Appointment, answer: ReminderAnswer, *, at: datetime) -> None:
    """On record: somebody had the link, signed in or not."""
    answered = ReminderAnswered(**outcomes.facts_of(row), answer=answer.value)
    observability_services.event_record(actor, answered, at=at)


def _as_patient(actor: Actor, row: Appointment) -> Actor:
    """Whoever has the link speaks for its person, and for this appointment alone. The record says that they
    came by it.
    """
    return Actor(
        user_id=row.patient_id,
        via=Via.LINK,
        session_id=actor.session_id if actor.user_id == row.patient_id else None,
        roles=frozenset({RoleName.PATIENT.value}),
        request_id=actor.request_id,
        ip=actor.ip,
        device=actor.device,
    )
