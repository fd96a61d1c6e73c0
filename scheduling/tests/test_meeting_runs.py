"""A run of what is due: nobody's meeting keeps another's waiting, and no step takes longer than it may."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bloom.kernel import clock
from scheduling.integrations import calls
from scheduling.models import Meeting, MeetingCredential
from scheduling.telehealth import keys, selectors, services
from scheduling.telehealth.rules import tries
from scheduling.telehealth.types import Fault, MeetingState
from scheduling.tests import factories, video
from scheduling.tests.attacks.test_hooks import post
from scheduling.types import AppointmentState

pytestmark = pytest.mark.django_db
MEETINGS = "/meetings"


@pytest.fixture
def desk():
    return factories.desk()


def changed(appointment, **facts):
    """The appointment is another, and nobody has told its meeting yet."""
    for name, value in facts.items():
        setattr(appointment, name, value)
    appointment.save()


def due(appointment, at):
    Meeting.objects.unscoped(reason="test").filter(appointment=appointment).update(next_try_at=at)


def state(appointment):
    return MeetingState(video.meeting(appointment).state)


def credentials():
    return MeetingCredential.objects.unscoped(reason="test")


def unreadable(held):
    """Its keys, as if they had been sealed for another row."""
    sealed = keys.keys_seal(keys.keys_typed(video.ZOOM), uuid4())
    credentials().filter(pk=held.id).update(keys=sealed)


# One that is broken -----------------------------------------------------------------------------------------


def test_one_at_which_bloom_itself_fails_keeps_nobody_elses_waiting(zoom, desk):
    held = video.zoom(desk)
    broken = video.booked(desk)
    unreadable(held)
    other = factories.desk()
    video.zoom(other)
    whole = video.booked(other)
    due(broken, clock.now() - timedelta(minutes=1))
    ran = video.run()
    assert (ran.done, ran.failed) == (1, 1)
    assert (state(whole), state(broken)) == (MeetingState.THERE, MeetingState.WANTED)
    row = video.meeting(broken)
    assert row.fault == Fault.FAILED.value
    wait = row.next_try_at - clock.now()
    assert timedelta(0) < wait < timedelta(minutes=1), "it waits as one whose vendor failed, not its lease"
    assert credentials().get(pk=held.id).rests_until is None
    assert video.run().failed == 0


def test_one_that_stays_broken_is_given_up_when_nobody_needs_it(zoom, desk):
    held = video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    unreadable(held)
    assert video.run(days=5).failed == 1
    assert video.meeting(appointment).next_try_at is None
    assert video.run(days=6).failed == 0


def test_an_answer_that_makes_no_sense_is_one_meetings_alone(zoom, desk):
    video.zoom(desk)
    first = video.booked(desk)
    second = video.booked(desk, video.soon(days=4))
    zoom.fault_set("malformed", path=MEETINGS)
    ran = video.run()
    assert (ran.done, ran.failed) == (1, 1)
    assert {state(first), state(second)} == {MeetingState.WANTED, MeetingState.THERE}
    assert (video.credential().rests_until, video.credential().fails) == (None, 0)


# What the appointment is by then ----------------------------------------------------------------------------


def test_one_that_was_called_off_meanwhile_is_not_made(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    changed(appointment, state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
    assert video.run().done == 0
    assert zoom.meetings == {}
    assert state(appointment) is MeetingState.CANCELLED


def test_one_that_is_there_and_was_called_off_meanwhile_is_taken_back(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    changed(appointment, state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
    due(appointment, clock.now())
    assert video.run().done == 1
    assert zoom.meetings == {}
    assert state(appointment) is MeetingState.CANCELLED


def test_none_is_made_for_what_is_over(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    assert video.run(days=4).done == 0
    assert zoom.meetings == {}
    assert video.meeting(appointment).next_try_at is None


def test_one_completed_early_is_asked_about_and_not_made_anew(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    zoom.meetings.clear()
    changed(appointment, state=AppointmentState.COMPLETED.value)
    due(appointment, clock.now())
    assert video.run().done == 0
    assert zoom.meetings == {}
    assert video.meeting(appointment).next_try_at == appointment.ends_at + timedelta(minutes=15)


# Time -------------------------------------------------------------------------------------------------------


def test_all_calls_of_a_step_end_by_one_deadline(zoom, desk, monkeypatch):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    later = appointment.starts_at + timedelta(hours=2)
    changed(appointment, starts_at=later, ends_at=later + timedelta(minutes=50))
    services.meeting_follow(video.SYSTEM, appointment.id, at=clock.now())
    # Neither call takes as long as a step may; both together do.
    monkeypatch.setattr(calls, "DEADLINE", 1.5)
    zoom.fault_set("slow", path=video.meeting(appointment).vendor_id, times=2, seconds=1.0)
    assert video.run().failed == 1
    assert video.meeting(appointment).fault == Fault.LATE.value


def test_what_becomes_due_during_a_run_is_done_in_it(zoom, desk):
    video.zoom(desk)
    first = video.booked(desk)
    second = video.booked(desk, video.soon(days=4))
    now = clock.now()
    due(first, now - timedelta(minutes=1))
    due(second, now + timedelta(seconds=0.5))
    zoom.fault_set("slow", path=MEETINGS, seconds=1.0)
    assert services.meetings_run(video.SYSTEM, at=now).done == 2


# Who was there ----------------------------------------------------------------------------------------------


def test_a_vendor_that_does_not_know_everything_yet_is_asked_again(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    number = int(video.meeting(appointment).vendor_id)
    zoom.news(number, "joined", "Ann")
    assert video.run(days=3, hours=2).done == 1
    line = selectors.meeting_of(desk.as_therapist, appointment.id).timeline
    assert [each.left_at for each in line.stays] == [None]
    assert video.run(days=3, hours=2, minutes=5).done == 0, "not at once"
    zoom.news(number, "ended")
    assert video.run(days=3, hours=3).done == 1
    line = selectors.meeting_of(desk.as_therapist, appointment.id).timeline
    assert len(line.stays) == 1
    assert line.stays[0].left_at is not None
    assert (line.is_live, line.ended_at is not None) == (False, True)
    assert video.run(days=3, hours=9).done == 0, "then everything is known"


def test_it_is_asked_about_a_meeting_to_which_nobody_came_for_a_day(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    asked = sum(video.run(days=3, hours=hours).done for hours in range(2, 48))
    assert asked == 5
    assert video.meeting(appointment).next_try_at is None


def test_one_whose_vendor_tells_by_itself_is_asked_about_once(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    post(zoom.news(int(video.meeting(appointment).vendor_id), "joined"))
    assert video.run(days=3, hours=2).done == 1
    assert video.meeting(appointment).next_try_at is None


def test_waits_between_questions_grow():
    waits = [tries.wait_after_asking(number) for number in range(6)]
    assert waits == sorted(waits)
    assert (waits[1], waits[-1]) == (timedelta(minutes=15), timedelta(hours=12))
