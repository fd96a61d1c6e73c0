"""Somebody looks into calendars that are not theirs, or books and moves whom they may not."""

import uuid
from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.actor import Via
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from scheduling import errors, services
from scheduling.models import Appointment
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.types import Block, Modes, Rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def book(desk, actor, **more):
    said = {"starts_at": START, "key": uuid.uuid4(), "at": AT, **more}
    patient_id, service_id = said.pop("patient_id", desk.patient.id), said.pop("service_id", desk.service.id)
    return services.appointment_book_for(actor, patient_id, service_id, **said)


def colleague(desk, role=MembershipRole.CLINICIAN):
    person = people.therapist()
    accounts_services.membership_start(people.SYSTEM, desk.practice_id, person.id, role, at=AT)
    return person


@pytest.mark.parametrize("who", ["patient", "stranger", "colleague", "admin"])
def test_nobody_opens_a_calendar_that_is_not_theirs_by_its_address(desk, who):
    """ASVS 5 V8.2.2: no patient, no other therapist, no clinician of the same practice, no staff."""
    person = {
        "patient": lambda: desk.patient,
        "stranger": people.therapist,
        "colleague": lambda: colleague(desk),
        "admin": people.admin,
    }[who]()
    meets = people.patient(name="Wilhelmina Quist")
    factories.appointment(desk, clock.now() + timedelta(days=1), patient=meets)
    browser = people.browser(person, practice_id=desk.practice_id if who == "colleague" else None)
    for address in ("/calendar/?", "/calendar/book/?"):
        answer = browser.get(f"{address}therapist={desk.therapist.id}")
        assert answer.status_code in (403, 404)
        assert meets.name not in answer.content.decode()
    unknown = browser.get(f"/calendar/?therapist={uuid.uuid4()}")
    assert unknown.status_code == 404


def test_the_refusal_is_on_record(desk):
    """ASVS 5 V16.3.2."""
    people.browser(people.patient()).get(f"/calendar/?therapist={desk.therapist.id}")
    assert [each.object_id for each in people.recorded("observability.access.refused")] == [desk.therapist.id]


@pytest.mark.parametrize(
    "said",
    [
        "on=9999-12-31", "on=0001-01-01", "on=2026-02-30", "on=%00", "on=2026-W01-1", "view=century",
        "view=month&on=2198-12-31", "view=agenda&on=2198-12-31", "view=month&on=2001-01-01",
    ],
)  # fmt: skip
def test_days_that_nobody_means_are_no_error(desk, said):
    """ASVS 5 V2.2.1."""
    assert people.browser(desk.therapist).get(f"/calendar/?{said}").status_code == 200
    assert people.browser(desk.patient).get(f"/calendar/?{said}").status_code == 200


@pytest.mark.parametrize("therapist", ["x", "%00", "1", "../../admin"])
def test_a_therapist_who_is_no_id_is_nobody(desk, therapist):
    """ASVS 5 V2.2.1."""
    assert people.browser(desk.therapist).get(f"/calendar/?therapist={therapist}").status_code == 404


def test_a_patient_who_is_not_in_care_is_not_booked(desk):
    """ASVS 5 V8.2.2: nor one of a colleague, nor one whose care is over, nor somebody unknown."""
    stranger = people.patient()
    with pytest.raises(NotFound):
        book(desk, desk.as_therapist, patient_id=stranger.id)
    with pytest.raises(NotFound):
        book(desk, desk.as_therapist, patient_id=uuid.uuid4())
    other = colleague(desk)
    theirs = people.patient()
    people.assignment(theirs, other, practice_id=desk.practice_id)
    with pytest.raises(errors.PatientNotInCare):
        book(desk, desk.as_therapist, patient_id=theirs.id)
    assert not Appointment.objects.unscoped(reason="test").exists()


def test_nobody_books_into_anothers_calendar(desk):
    """ASVS 5 V8.2.1: a colleague, the patient, a biller, an owner who acts for another practice."""
    # Everybody finds what is offered.
    people.listing(desk.therapist)
    biller = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, biller.id, MembershipRole.BILLER, at=AT
    )
    elsewhere = people.actor(desk.therapist, via=Via.API, practice_id=people.practice(desk.therapist))
    attempts = [
        people.actor(colleague(desk), via=Via.API, practice_id=desk.practice_id),
        desk.as_patient,
        people.actor(biller, via=Via.API, practice_id=desk.practice_id),
        elsewhere,
    ]
    for actor in attempts:
        with pytest.raises((NotFound, NotAllowed)):
            book(desk, actor)
    assert not Appointment.objects.unscoped(reason="test").exists()


def test_times_that_are_past_or_crooked_are_none(desk):
    """ASVS 5 V2.2.1."""
    for starts_at in (AT - timedelta(hours=1), AT):
        with pytest.raises(errors.SlotNotOffered):
            book(desk, desk.as_therapist, starts_at=starts_at)
    with pytest.raises(Invalid):
        book(desk, desk.as_therapist, starts_at=START + timedelta(minutes=1))


def test_the_desk_writes_no_note_in_the_therapists_name(desk):
    """ASVS 5 V8.2.3."""
    front = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, front.id, MembershipRole.FRONT_DESK, at=AT
    )
    with pytest.raises(NotAllowed):
        book(desk, people.actor(front, via=Via.API, practice_id=desk.practice_id), note="Bring the card.")


def test_a_crafted_drag_moves_nothing_that_is_anothers(desk):
    """ASVS 5 V8.2.2: what a page's script sends is sent by anybody."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    row = factories.appointment(desk, hour + timedelta(days=3))
    wanted = clock.to_wire(row.starts_at + timedelta(hours=1))
    biller = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, biller.id, MembershipRole.BILLER, at=AT
    )
    for person in (people.therapist(), people.patient(), biller):
        answer = people.browser(person).post(
            f"/api/v1/appointments/{row.id}/reschedule/",
            {"starts_at": wanted},
            content_type="application/json",
        )
        assert answer.status_code == 404
    past = people.browser(desk.therapist).post(
        f"/api/v1/appointments/{row.id}/reschedule/",
        {
            "starts_at": clock.to_wire(
                clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
            )
        },
        content_type="application/json",
    )
    assert past.status_code == 409
    row.refresh_from_db(from_queryset=Appointment.objects.unscoped(reason="test"))
    assert row.sequence == 0


def test_price_and_length_are_not_the_clients(desk):
    """ASVS 5 V15.3.3."""
    day = clock.now().date() + timedelta(days=7)
    noon = f"{day}T18:00:00Z"
    answer = people.browser(desk.therapist).post(
        "/api/v1/appointments/",
        {
            "patient": str(desk.patient.id),
            "service": str(desk.service.id),
            "starts_at": noon,
            "price": {"amount": 1, "currency": "USD"},
            "duration_minutes": 480,
            "therapist": str(people.therapist().id),
        },
        content_type="application/json",
    )
    assert answer.status_code == 201
    told = answer.json()
    assert told["price"]["amount"] == desk.service.price_minor
    assert told["therapist"]["id"] == str(desk.therapist.id)
    begins, ends = clock.from_wire(told["starts_at"]), clock.from_wire(told["ends_at"])
    assert ends - begins == timedelta(minutes=desk.service.duration_minutes)


def test_a_forged_filter_finds_no_more_than_there_is(desk):
    """ASVS 5 V2.2.1."""
    people.listing(desk.therapist)
    services.availability_set(
        people.actor(desk.therapist),
        time_zone="UTC",
        blocks=[Block(weekday, 0, 1440, Modes.BOTH) for weekday in range(7)],
        rules=Rules(notice_minutes=0),
        version=0,
        at=clock.now(),
    )
    browser = people.browser(people.patient())
    for said in ("gender=' OR 1=1", "mode=%00", "specialty=<script>", "insurance=../..", "all=99999999"):
        answer = browser.get(f"/book/?{said}", follow=True)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    refused = browser.get("/api/v1/slots/?gender=anything")
    assert refused.status_code == 400
