"""What a patient says before a session by video: that they agree to it at all, and where they are this
time.
"""

import json
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from bloom.kernel import clock, vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed
from bloom.realtime import services as realtime
from observability import services as observability
from scheduling.models import Appointment, Arrival, TelehealthConsent
from scheduling.telehealth import events, selectors
from scheduling.telehealth.errors import ArrivalNeeded, ConsentNeeded, RoomClosed
from scheduling.telehealth.rules import arrivals
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.types_rooms import CONSENT_VERSION, ArrivalFacts, ArrivalView

# Long enough to be there to be confirmed before the next session of most.
_ARRIVALS_KEPT: Final = timedelta(days=30)


@transactional
def consent_give(actor: Actor, appointment_id: UUID, *, version: str, at: datetime) -> None:
    """The patient of an appointment agrees to video with its practice; again changes nothing. Raises
    NotFound, NotAllowed for anybody else, and Invalid for other words than those of today.
    """
    appointment = _own(actor, appointment_id)
    if version != CONSENT_VERSION:
        said = _("These words have changed since you opened this page. Please read them again.")
        raise Invalid(errors={"agreed": [said]})
    given = TelehealthConsent(
        id=uuid4(),
        practice_id=appointment.practice_id,
        patient_id=appointment.patient_id,
        version=version,
        given_at=at,
    )
    # It is of a practice, not of an appointment: said of two in the same moment, it is one (unique).
    TelehealthConsent.objects.bulk_create([given], ignore_conflicts=True)
    if not TelehealthConsent.objects.unscoped(reason="whether it is new").filter(pk=given.pk).exists():
        return
    happened = events.ConsentGiven(
        object_id=given.id,
        practice_id=given.practice_id,
        subject_id=given.patient_id,
        version=version,
    )
    observability.event_record(actor, happened, at=at)


@transactional
def consent_withdraw(actor: Actor, consent_id: UUID, *, at: datetime) -> None:
    """The patient takes it back: from here on no room opens to them. Again changes nothing. Raises
    NotFound.
    """
    row = TelehealthConsent.objects.visible_to(actor).get_or_refuse(consent_id)
    taken = TelehealthConsent.objects.unscoped(reason="taking back one's own consent").filter(
        pk=row.pk, withdrawn_at=None
    )
    if not taken.update(withdrawn_at=at):
        return
    happened = events.ConsentWithdrawn(
        object_id=row.id, practice_id=row.practice_id, subject_id=row.patient_id, version=row.version
    )
    observability.event_record(actor, happened, at=at)


def arrival_tell(actor: Actor, appointment_id: UUID, facts: ArrivalFacts, *, at: datetime) -> None:
    """The patient of an appointment says where they are for it, and whom to call; the last word counts, and
    the therapist's open pages are told that there is one. Raises NotFound, NotAllowed for anybody else,
    RoomClosed before and after (nobody knows then where they will be), and Invalid field by field.
    """
    appointment = _arrival_store(actor, appointment_id, facts, at=at)
    # That, and when: what was said is looked up by whoever may read it. Lost, it comes with the next sign of
    # life of the therapist's page.
    realtime.publish(
        (appointment.therapist_id,),
        {"type": "video:arrival", "appointment": str(appointment.id), "arrival_at": clock.to_wire(at)},
        practice_id=appointment.practice_id,
        scope="scheduling:read",
    )


@transactional
def _arrival_store(actor: Actor, appointment_id: UUID, facts: ArrivalFacts, *, at: datetime) -> Appointment:
    appointment = _own(actor, appointment_id)
    _open_check(appointment, at=at)
    told, faults = arrivals.arrival_check(facts)
    if faults:
        raise Invalid(errors={name: [_WORDS[fault]()] for name, fault in faults.items()})
    row = (
        Arrival.objects.unscoped(reason="what was said for this session")
        .select_for_update()
        .filter(appointment=appointment)
        .first()
    ) or Arrival(
        id=uuid4(),
        practice_id=appointment.practice_id,
        appointment=appointment,
        patient_id=appointment.patient_id,
        therapist_id=appointment.therapist_id,
    )
    row.starts_at = appointment.starts_at
    row.told = vault.seal(
        appointment.patient_id, json.dumps(arrivals.arrival_wire(told)), selectors.arrival_place(row.id)
    )
    row.told_at = at
    row.save()
    happened = events.ArrivalTold(
        object_id=appointment.id, practice_id=appointment.practice_id, subject_id=appointment.patient_id
    )
    observability.event_record(actor, happened, at=at)
    return appointment


@transactional
def arrival_open(actor: Actor, appointment_id: UUID, *, at: datetime) -> ArrivalView | None:
    """Where the patient is, and whom to call, for the two of an appointment while its room is open; that the
    therapist was shown it is on record. None where it has not been said. Raises NotFound, RoomClosed.
    """
    appointment = Appointment.objects.visible_to(actor).get_or_refuse(appointment_id)
    _open_check(appointment, at=at)
    told = Arrival.objects.visible_to(actor).filter(appointment=appointment, starts_at=appointment.starts_at)
    row = told.first()
    if row is None:
        return None
    if actor.user_id != appointment.patient_id:
        happened = events.ArrivalOpened(
            object_id=appointment.id, practice_id=appointment.practice_id, subject_id=appointment.patient_id
        )
        observability.event_record(actor, happened, at=at)
    return ArrivalView(facts=selectors.arrival_facts(row), told_at=row.told_at)


def arrivals_forget(actor: Actor, *, at: datetime) -> int:
    """What patients said of where they were is gone after thirty days; how much. Raises NotAllowed unless the
    system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    old = Arrival.objects.unscoped(reason="places said long ago").filter(told_at__lte=at - _ARRIVALS_KEPT)
    return old.delete()[0]


def patient_check(actor: Actor, appointment: Appointment, *, at: datetime) -> None:
    """Whether the patient, who asks, may go into a session by video now, wherever it is held. Raises
    RoomClosed, ConsentNeeded, ArrivalNeeded.
    """
    _open_check(appointment, at=at)
    if not selectors.consent_holds(actor, appointment.practice_id):
        raise ConsentNeeded
    if selectors.arrival_told_at(actor, appointment.id, starts_at=appointment.starts_at) is None:
        raise ArrivalNeeded


def _open_check(appointment: Appointment, *, at: datetime) -> None:
    if not opening.is_open(appointment.starts_at, appointment.ends_at, at=at):
        raise RoomClosed(
            opens_at=opening.opens_at(appointment.starts_at),
            closes_at=opening.closes_at(appointment.ends_at),
        )


_WORDS: Final = {
    arrivals.Fault.EMPTY: lambda: _("Please fill this in."),
    arrivals.Fault.LONG: lambda: _("Please write at most 200 characters."),
    arrivals.Fault.NO_PHONE: lambda: _("This does not look like a phone number. It has 7 to 15 digits."),
}


def _own(actor: Actor, appointment_id: UUID) -> Appointment:
    person_id = actor.require_user()
    # Its row is the lock: what is said of one appointment is said one after the other.
    appointment = Appointment.objects.visible_to(actor).select_for_update().get_or_refuse(appointment_id)
    if person_id != appointment.patient_id:
        raise NotAllowed(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)
    return appointment
