"""The way from an appointment into its meeting."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts import selectors as accounts_selectors
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotFound
from observability import services as observability
from scheduling.models import Appointment, Meeting, MeetingCredential
from scheduling.telehealth import events, keys
from scheduling.telehealth.errors import MeetingNotThere
from scheduling.telehealth.keys import Keys
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.services.consenting import patient_check
from scheduling.telehealth.services.running import join_place
from scheduling.telehealth.types import MeetingState


@dataclass(frozen=True, slots=True)
class _Way:
    """A meeting's address, and what its host's is asked with."""

    join_url: str
    vendor_id: str
    held: Keys | None


def meeting_open(actor: Actor, appointment_id: UUID, *, at: datetime) -> str:
    """The address of an appointment's meeting for one of its two people; on record. The therapist gets the
    host's, made anew; where the vendor does not answer, the common one, which asks them to sign in there. The
    patient gets it as they get into the room: while that is open, once they agreed and said where they are.

    Raises NotFound, MeetingNotThere, RoomClosed, ConsentNeeded, ArrivalNeeded.
    """
    way, is_host = _taken(actor, appointment_id, at=at)
    if not is_host or way.held is None:
        return way.join_url
    person_id = actor.require_user()
    host, _language = accounts_selectors.mail_addresses([person_id]).get(person_id, ("", ""))
    try:
        return way.held.provider(host).meeting_get(way.vendor_id).host_url
    except (VendorUnavailable, VendorRejected):
        return way.join_url


@transactional
def _taken(actor: Actor, appointment_id: UUID, *, at: datetime) -> tuple[_Way, bool]:
    person_id = actor.require_user()
    appointment = Appointment.objects.visible_to(actor).get_or_refuse(appointment_id)
    if person_id not in {appointment.patient_id, appointment.therapist_id}:
        # The desk sees the appointment, and comes to no session.
        raise NotFound(object_kind="scheduling.appointment", object_id=appointment_id, exists=True)
    row = Meeting.objects.visible_to(actor).filter(appointment_id=appointment_id).first()
    if row is None or row.state != MeetingState.THERE.value or row.join_url is None:
        raise MeetingNotThere
    credentials = MeetingCredential.objects.unscoped(reason="with whose keys the host's address is asked")
    credential = credentials.filter(pk=row.credential_id).first() if row.credential_id else None
    is_host = person_id == appointment.therapist_id
    if not is_host:
        patient_check(actor, appointment, at=at)
    opened = events.MeetingOpened(
        object_id=row.id,
        practice_id=row.practice_id,
        subject_id=appointment.patient_id,
        appointment_id=appointment_id,
        as_host=is_host,
    )
    observability.event_record(actor, opened, at=at)
    held = keys.keys_open(credential.vendor, credential.keys, credential.id) if credential else None
    return _Way(vault.open(row.join_url, join_place(row.id)), row.vendor_id, held), is_host
