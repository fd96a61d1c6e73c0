"""From a booked time to the video link on its page, as it happens: by the record, the outbox and the jobs."""

from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from observability import services as observability_services
from scheduling import selectors, services
from scheduling.tests import factories, video
from scheduling.types import Mode

pytestmark = pytest.mark.django_db


def book(desk, mode: Mode):
    """The patient books the first hour that is offered some days from now."""
    at = clock.now()
    free = selectors.slot_next(
        desk.as_patient, desk.therapist.id, desk.service.id, mode=mode, start=at + timedelta(days=3), at=at
    )
    hold = services.hold_place(
        desk.as_patient,
        therapist_id=desk.therapist.id,
        service_id=desk.service.id,
        starts_at=free.starts_at,
        mode=mode,
        at=at,
    )
    return services.appointment_book(desk.as_patient, hold.id, at=at).appointment


def run():
    observability_services.outbox_drain(people.SYSTEM, at=clock.now())
    video.run()


def test_what_is_booked_gets_its_meeting_and_the_page_shows_it(zoom):
    desk = factories.desk()
    video.zoom(desk)
    appointment = book(desk, Mode.TELEHEALTH)
    page = f"/appointments/{appointment.id}/"
    run()
    (meeting,) = zoom.meetings.values()
    assert meeting.data["start_time"] == appointment.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    for person in (desk.patient, desk.therapist):
        assert "You meet in Zoom. The way in opens on" in people.browser(person).get(page).content.decode()
    services.appointment_cancel(desk.as_patient, appointment.id, at=clock.now())
    run()
    assert not zoom.meetings
    text = people.browser(desk.patient).get(page).content.decode()
    assert "The video link no longer holds" in text
    assert "You meet in Zoom" not in text


def test_what_is_booked_in_person_gets_none(zoom):
    desk = factories.desk()
    video.zoom(desk)
    appointment = book(desk, Mode.IN_PERSON)
    run()
    assert not zoom.meetings
    page = people.browser(desk.patient).get(f"/appointments/{appointment.id}/")
    assert b"data-meeting" not in page.content
