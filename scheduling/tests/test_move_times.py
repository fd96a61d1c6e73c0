"""The times to which an appointment can be moved: of the session as it was agreed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from scheduling import selectors, services
from scheduling.models import Appointment, Calendar, Service
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.tests.test_booking_for import desk_of
from scheduling.types import AppointmentState, Mode, Modes

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
# Nine in Chicago.
OPENS = START - HOUR


@pytest.fixture
def desk():
    return factories.desk()


def service_set(**facts):
    Service.objects.unscoped(reason="test").update(**facts)


def times(actor, row, *, start=OPENS, days=1, at=AT):
    found = selectors.slots_for_move(actor, row.id, start=start, end=start + days * DAY, at=at)
    return [each.starts_at for each in found]


def actors(desk):
    return desk.as_patient, desk_of(desk)


def test_an_appointment_whose_service_is_offered_no_more_has_times(desk):
    row = factories.appointment(desk)
    service_set(retired_at=AT)
    for actor in actors(desk):
        assert START + 2 * HOUR in times(actor, row)
        coming = selectors.slot_next_for_move(actor, row.id, start=START + 10 * HOUR, at=AT)
        assert coming.starts_at == OPENS + DAY
    moved = services.appointment_move(desk_of(desk), row.id, starts_at=START + 2 * HOUR, at=AT)
    assert moved.starts_at == START + 2 * HOUR


def test_each_is_one_to_which_it_can_be_moved_as_long_as_it_was_agreed(desk):
    """Its service is shorter by now, and has air around it no more."""
    service_set(buffer_before=10, buffer_after=15)
    desk.service.refresh_from_db()
    row = factories.appointment(desk)
    factories.appointment(desk, START + 3 * HOUR, patient=people.patient())
    service_set(duration_minutes=15, buffer_before=0, buffer_after=0)
    for actor in actors(desk):
        found = times(actor, row)
        assert {START + 3 * HOUR - each * MINUTE for each in (15, 30, 45)}.isdisjoint(found)
        for starts_at in found:
            services.appointment_move(actor, row.id, starts_at=starts_at, agreed=True, at=AT)
        services.appointment_move(actor, row.id, starts_at=START, agreed=True, at=AT)


def test_its_own_place_is_free_for_it_and_no_other_time(desk):
    Calendar.objects.unscoped(reason="test").update(slot_minutes=15, daily_limit=1)
    row = factories.appointment(desk)
    factories.appointment(desk, START + DAY, patient=people.patient())
    for actor in actors(desk):
        found = times(actor, row, days=2)
        assert {START - 15 * MINUTE, START + 15 * MINUTE} <= set(found)
        assert START not in found
        # Its own day is not full by it; the next one is by another.
        assert max(found) < OPENS + DAY


def test_the_way_of_meeting_that_was_agreed_stays(desk):
    row = factories.appointment(desk)
    service_set(modes=Modes.IN_PERSON.value)
    for actor in actors(desk):
        found = selectors.slots_for_move(actor, row.id, start=OPENS, end=OPENS + DAY, at=AT)
        assert Mode.TELEHEALTH in found[0].modes


def test_notice_and_horizon_are_for_patients(desk):
    Calendar.objects.unscoped(reason="test").update(notice_minutes=48 * 60, horizon_days=3)
    row = factories.appointment(desk)
    at = START - DAY
    assert times(desk.as_patient, row, days=10, at=at) == [
        each for each in times(desk_of(desk), row, days=10, at=at) if START + DAY <= each < START + 2.5 * DAY
    ]
    assert START + HOUR in times(desk_of(desk), row, at=at)


@pytest.fixture
def coming(desk):
    """One in nine days or a little later, on a weekday at ten in Chicago, but for daylight saving."""
    starts_at = factories.weekday_ahead()
    return factories.appointment(desk, starts_at)


def front(desk):
    """The browser of somebody at the front desk."""
    person = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, person.id, MembershipRole.FRONT_DESK, at=AT
    )
    return people.browser(person)


@pytest.mark.parametrize("facts", [{"retired_at": AT}, {"duration_minutes": 15}])
def test_on_the_page(desk, coming, facts):
    other = coming.starts_at + 3 * HOUR
    factories.appointment(desk, other, patient=people.patient())
    service_set(**facts)
    for browser in (people.browser(desk.patient), front(desk)):
        week = browser.get(
            f"/appointments/{coming.id}/move/?day={coming.starts_at:%Y-%m-%d}"
        ).content.decode()
        assert f'value="{(coming.starts_at + HOUR).isoformat()}"' in week
        assert f'value="{(other - 30 * MINUTE).isoformat()}"' not in week


def test_the_desk_is_told_on_the_appointments_page_what_it_can_never_do(desk, coming):
    browser = front(desk)
    rows = Appointment.objects.unscoped(reason="test").filter(pk=coming.pk)
    wanted = {"starts_at": clock.to_wire(coming.starts_at + HOUR), "mode": "telehealth"}
    for state in (AppointmentState.REQUESTED, AppointmentState.COMPLETED):
        rows.update(state=state.value)
        for deed in ("move", "cancel"):
            address = f"/appointments/{coming.id}/{deed}/"
            for answer, status in ((browser.get(address), 200), (browser.post(address, wanted), 409)):
                assert answer.status_code == status
                page = answer.content.decode()
                assert f'href="/appointments/{coming.id}/"' in page or desk.service.name in page
                for asked in ("booking-slot", "Confirm the new time", "Cancel the appointment"):
                    assert asked not in page
    assert rows.get().starts_at == coming.starts_at


def test_only_the_patient_is_led_to_their_appointments_where_they_have_another_one(desk, coming):
    wanted = coming.starts_at + HOUR
    second = people.therapist()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, second.id, MembershipRole.CLINICIAN, at=AT
    )
    calendar = factories.calendar(second, practice_id=desk.practice_id)
    theirs = replace(desk, calendar=calendar, service=factories.service(calendar))
    factories.appointment(theirs, wanted)
    asked = {"starts_at": clock.to_wire(wanted), "mode": "telehealth", "agreed": "yes"}
    for browser, is_led in ((people.browser(desk.patient), True), (front(desk), False)):
        answer = browser.post(f"/appointments/{coming.id}/move/", asked)
        assert answer.status_code == 409
        assert answer.context["refusal"].code == "appointment_overlaps"
        assert ("Your appointments</a>" in answer.content.decode()) is is_led
