"""What is today on the first page: a therapist’s sessions, and a patient’s own."""

import re
from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from scheduling.tests import factories, video

pytestmark = pytest.mark.django_db


def page(person) -> str:
    return people.browser(person).get("/dashboard/").content.decode()


def test_a_therapist_reads_todays_sessions_and_is_one_step_from_the_next():
    desk = factories.desk(patient=people.patient(name="Maya Torres"))
    assert "Today’s sessions" not in page(desk.therapist)
    # Whatever the hour is: it began a moment ago.
    begun = clock.now().replace(second=0, microsecond=0)
    row = factories.appointment(desk, begun - timedelta(minutes=begun.minute % 5), mode="telehealth")
    html = page(desk.therapist)
    card = html[html.index("Today’s sessions") :]
    assert "Maya Torres" in card
    assert f"/appointments/{row.id}/join/" in card
    # Nobody else's first page has it.
    assert "Today’s sessions" not in page(desk.patient)
    assert "Today’s sessions" not in page(people.therapist())


def test_what_is_called_off_is_not_of_today():
    desk = factories.desk()
    begun = clock.now().replace(second=0, microsecond=0)
    factories.appointment(
        desk, begun - timedelta(minutes=begun.minute % 5), state="cancelled", cancelled_at=begun
    )
    assert "Today’s sessions" not in page(desk.therapist)


def cards(html):
    return re.findall(r'data-card="(\w+)"', html)


def test_what_a_patient_has_today_stands_before_everything_else():
    desk = factories.desk()
    assert cards(page(desk.patient))[0] == "first_steps"
    video.room_of(desk, clock.now() + timedelta(days=2))
    shown = cards(page(desk.patient))
    assert shown.index("first_steps") < shown.index("calendar")
    row = video.room_of(desk)
    html = page(desk.patient)
    assert cards(html)[:2] == ["calendar", "first_steps"]
    assert html.index(f"/appointments/{row.id}/join/") < html.index('data-card="first_steps"')


def test_a_therapist_has_one_way_into_each_session():
    desk = factories.desk()
    row = video.room_of(desk)
    assert page(desk.therapist).count(f"/appointments/{row.id}/join/") == 1
    # Where they are the patient themselves, it is not among those that they hold.
    accounts_services.role_grant(people.SYSTEM, desk.therapist.id, "patient", at=people.AT)
    own = video.room_of(factories.desk(patient=desk.therapist))
    assert page(desk.therapist).count(f"/appointments/{own.id}/join/") == 1
