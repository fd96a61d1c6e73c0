"""When somebody is reminded, and what the link of a reminder shows."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.urls import reverse

from accounts import selectors as accounts_selectors
from accounts.types import RoleName
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed, NotFound
from scheduling import present
from scheduling.models import Appointment, Reminder, ReminderChoice
from scheduling.models.shared import is_fenced
from scheduling.rules import reminders as rules
from scheduling.types import CALLED_OFF, LEADS_DEFAULT, AppointmentState, Party, ReminderView

_SALT: Final = "scheduling.reminder"


def reminders_owner(actor: Actor) -> UUID:
    """The actor, a patient, who is reminded alike of what they have anywhere. Raises NotAllowed for others,
    and for a token of one practice, which the rest is no matter of.
    """
    person_id = actor.require_user()
    if not actor.has_role(RoleName.PATIENT) or is_fenced(actor):
        raise NotAllowed
    return person_id


def reminder_leads(actor: Actor) -> tuple[int, ...]:
    """How many minutes before the actor is reminded. Raises NotAllowed as `reminders_owner` does."""
    person_id = reminders_owner(actor)
    return leads_of(actor, [person_id])[person_id]


def reminders_chosen(actor: Actor) -> tuple[int, ...] | None:
    """What the actor has chosen of them; None who never did."""
    row = ReminderChoice.objects.visible_to(actor).filter(person_id=actor.require_user()).first()
    return None if row is None else rules.leads_unpack(row.leads)


def leads_of(actor: Actor, person_ids: Collection[UUID]) -> dict[UUID, tuple[int, ...]]:
    """The same for several; for rules. One query."""
    rows = ReminderChoice.objects.unscoped(reason="when to remind whom").filter(person_id__in=person_ids)
    chosen = {
        person_id: rules.leads_unpack(leads) for person_id, leads in rows.values_list("person_id", "leads")
    }
    return {person_id: chosen.get(person_id, LEADS_DEFAULT) for person_id in person_ids}


def reminder_link(params: Mapping[str, Any], email: str) -> str:
    """The address that the mail of a reminder carries: signed, for this reminder and the mail address of its
    reader alone.
    """
    return reverse("reminder", args=[_signer(email).sign(UUID(params["reminder"]).hex)])


def reminder_read(token: str) -> UUID:
    """Which reminder a link names. Raises NotFound for one that Bloom did not write, or wrote to an address
    that is its person's no more. Two queries.
    """
    try:
        reminder_id = UUID(token.partition(":")[0])
    except ValueError:
        raise NotFound from None
    named = Reminder.objects.unscoped(reason="whose address a link was sent to").filter(pk=reminder_id)
    person_id = named.values_list("patient_id", flat=True).first()
    email, _language = accounts_selectors.mail_addresses([person_id] if person_id else []).get(
        person_id, ("", "")
    )
    if not email:
        raise NotFound
    try:
        _signer(email).unsign(token)
    except signing.BadSignature:
        raise NotFound from None
    return reminder_id


def _signer(email: str) -> signing.Signer:
    return signing.Signer(salt=f"{_SALT}:{email}")


def reminder_of_link(actor: Actor, reminder_id: UUID, *, at: datetime) -> ReminderView:
    """What whoever has the link reads, signed in or not. Raises NotFound for what was forgotten."""
    reminder, row = reminder_rows(reminder_id)
    people = accounts_selectors.person_refs(actor, [row.patient_id])
    fee = present.cancel_fee_of(row, Party.PATIENT, at=at)
    return ReminderView(
        starts_at=reminder.starts_at,
        ends_at=reminder.starts_at + (row.ends_at - row.starts_at),
        time_zone=people[row.patient_id].time_zone,
        is_open=reminder_is_open(reminder, row, at=at),
        is_called_off=AppointmentState(row.state) in CALLED_OFF,
        attending_at=row.attending_at,
        fee=fee if fee.amount else None,
    )


def reminder_rows(reminder_id: UUID) -> tuple[Reminder, Appointment]:
    """Within selectors and services only."""
    reminder = Reminder.objects.unscoped(reason="the link is the proof").filter(pk=reminder_id).first()
    if reminder is None:
        raise NotFound
    rows = Appointment.objects.unscoped(reason="of a reminder in hand")
    return reminder, rows.get(pk=reminder.appointment_id)


def reminder_is_open(reminder: Reminder, row: Appointment, *, at: datetime) -> bool:
    """Can it still be answered? Not once the time has come, moved, or was called off."""
    stands = row.state == AppointmentState.CONFIRMED and row.starts_at == reminder.starts_at
    return reminder.sent_at is not None and stands and at < row.starts_at
