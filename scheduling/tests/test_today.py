"""Today’s sessions on a therapist’s first page."""

from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from scheduling.tests import factories

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
