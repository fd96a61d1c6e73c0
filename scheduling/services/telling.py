"""Who is told what of an appointment."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from accounts import services as accounts_services
from bloom.kernel.actor import Actor, Via
from bloom.kernel.db import transactional
from bloom.kernel.events import RecordedEvent
from scheduling import notice_kinds
from scheduling.events import AppointmentBooked, AppointmentConfirmed, AppointmentMoved
from scheduling.models import Appointment
from scheduling.types import AppointmentState, CancelCause, Party

_REQUESTED: Final = AppointmentState.REQUESTED.value
# Why what was asked for is not to be, where it is not for what happened elsewhere.
_UNANSWERED: Final = (None, CancelCause.DECLINED.value, CancelCause.UNANSWERED.value)


@transactional
def appointment_tell(actor: Actor, recorded: RecordedEvent) -> None:
    """Tell its two people what has happened to an appointment, once for each event: in the app whoever did
    not do it, and by mail both, whose calendars follow. Who did it by the link of a mail may be another than
    its person: they are told as well.
    """
    row = Appointment.objects.unscoped(reason="whom to tell of it").filter(pk=recorded.object_id).first()
    if row is None or recorded.data.get("series_id"):
        # Of a series they are told once, by what has become of it.
        return
    is_invited = _is_in_calendars(recorded)
    did_it = None if recorded.via == Via.LINK else recorded.actor_user_id
    params = {
        "appointment": row.id,
        "patient": row.patient_id,
        "therapist": row.therapist_id,
        "until": row.starts_at,
        "was_invited": is_invited,
    }
    for person_id, code in _codes(row, recorded.name, recorded.data, is_invited=is_invited):
        accounts_services.notice_send(
            actor,
            notice_kinds.APPOINTMENTS,
            code,
            [person_id],
            event_id=recorded.id,
            at=recorded.at,
            params=params,
            practice_id=row.practice_id,
            own=[row.patient_id],
            by_app=person_id != did_it,
        )


def _codes(
    row: Appointment, name: str, data: Mapping[str, Any], *, is_invited: bool
) -> Iterator[tuple[UUID, str]]:
    """Whom to tell what. What was only asked for is told to who waits for it."""
    patient, therapist = row.patient_id, row.therapist_id
    if name in (AppointmentBooked.name, AppointmentMoved.name):
        done = "booked" if name == AppointmentBooked.name else "moved"
        is_asked = data["state"] == _REQUESTED
        yield patient, "requested" if is_asked else done
        yield therapist, "asked" if is_asked else done
    elif name == AppointmentConfirmed.name:
        yield patient, "confirmed"
        yield therapist, "confirmed"
    elif data.get("was") != _REQUESTED or data.get("cause") not in _UNANSWERED:
        yield patient, "cancelled"
        yield therapist, "cancelled"
    elif data["party"] == Party.THERAPIST:
        yield patient, "declined"
        if is_invited:
            yield therapist, "cancelled"
    elif data["party"] == Party.PATIENT:
        yield therapist, "withdrawn"
        if is_invited:
            yield patient, "cancelled"
    else:
        yield patient, "lapsed"
        yield therapist, "lapsed"


def _is_in_calendars(recorded: RecordedEvent) -> bool:
    """Whether mails may have put it into somebody's calendar: what was asked for and called off, with nothing
    in between, never was.
    """
    return recorded.name == AppointmentMoved.name or int(recorded.data["sequence"]) > 1
