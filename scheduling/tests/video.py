"""Video accounts and meetings for tests."""

from datetime import datetime, timedelta
from uuid import uuid4

from accounts.tests import factories as people
from bloom.kernel import clock, vault
from scheduling.integrations.meet.fake import MeetFake
from scheduling.models import Appointment, Calendar, Meeting, MeetingCredential, MeetingEvent
from scheduling.telehealth import keys, services
from scheduling.telehealth.rules import rooms as opening
from scheduling.telehealth.services.running import join_place
from scheduling.telehealth.types import CredentialView, MeetAccount, MeetingState, ZoomAccount
from scheduling.telehealth.types_rooms import CONSENT_VERSION, ArrivalFacts
from scheduling.tests import factories
from scheduling.tests.factories import Desk
from scheduling.tests.vendors import ZOOM_KEYS

HOOK_SECRET = "zoom-hook-secret"
SYSTEM = people.SYSTEM
ARRIVAL = ArrivalFacts(
    region="Illinois",
    address="120 Elm Street, Chicago",
    contact_name="Ada Torres",
    contact_phone="+1 (312) 555-0142",
)
ZOOM = ZoomAccount(
    account_id=ZOOM_KEYS.account_id,
    client_id=ZOOM_KEYS.client_id,
    client_secret=ZOOM_KEYS.client_secret,
    hook_secret=HOOK_SECRET,
)


def soon(**more: int) -> datetime:
    """A whole hour, some days from now."""
    moment = clock.now() + timedelta(**(more or {"days": 3}))
    return moment.replace(minute=0, second=0, microsecond=0)


def owner(desk: Desk):
    """The therapist, who has just shown that it is they."""
    return people.actor(desk.therapist, practice_id=desk.practice_id, factor_at=clock.now())


def zoom(desk: Desk, *, is_own: bool = True, account: ZoomAccount = ZOOM) -> CredentialView:
    return services.credential_save(owner(desk), desk.practice_id, account, is_own=is_own, at=clock.now())


def meet_account(fake: MeetFake, **more: str) -> MeetAccount:
    import json

    return MeetAccount(service_account=json.dumps(fake.service_account()), **more)


def booked(desk: Desk, starts_at: datetime | None = None, **facts) -> Appointment:
    """An appointment whose meeting has been asked for."""
    made = factories.appointment(desk, starts_at or soon(), **facts)
    services.meeting_follow(SYSTEM, made.id, at=clock.now())
    return made


def run(**later: int):
    """A run of what is due; `later` from now."""
    return services.meetings_run(SYSTEM, at=clock.now() + timedelta(**later))


def meeting(appointment: Appointment) -> Meeting:
    return Meeting.objects.unscoped(reason="test").get(appointment=appointment)


def credential() -> MeetingCredential:
    return MeetingCredential.objects.unscoped(reason="test").get()


def told(appointment: Appointment) -> list[str]:
    rows = MeetingEvent.objects.unscoped(reason="test").filter(meeting__appointment=appointment)
    return sorted(rows.values_list("happening", flat=True))


def link_there(desk: Desk, appointment: Appointment) -> None:
    """Its Zoom meeting is there; no vendor is asked."""
    held = keys.keys_typed(ZOOM)
    account = MeetingCredential(
        id=uuid4(),
        practice_id=desk.practice_id,
        therapist=desk.therapist,
        vendor=held.vendor.value,
        hint=held.hint,
        tested_at=clock.now(),
        created_by_id=desk.therapist.id,
        created_at=clock.now(),
        changed_at=clock.now(),
    )
    account.keys = keys.keys_seal(held, account.id)
    account.save(force_insert=True)
    row = Meeting(
        id=uuid4(),
        practice_id=desk.practice_id,
        appointment=appointment,
        credential=account,
        vendor=account.vendor,
        state=MeetingState.THERE.value,
        vendor_id="81234567890",
        held_starts_at=appointment.starts_at,
        held_minutes=50,
        created_at=clock.now(),
        changed_at=clock.now(),
    )
    row.join_url = vault.seal(desk.patient.id, "https://zoom.example/j/81234567890", join_place(row.id))
    row.save(force_insert=True)


def seen_by_two(talk) -> Appointment:
    """An appointment of two people in care together, whose Zoom meeting is there; no vendor is asked."""
    desk = _desk_of(talk, factories.calendar(talk.therapist, practice_id=talk.practice_id))
    appointment = factories.appointment(desk, soon(), state="confirmed")
    link_there(desk, appointment)
    return appointment


def _desk_of(talk, calendar: Calendar) -> Desk:
    return Desk(
        talk.therapist,
        talk.patient,
        talk.practice_id,
        calendar,
        factories.service(calendar),
        as_therapist=talk.as_therapist,
        as_patient=talk.as_patient,
    )


def room_of(desk: Desk, starts_at: datetime | None = None, **facts) -> Appointment:
    """An appointment by video that began a minute ago; its patient has said nothing yet."""
    began = (starts_at or clock.now() - timedelta(minutes=1)).replace(microsecond=0)
    # Claims stand on whole quanta; a room needs none.
    return factories.appointment(desk, began, is_claimed=False, **facts)


def ready(desk: Desk, appointment: Appointment) -> None:
    """The patient has agreed to video, and said where they are."""
    patient = people.actor(desk.patient)
    services.consent_give(patient, appointment.id, version=CONSENT_VERSION, at=clock.now())
    services.arrival_tell(patient, appointment.id, ARRIVAL, at=said_at(appointment))


def said_at(appointment: Appointment) -> datetime:
    """Now, or the next moment at which the room is open."""
    now = clock.now()
    is_open = opening.is_open(appointment.starts_at, appointment.ends_at, at=now)
    return now if is_open else appointment.starts_at


def room_open(talk) -> Appointment:
    """The room of two people in care together, with all said that is to be said before."""
    held = Calendar.objects.unscoped(reason="test").filter(therapist=talk.therapist).first()
    desk = _desk_of(talk, held or factories.calendar(talk.therapist, practice_id=talk.practice_id))
    appointment = room_of(desk)
    ready(desk, appointment)
    return appointment
