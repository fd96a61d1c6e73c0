"""Calendars by day, week, month and as a list, without a script; and booking from them."""

import re
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from scheduling.models import Appointment, BusyTime, DateException
from scheduling.rules import clock as wall
from scheduling.tests import factories
from scheduling.types import AppointmentState, Mode

pytestmark = pytest.mark.django_db
CHICAGO = ZoneInfo("America/Chicago")


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def desk():
    desk = factories.desk(people.therapist(name="Dr. Ana Ruiz"), people.patient(name="Maya Torres"))
    for person in (desk.therapist, desk.patient):
        person.time_zone = "America/Chicago"
        person.save()
    return desk


def monday():
    """The next but one, so that nothing of it is past."""
    day = wall.day_of(CHICAGO, clock.now())
    return day + timedelta(days=14 - day.weekday())


def at(day, minute):
    return wall.moment(CHICAGO, day, minute)


def front_desk(desk):
    person = people.patient(name="Fran Desk")
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, person.id, MembershipRole.FRONT_DESK, at=people.AT
    )
    return people.browser(person)


@pytest.mark.parametrize("view", ["day", "week", "month", "agenda"])
def test_an_appointment_stands_on_its_day(desk, view):
    row = factories.appointment(desk, at(monday(), 9 * 60))
    page = text(people.browser(desk.therapist).get(f"/calendar/?view={view}&on={monday()}"))
    assert f"/appointments/{row.id}/" in page
    assert view in ("month",) or re.search(r'class="cal-item"[^>]* data-move', page)
    assert "Maya Torres" in page
    assert "9:00\N{NO-BREAK SPACE}AM" in page
    # Whose clock it is stands there, whatever is looked at.
    assert "America/Chicago" in page
    theirs = text(people.browser(desk.patient).get(f"/calendar/?view={view}&on={monday()}"))
    assert "Dr. Ana Ruiz" in theirs
    assert not re.search(r'class="cal-item"[^>]* data-move', theirs)


def test_who_drags_is_told_that_the_place_goes_with_the_hours(desk):
    page = text(people.browser(desk.therapist).get("/calendar/"))
    assert "at another place, a session in person is there then" in page


def test_pages_lie_before_and_after_and_today_is_one_step_away(desk):
    page = text(people.browser(desk.therapist).get(f"/calendar/?view=week&on={monday()}"))
    assert f"on={monday() - timedelta(days=7)}" in page
    assert f"on={monday() + timedelta(days=7)}" in page
    assert f"on={wall.day_of(CHICAGO, clock.now())}" in page


def test_time_stands_where_the_reader_lives(desk):
    desk.therapist.time_zone = "Asia/Tokyo"
    desk.therapist.save()
    factories.appointment(desk, at(monday(), 9 * 60))
    page = text(people.browser(desk.therapist).get(f"/calendar/?view=day&on={monday() + timedelta(days=1)}"))
    assert "Asia/Tokyo" in page
    assert re.search(r'cal-time">(12|1):00\xa0AM', page)


def test_time_off_hours_and_business_elsewhere_are_seen_and_what_it_is_is_not(desk):
    day = monday()
    DateException.objects.create(
        calendar=desk.calendar, practice_id=desk.practice_id, kind="off",
        starts_on=day + timedelta(days=1), ends_on=day + timedelta(days=1), created_at=people.AT,
    )  # fmt: skip
    BusyTime.objects.create(
        therapist=desk.therapist, source_id=uuid4(), key="a", imported_at=people.AT,
        starts_at=at(day, 600), ends_at=at(day, 660),
    )  # fmt: skip
    page = text(people.browser(desk.therapist).get(f"/calendar/?view=week&on={day}"))
    assert page.count('data-kind="open"') == 4
    assert page.count('data-kind="busy"') == 1
    assert "Busy elsewhere" in page
    assert "Time off" in page


def test_a_session_at_another_practice_is_business_elsewhere(desk):
    """Whom they meet there is not told here."""
    second = people.practice(desk.therapist)
    there = factories.calendar(desk.therapist, practice_id=second)
    elsewhere = factories.service(there)
    factories.appointment(
        desk, at(monday(), 540), patient=people.patient(name="Noor Haddad"), service=elsewhere
    )
    Appointment.objects.unscoped(reason="test").update(practice_id=second, calendar_id=there.id)
    page = text(people.browser(desk.therapist).get(f"/calendar/?view=week&on={monday()}"))
    assert "Busy elsewhere" in page
    assert "Noor Haddad" not in page


def test_states_are_told_in_words(desk):
    words = {
        AppointmentState.REQUESTED: "Waits for an answer",
        AppointmentState.COMPLETED: "Took place",
        AppointmentState.NO_SHOW: "Missed",
    }
    for number, state in enumerate(words):
        factories.appointment(desk, at(monday(), 540 + 60 * number), state=state.value)
    page = text(people.browser(desk.therapist).get(f"/calendar/?view=week&on={monday()}"))
    for word in words.values():
        assert word in page


def test_the_desk_looks_at_a_colleagues_calendar_and_moves_nothing_in_it(desk):
    factories.appointment(desk, at(monday(), 540), note=None)
    browser = front_desk(desk)
    # The only one there is, unless told.
    page = text(browser.get(f"/calendar/?view=week&on={monday()}"))
    assert "Calendar of" in page
    assert "Maya Torres" in page
    assert not re.search(r'class="cal-item"[^>]* data-move', page)
    assert "Book for a patient" in page


def test_the_same_number_of_queries_for_one_and_for_fifty(desk):
    """In every view, for the therapist, the desk and the patient."""
    browsers = [people.browser(desk.therapist), front_desk(desk), people.browser(desk.patient)]
    first = monday()

    def count():
        found = []
        for browser in browsers:
            for view in ("day", "week", "month", "agenda"):
                with CaptureQueriesContext(connection) as queries:
                    assert browser.get(f"/calendar/?view={view}&on={first}").status_code == 200
                found.append(len(queries))
        return found

    factories.appointment(desk, at(first, 540))
    count()
    before = count()
    for number in range(49):
        factories.appointment(
            desk, at(first + timedelta(days=number % 7), 600 + number * 5),
            patient=desk.patient if number % 2 else people.patient(), is_claimed=False,
        )  # fmt: skip
    assert count() == before
    assert max(before) <= 26


def test_a_free_time_becomes_an_appointment_of_a_patient(desk):
    browser, start = people.browser(desk.therapist), at(monday(), 600)
    address = f"/calendar/book/?starts_at={clock.to_wire(start)}"
    page = text(browser.get(address))
    assert 'value="10:00"' in page
    assert "Maya Torres" in page
    asked = filled(page, desk)
    answer = browser.post(address, asked)
    assert answer.status_code == 302
    assert f"on={monday()}" in answer["Location"]
    row = Appointment.objects.unscoped(reason="test").get()
    assert (row.starts_at, row.patient_id, row.state) == (start, desk.patient.id, "confirmed")
    # Pressed twice, it is one.
    browser.post(address, asked)
    assert Appointment.objects.unscoped(reason="test").count() == 1
    theirs = text(people.browser(desk.patient).get(f"/appointments/{row.id}/"))
    assert "Cancel it" in theirs
    assert "Free until it begins" in theirs


def filled(page, desk, **more):
    key = re.search(r'name="key" value="([^"]+)"', page)
    exact = re.search(r'name="exact" value="([^"]*)"', page)
    return {
        "key": key[1], "exact": exact[1] if exact else "", "patient": str(desk.patient.id),
        "service": str(desk.service.id), "mode": Mode.TELEHEALTH.value, "on": str(monday()), "at": "10:00",
        **more,
    }  # fmt: skip


def test_a_taken_time_says_so_keeps_what_was_typed_and_offers_others(desk):
    factories.appointment(desk, at(monday(), 600), patient=people.patient())
    browser = people.browser(desk.therapist)
    asked = filled(text(browser.get("/calendar/book/")), desk, note="Prefers mornings.")
    answer = browser.post("/calendar/book/", asked)
    assert answer.status_code == 409
    page = text(answer)
    assert "Prefers mornings." in page
    offered = re.findall(r'name="pick" value="([^"]+)"', page)
    assert len(offered) == 3
    assert browser.post("/calendar/book/", {**asked, "pick": offered[0]}).status_code == 302
    row = Appointment.objects.unscoped(reason="test").get(patient=desk.patient)
    assert clock.to_wire(row.starts_at) == clock.to_wire(clock.from_wire(offered[0]))


def test_what_is_missing_or_nonsense_is_said_beside_its_field(desk):
    browser = people.browser(desk.therapist)
    page = text(browser.get("/calendar/book/"))
    for more, said in (
        ({"patient": ""}, "Please choose a patient."),
        ({"service": ""}, "Please choose a service."),
        ({"on": "soon"}, "Please give a day"),
        ({"on": "9999-12-31"}, "between the years 2000 and 2200"),
        ({"at": "10:02"}, "A session begins on five minutes."),
        ({"at": "25:00"}, "Please give a time"),
    ):
        answer = text(browser.post("/calendar/book/", filled(page, desk, note="Kept.", **more)))
        assert said in answer
        assert "Kept." in answer
    assert not Appointment.objects.unscoped(reason="test").exists()


def test_from_a_patients_page_the_desk_comes_to_their_therapist(desk):
    other = people.therapist(name="Dr. Aaron Aalto")
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, other.id, MembershipRole.CLINICIAN, at=people.AT
    )
    factories.service(factories.calendar(other, practice_id=desk.practice_id))
    page = text(front_desk(desk).get(f"/calendar/book/?patient={desk.patient.id}"))
    assert re.search(rf'value="{desk.therapist.id}" selected', page)
    assert re.search(rf'value="{desk.patient.id}" selected', page)
    assert "Your note" not in page
