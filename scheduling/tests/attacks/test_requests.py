"""Crafted requests for times: what a page never sends, anybody can."""

from datetime import timedelta
from email import message_from_bytes, policy
from uuid import uuid4

import pytest
from django.core import mail
from icalendar import Calendar

from accounts import letters
from accounts.tests import factories as people
from bloom.kernel import clock
from observability import services as observability
from scheduling import holds
from scheduling.models import Appointment, Claim
from scheduling.tests import factories
from scheduling.tests.forgetting import holds_flush
from scheduling.tests.test_feeds import made, read
from scheduling.types import HOLDS_MOST

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def desk(settings):
    settings.RATE_FACTOR = 100
    holds_flush()
    return factories.desk()


def free_hour(desk, *, hour=16):
    """Ten or so in Chicago, on a weekday of next week."""
    day = clock.now().replace(hour=hour, minute=0, second=0, microsecond=0) + 7 * DAY
    while day.weekday() > 4:
        day += DAY
    return day


def post(person, path, **body):
    return people.browser(person).post(f"/api/v1{path}", body, content_type="application/json")


def hold(person, desk, starts_at, **more):
    return post(
        person,
        "/holds/",
        therapist=str(desk.therapist.id),
        service=str(desk.service.id),
        starts_at=clock.to_wire(starts_at),
        **more,
    )


def rows():
    return Appointment.objects.unscoped(reason="test")


@pytest.mark.parametrize(
    "deed", ["cancel", "confirm", "decline", "complete", "no-show", "reschedule", "repeat"]
)
def test_nothing_is_done_with_anothers_appointment_by_its_id(desk, deed):
    """ASVS 5 V8.2.2: to a stranger it is as one that does not exist."""
    row = factories.appointment(desk, free_hour(desk))
    body = {"starts_at": clock.to_wire(row.starts_at + HOUR)} if deed == "reschedule" else {}
    body = {"frequency": "weekly"} if deed == "repeat" else body
    for stranger in (people.patient(), people.therapist(), people.support()):
        there, nowhere = (
            post(stranger, f"/appointments/{id_}/{deed}/", **body).status_code for id_ in (row.id, uuid4())
        )
        assert there == nowhere
        assert there in (403, 404)
        assert people.browser(stranger).get(f"/api/v1/appointments/{row.id}/").status_code == 404
    row.refresh_from_db(from_queryset=rows())
    assert (row.state, row.sequence) == ("confirmed", 0)


def test_anothers_hold_is_neither_booked_nor_let_go(desk):
    """ASVS 5 V8.2.2: its id is no key to it."""
    other = people.patient()
    people.listing(desk.therapist)
    held = hold(desk.patient, desk, free_hour(desk)).json()["id"]
    assert post(other, "/appointments/", hold=held).json()["code"] == "hold_gone"
    assert people.browser(other).delete(f"/api/v1/holds/{held}/").status_code == 404
    assert not rows().exists()
    assert post(desk.patient, "/appointments/", hold=held).status_code == 201


def test_one_person_does_not_hold_half_a_calendar(desk):
    """ASVS 5 V2.3.2: one time of a therapist, and so many in all."""
    people.listing(desk.therapist)
    first = free_hour(desk)
    for number in range(6):
        assert hold(desk.patient, desk, first + number * HOUR).status_code == 201
    held = holds.holds_of([desk.therapist.id], at=clock.now())[desk.therapist.id]
    assert [each.taken.starts_at for each in held] == [first + 5 * HOUR]
    others = [factories.desk(patient=desk.patient) for _ in range(HOLDS_MOST)]
    answers = [hold(desk.patient, each, first) for each in others]
    assert [each.status_code for each in answers] == [201] * (HOLDS_MOST - 1) + [409]
    assert answers[-1].json()["code"] == "holds_full"


def test_a_flood_of_holds_is_told_to_wait(desk, settings):
    """ASVS 5 V2.4.1."""
    settings.RATE_FACTOR, settings.HOLDS_PER_HOUR = 1, 3
    answers = [hold(desk.patient, desk, free_hour(desk)).status_code for _ in range(5)]
    assert answers == [201, 201, 201, 429, 429]


@pytest.mark.parametrize(
    ("moved", "reason"),
    [
        (timedelta(hours=12), "closed"),
        (timedelta(minutes=7), "closed"),
        (-20 * DAY, "too_soon"),
        (timedelta(days=400), "too_far"),
    ],
    ids=["at night", "between steps", "past", "beyond"],
)
def test_what_no_page_offers_is_neither_held_nor_moved_to(desk, moved, reason):
    """ASVS 5 V2.2.2: whatever the request says, the hours decide, and say why."""
    wanted = free_hour(desk) + moved
    refused = hold(desk.patient, desk, wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_not_offered")
    assert refused.json()["reason"] == reason
    row = factories.appointment(desk, free_hour(desk) + DAY * 7)
    answer = post(desk.patient, f"/appointments/{row.id}/reschedule/", starts_at=clock.to_wire(wanted))
    assert answer.status_code in (400, 409)
    row.refresh_from_db(from_queryset=rows())
    assert row.sequence == 0


def test_no_terms_come_from_the_client(desk):
    """ASVS 5 V15.3.3: price, length, state, whose it is and who has it are not read from a body."""
    other = people.patient()
    terms = {
        "price": {"amount": 1, "currency": "USD"},
        "price_minor": 1,
        "duration_minutes": 480,
        "ends_at": clock.to_wire(free_hour(desk) + 8 * HOUR),
        "late_fee_minor": 0,
        "state": "completed",
        "status": "completed",
        "patient_id": str(other.id),
        "service_version": 99,
    }
    held = hold(desk.patient, desk, free_hour(desk), **terms).json()
    told = post(desk.patient, "/appointments/", hold=held["id"], **terms).json()
    row = rows().get()
    assert (row.price_minor, row.duration_minutes) == (desk.service.price_minor, 50)
    assert (row.state, row.patient_id) == ("confirmed", desk.patient.id)
    assert row.ends_at - row.starts_at == timedelta(minutes=50)
    assert told["price"]["amount"] == desk.service.price_minor
    assert Claim.objects.unscoped(reason="test").count() == 10


def test_a_service_of_one_therapist_is_not_held_as_anothers(desk):
    """ASVS 5 V2.2.3: what belongs together is checked together."""
    other = factories.desk(patient=desk.patient)
    answer = post(
        desk.patient,
        "/holds/",
        therapist=str(desk.therapist.id),
        service=str(other.service.id),
        starts_at=clock.to_wire(free_hour(desk)),
    )
    assert answer.status_code == 404


EVIL = "Eve\r\nATTENDEE:mailto:eve@evil.example\r\nBEGIN:VEVENT\r\nBcc: eve@evil.example"


def test_a_name_writes_neither_a_header_nor_a_line_of_a_calendar(desk):
    """ASVS 5 V1.3.11: what people are called is a value, in mails and in what calendars read."""
    for person in (desk.patient, desk.therapist):
        type(person).objects.filter(pk=person.pk).update(name=EVIL)
    held = hold(desk.patient, desk, free_hour(desk)).json()
    assert post(desk.patient, "/appointments/", hold=held["id"]).status_code == 201
    observability.outbox_drain(people.SYSTEM, at=clock.now())
    mail.outbox.clear()
    letters.letters_send(at=clock.now() + timedelta(seconds=1))
    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        message = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
        assert message["Bcc"] is None
        assert sent.recipients() == [message["To"]]
        (part,) = [each for each in message.walk() if each.get_content_type() == "text/calendar"]
        calendar = Calendar.from_ical(part.get_content())
        (event,) = calendar.walk("VEVENT")
        assert "evil.example" not in str(event.get("ATTENDEE", ""))
    fetched = read(made(desk.patient))
    (event,) = Calendar.from_ical(fetched.content).walk("VEVENT")
    assert "ATTENDEE" not in event


def test_an_address_that_goes_on_behind_a_line_is_none(desk):
    """ASVS 5 V4.2.2: nothing of an address reaches a header of the answer."""
    browser = people.browser(desk.patient)
    for path in ("/calendar/?on=2026-01-01%0d%0aSet-Cookie:%20a=b", "/book/?all=%0d%0aX-Evil:%201"):
        answer = browser.get(path)
        assert answer.status_code in (200, 302, 404)
        assert "X-Evil" not in answer
        assert "a" not in answer.cookies
