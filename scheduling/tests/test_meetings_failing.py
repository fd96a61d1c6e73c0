"""A meeting while its vendor is down, slow, or refuses: the appointment stands, and nothing is made twice."""

from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed
from scheduling.models import MeetingTurn
from scheduling.telehealth import selectors, services
from scheduling.telehealth.rules import tries
from scheduling.telehealth.services import running
from scheduling.telehealth.types import Fault, MeetingState
from scheduling.tests import factories, video
from scheduling.tests.test_meetings import MEETINGS, moved, state
from scheduling.types import AppointmentState

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


@pytest.mark.parametrize("kind", ["down", "error", "garbage", "rate_limited", "daily", "malformed"])
def test_the_appointment_stands_and_says_so_and_the_link_comes_later(zoom, desk, kind):
    video.zoom(desk)
    appointment = video.booked(desk)
    zoom.fault_set(kind, path=MEETINGS, times=99)
    assert video.run().failed == 1
    found = selectors.meeting_of(desk.as_patient, appointment.id)
    assert (found.state, found.can_join) == (MeetingState.WANTED, False)
    assert found.fault is not None
    appointment.refresh_from_db()
    assert appointment.state == AppointmentState.CONFIRMED.value
    zoom.faults_clear()
    assert video.run().done == 0, "it rests first"
    assert video.run(days=2).done == 1
    assert len(zoom.meetings) == 1
    assert selectors.meeting_of(desk.as_patient, appointment.id).fault is None


def test_a_lost_answer_makes_no_second_meeting(zoom, desk):
    video.zoom(desk)
    video.booked(desk)
    zoom.fault_set("lost", path=MEETINGS)
    assert video.run().failed == 1
    assert video.run(hours=2).done == 1
    assert len(zoom.meetings) == 1


def test_a_process_that_dies_in_between_makes_no_second_meeting(zoom, desk, monkeypatch):
    video.zoom(desk)
    appointment = video.booked(desk)

    def dies(*args, **kwargs):
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(running, "_written", dies)
        with pytest.raises(SystemExit):
            video.run()
    assert len(zoom.meetings) == 1
    assert state(appointment) is MeetingState.WANTED
    assert video.run(hours=1).done == 1
    assert len(zoom.meetings) == 1


def test_an_account_that_does_not_answer_rests_and_others_go_on(zoom, desk):
    video.zoom(desk)
    other = factories.desk()
    first = video.booked(desk)
    second = video.booked(desk, video.soon(days=4))
    zoom.fault_set("error", path=f"/users/{desk.therapist.email}/meetings", times=99)
    video.zoom(other)
    theirs = video.booked(other)
    ran = video.run()
    assert (ran.done, ran.failed) == (1, 1), "one call to the account that is ill, not two"
    assert state(theirs) is MeetingState.THERE
    assert {state(first), state(second)} == {MeetingState.WANTED}


def test_the_rest_that_a_vendor_asks_for_is_kept(zoom, desk):
    video.zoom(desk)
    video.booked(desk)
    zoom.retry_after = "7200"
    zoom.fault_set("rate_limited", path=MEETINGS)
    video.run()
    rests = video.credential().rests_until - clock.now()
    assert timedelta(minutes=119) < rests <= timedelta(hours=2)
    assert video.run(hours=1).done == 0
    assert video.run(hours=3).done == 1


def test_a_refusal_stays_until_the_account_is_connected_again(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    zoom.fault_set("scopes", path=MEETINGS)
    video.run()
    assert (state(appointment), video.credential().fault) == (MeetingState.FAILED, Fault.FORBIDDEN.value)
    assert people.recorded("scheduling.meeting.failed")
    assert video.run(days=1).done == 0
    video.zoom(desk)
    assert video.credential().fault == ""
    assert video.run().done == 1
    assert state(appointment) is MeetingState.THERE


def test_what_happens_during_a_call_is_not_undone_by_its_end(zoom, desk, monkeypatch):
    video.zoom(desk)
    appointment = video.booked(desk)
    step = running._step

    def cancelled_meanwhile(job):
        outcome = step(job)
        moved(appointment, state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
        return outcome

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(running, "_step", cancelled_meanwhile)
        meanwhile.setattr(running, "RUN", timedelta(milliseconds=1))
        services.meetings_run(video.SYSTEM, at=clock.now())
    assert state(appointment) is MeetingState.ENDING
    video.run(minutes=1)
    assert not zoom.meetings
    assert state(appointment) is MeetingState.CANCELLED


def test_one_run_at_a_time(zoom, desk):
    video.zoom(desk)
    video.booked(desk)
    MeetingTurn.objects.update_or_create(
        name=running.TURN, defaults={"until": clock.now() + timedelta(minutes=1)}
    )
    assert video.run().done == 0
    assert video.run(minutes=2).done == 1


def test_every_step_may_run_twice(zoom, desk, retry_once):
    video.zoom(desk)
    appointment = video.booked(desk)
    assert video.run().done == 1
    assert len(zoom.meetings) == 1
    moved(appointment, state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
    video.run()
    assert not zoom.meetings


def test_only_the_system_runs_it(desk):
    for work in (services.meetings_run, services.deliveries_forget, services.deliveries_place):
        with pytest.raises(NotAllowed):
            work(desk.as_therapist, at=clock.now())
    with pytest.raises(NotAllowed):
        services.meeting_follow(desk.as_therapist, desk.practice_id, at=clock.now())


def test_waits_grow_and_are_never_given_up():
    waits = [tries.wait_after(number, 0.5) for number in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=15)
    assert waits[-1] == timedelta(hours=1)
    assert tries.rest_after(1, None) == timedelta(seconds=10)
    assert tries.rest_after(1, 90) == timedelta(seconds=90)
    assert tries.rest_after(99, 1) == timedelta(minutes=10)
