"""A therapist holds their video sessions in Bloom, though a vendor's account is connected."""

from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed
from scheduling.errors import CalendarMissing
from scheduling.telehealth import selectors, services
from scheduling.tests import factories, video

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def choose(desk, in_bloom):
    services.video_choose(desk.as_therapist, desk.practice_id, in_bloom=in_bloom, at=clock.now())


def test_no_meetings_are_made_and_those_to_come_are_taken_back(zoom, desk):
    video.zoom(desk, is_own=False)
    there = video.booked(desk)
    assert video.run().done == 1
    choose(desk, True)
    video.run()
    assert not zoom.meetings
    assert video.meeting(there).state == "cancelled"
    later = video.booked(desk, video.soon(days=5))
    services.meetings_catch_up(video.SYSTEM, at=clock.now())
    video.run()
    assert not zoom.meetings
    assert selectors.meeting_of(desk.as_patient, later.id) is None
    # Chosen otherwise, both have theirs again.
    choose(desk, False)
    services.meetings_catch_up(video.SYSTEM, at=clock.now())
    video.run()
    assert len(zoom.meetings) == 2


def test_nobody_is_put_out_of_a_meeting_that_can_be_joined(zoom, desk):
    video.zoom(desk)
    soon = clock.now().replace(microsecond=0) + timedelta(minutes=5)
    video.booked(desk, soon, is_claimed=False)
    video.run()
    choose(desk, True)
    video.run()
    assert len(zoom.meetings) == 1


def test_a_colleague_keeps_theirs(zoom, desk):
    other = factories.desk()
    video.zoom(other)
    made = video.booked(other)
    choose(desk, True)
    video.run()
    assert video.meeting(made).state == "there"


def test_only_for_oneself_and_where_one_has_hours(desk):
    with pytest.raises(NotAllowed):
        services.video_choose(people.actor(people.patient()), desk.practice_id, in_bloom=True, at=clock.now())
    nobody = people.therapist()
    practice_id = people.practice_of(nobody)
    with pytest.raises(CalendarMissing):
        services.video_choose(
            people.actor(nobody, practice_id=practice_id), practice_id, in_bloom=True, at=clock.now()
        )


def test_on_the_page_once_and_on_record(desk):
    browser = people.browser(desk.therapist)
    page = f"/practices/{desk.practice_id}/video/"
    assert "Where your video appointments are held" in browser.get(page).content.decode()
    for _twice in range(2):
        assert browser.post(f"{page}where/", {"where": "bloom"}).status_code == 302
    assert selectors.video_accounts(desk.as_therapist, desk.practice_id).in_bloom
    assert [each.data["in_bloom"] for each in people.recorded("scheduling.video.chosen")] == [True]
