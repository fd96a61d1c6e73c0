"""What can be done with an appointment no more is said at first, not by the last button."""

import re
from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from scheduling import selectors
from scheduling.models import Appointment
from scheduling.tests import factories
from scheduling.types import Deed

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


@pytest.fixture
def row(desk):
    """Tomorrow or so, and too late to be free; for $75."""
    starts_at = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=20)
    return factories.appointment(
        desk, starts_at, late_fee_minor=75_00, free_cancel_until=clock.now() - timedelta(hours=4)
    )


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def changed(row, **facts):
    Appointment.objects.unscoped(reason="test").filter(pk=row.id).update(**facts)


@pytest.mark.parametrize(
    ("facts", "heading"),
    [
        ({"state": "cancelled", "cancelled_at": clock.now()}, "This appointment is cancelled already"),
        (
            {"state": "late_cancelled", "cancelled_at": clock.now(), "owes_late_fee": True},
            "This appointment is cancelled already",
        ),
        ({"state": "completed"}, "This appointment took place"),
        ({"state": "no_show", "owes_late_fee": True}, "This appointment was missed"),
    ],
)
def test_what_is_over_is_neither_cancelled_nor_moved(desk, row, facts, heading):
    changed(row, **facts)
    for person in (desk.patient, desk.therapist):
        browser = people.browser(person)
        for deed in ("cancel", "move"):
            answer = browser.get(f"/appointments/{row.id}/{deed}/")
            page = text(answer)
            assert answer.status_code == 200
            assert heading in page
            assert f'href="/appointments/{row.id}/"' in page
            assert ("$75 is due" in page) is ("owes_late_fee" in facts)
            assert "Cancel the appointment" not in page
            assert 'name="starts_at"' not in page


def test_what_has_begun_and_what_waits_for_an_answer_are_not_cancelled(desk, row):
    changed(row, starts_at=clock.now() - timedelta(minutes=5))
    assert "This session has begun" in text(
        people.browser(desk.patient).get(f"/appointments/{row.id}/cancel/")
    )
    asked = factories.appointment(desk, factories.weekday_ahead(), state="requested")
    seen = text(people.browser(desk.therapist).get(f"/appointments/{asked.id}/cancel/"))
    assert "It is confirmed or declined on its page." in seen
    assert "Cancel the appointment" not in seen


def test_a_patient_is_told_at_first_that_it_is_too_late_to_move(desk, row):
    browser = people.browser(desk.patient)
    page = text(browser.get(f"/appointments/{row.id}/"))
    assert f'href="/appointments/{row.id}/move/"' not in page
    assert "It is too late to move it" in page
    assert "If you cancel now, $75 is due." in page
    assert f'name="person" value="{desk.therapist.id}"' in page
    answer = browser.get(f"/appointments/{row.id}/move/")
    page = text(answer)
    assert answer.status_code == 200
    assert "It is too late to move this appointment" in page
    assert "If you cancel now, $75 is due." in page
    assert f'name="person" value="{desk.therapist.id}"' in page
    assert 'name="starts_at"' not in page
    wanted = clock.to_wire(factories.weekday_ahead())
    answer = browser.post(f"/appointments/{row.id}/move/", {"starts_at": wanted})
    assert answer.status_code == 409
    assert "Confirm the new time" not in text(answer)


def test_nobody_is_sent_to_write_where_they_cannot(desk, row):
    stranger = people.patient()
    changed(row, patient=stranger)
    page = text(people.browser(stranger).get(f"/appointments/{row.id}/move/"))
    assert "You can still cancel it." in page
    assert 'name="person"' not in page


def test_rest_says_so_as_well(desk, row):
    assert Deed.MOVE not in selectors.appointment_get(desk.as_patient, row.id, at=clock.now()).deeds
    assert Deed.MOVE in selectors.appointment_get(desk.as_therapist, row.id, at=clock.now()).deeds
    changed(row, free_cancel_until=clock.now() + timedelta(hours=1))
    assert Deed.MOVE in selectors.appointment_get(desk.as_patient, row.id, at=clock.now()).deeds


def test_the_page_that_cancels_names_whom_and_the_time_zone(desk, row):
    page = text(people.browser(desk.patient).get(f"/appointments/{row.id}/cancel/"))
    assert desk.therapist.name in page
    assert "(America/" in page or "(UTC)" in page
