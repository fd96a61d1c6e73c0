"""A therapist, or the practice's desk, books for a patient."""

import uuid
from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.actor import Via
from bloom.kernel.errors import IdempotencyConflict
from scheduling import errors, selectors, services
from scheduling.models import Appointment, Claim
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.types import AppointmentState, Deed, FreeCause, Mode

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def desk():
    return factories.desk(free_cancel_minutes=48 * 60, late_fee_minor=75_00)


def desk_of(desk):
    """Somebody at the front desk of the practice."""
    person = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, person.id, MembershipRole.FRONT_DESK, at=AT
    )
    return people.actor(person, via=Via.API, practice_id=desk.practice_id)


def book(desk, starts_at=START, *, actor=None, **more):
    said = {"key": uuid.uuid4(), "at": AT, **more}
    return services.appointment_book_for(
        actor or desk.as_therapist,
        said.pop("patient_id", desk.patient.id),
        said.pop("service_id", desk.service.id),
        starts_at=starts_at,
        **said,
    )


def test_it_is_confirmed_at_once_and_the_patient_has_it(desk):
    booked = book(desk, note="Wants to talk about work.")
    assert booked.is_new
    view = selectors.appointment_get(desk.as_patient, booked.appointment.id, at=AT)
    assert (view.state, view.mode) == (AppointmentState.CONFIRMED, Mode.TELEHEALTH)
    assert view.price.amount == desk.service.price_minor
    # What the therapist noted is theirs.
    assert view.note is None
    assert booked.appointment.note == "Wants to talk about work."
    assert Deed.CANCEL in view.deeds
    assert Claim.objects.unscoped(reason="test").count() == 10
    event = people.recorded("scheduling.appointment.booked")[-1]
    assert (event.actor_user_id, event.subject_id) == (desk.therapist.id, desk.patient.id)


def test_the_patient_did_not_choose_the_time_and_owes_nothing_for_it(desk):
    view = book(desk).appointment
    assert (view.agreed_at, view.free_cause) == (None, FreeCause.NOT_CHOSEN)
    off = services.appointment_cancel(desk.as_patient, view.id, at=START - HOUR)
    assert (off.state, off.owes_late_fee) == (AppointmentState.CANCELLED, False)
    missed = book(desk, START + 2 * HOUR).appointment
    view = services.appointment_missed(desk.as_therapist, missed.id, at=START + 3 * HOUR)
    assert not view.owes_late_fee


def test_the_same_key_books_once(desk):
    key = uuid.uuid4()
    first, again = book(desk, key=key), book(desk, key=key, mode=Mode.TELEHEALTH)
    assert first.is_new
    assert not again.is_new
    assert again.appointment == first.appointment
    assert Appointment.objects.unscoped(reason="test").count() == 1


def test_the_same_key_for_something_else_is_refused_and_books_nothing(desk):
    """Nobody is told that a patient is booked who is not: two tabs of one page, say."""
    key, other = uuid.uuid4(), people.patient()
    people.assignment(other, desk.therapist, practice_id=desk.practice_id)
    service = factories.service(desk.calendar, name="Something longer")
    book(desk, key=key)
    for said in (
        {"patient_id": other.id},
        {"service_id": service.id},
        {"starts_at": START + HOUR},
        {"mode": Mode.IN_PERSON},
    ):
        with pytest.raises(IdempotencyConflict):
            book(desk, key=key, **said)
    # A key that is also somebody else's, of a hold of theirs, say, is another: each has their own.
    theirs = factories.appointment(desk, START + 4 * HOUR, patient=other)
    assert book(desk, START + 2 * HOUR, key=theirs.hold_id).is_new
    assert Appointment.objects.unscoped(reason="test").count() == 3


def test_the_page_says_so_and_books_it_when_it_is_sent_again(desk):
    browser, at = people.browser(desk.therapist), clock.now()
    other = people.patient()
    people.assignment(other, desk.therapist, practice_id=desk.practice_id)
    day = (at + timedelta(days=3)).date()
    asked = {
        "patient": str(desk.patient.id),
        "service": str(desk.service.id),
        "on": day.isoformat(),
        "at": "10:00",
        "mode": "telehealth",
        "key": str(uuid.uuid4()),
    }
    first = browser.post("/calendar/book/", asked)
    assert first.status_code == 302
    second = {**asked, "patient": str(other.id), "at": "14:00"}
    refused = browser.post("/calendar/book/", second)
    assert refused.status_code == 409
    assert "This page has booked something else already" in refused.content.decode()
    assert Appointment.objects.unscoped(reason="test").filter(patient=other).count() == 0
    again = {**second, "key": str(refused.context["form"]["key"].value())}
    assert browser.post("/calendar/book/", again).status_code == 302
    assert Appointment.objects.unscoped(reason="test").filter(patient=other).count() == 1


def test_a_therapist_books_outside_their_hours_and_the_desk_only_within_them(desk):
    evening = START + 9 * HOUR
    front = desk_of(desk)
    with pytest.raises(errors.SlotNotOffered) as refused:
        book(desk, evening, actor=front)
    assert refused.value.fields["reason"] == "closed"
    assert refused.value.fields["alternatives"]
    assert book(desk, evening).is_new
    # Steps and notice are for patients.
    assert book(desk, START + timedelta(minutes=5), actor=front).is_new


def test_nobody_is_booked_over_another(desk):
    factories.appointment(desk, START, patient=people.patient())
    for actor in (None, desk_of(desk)):
        with pytest.raises(errors.SlotTaken) as refused:
            book(desk, START + timedelta(minutes=25), actor=actor)
        assert len(refused.value.fields["alternatives"]) == 3


def test_a_patient_is_not_in_two_places_at_the_practice(desk):
    other = factories.desk(patient=desk.patient)
    factories.appointment(other, START)
    # Elsewhere is nobody's business.
    assert book(desk).is_new
    with pytest.raises(errors.AppointmentOverlaps):
        second = people.therapist()
        accounts_services.membership_start(
            people.SYSTEM, desk.practice_id, second.id, MembershipRole.CLINICIAN, at=AT
        )
        people.assignment(desk.patient, second, practice_id=desk.practice_id)
        theirs = factories.service(factories.calendar(second, practice_id=desk.practice_id))
        actor = people.actor(second, via=Via.API, practice_id=desk.practice_id)
        book(desk, actor=actor, service_id=theirs.id)


def test_what_somebody_holds_is_taken_for_the_desk_and_not_for_the_therapist(desk):
    people.listing(desk.therapist)
    services.hold_place(
        people.actor(people.patient(), via=Via.API),
        therapist_id=desk.therapist.id,
        service_id=desk.service.id,
        starts_at=START,
        at=AT,
    )
    with pytest.raises(errors.SlotTaken):
        book(desk, actor=desk_of(desk))
    assert book(desk).is_new


def test_the_day_is_full_for_the_desk_at_its_limit():
    desk = factories.desk(daily_limit=1)
    factories.appointment(desk, START, patient=people.patient())
    with pytest.raises(errors.SlotNotOffered) as refused:
        book(desk, START + 3 * HOUR, actor=desk_of(desk))
    assert refused.value.fields["reason"] == "day_full"


def test_it_is_done_by_rest_and_a_repeat_books_once(desk):
    browser = people.browser(desk.therapist)
    starts_at = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    asked = {
        "patient": str(desk.patient.id),
        "service": str(desk.service.id),
        "starts_at": clock.to_wire(starts_at),
        "note": "For me alone.",
    }

    def post(body, **more):
        return browser.post("/api/v1/appointments/", body, content_type="application/json", headers=more)

    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = post(asked, **key), post(asked, **key)
    assert (first.status_code, again.json()) == (201, first.json())
    assert (first.json()["note"], first.json()["agreed_at"]) == ("For me alone.", None)
    assert Appointment.objects.unscoped(reason="test").count() == 1
    taken = post(asked)
    assert (taken.status_code, taken.json()["code"]) == (409, "slot_taken")
    for body, field in (
        ({}, "hold"),
        ({"patient": asked["patient"]}, "service"),
        ({**asked, "hold": str(uuid.uuid4())}, "patient"),
    ):
        refused = post(body)
        assert refused.status_code == 400
        assert field in refused.json()["errors"]
