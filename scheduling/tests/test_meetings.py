"""A meeting follows its appointment, whatever the vendor does."""

from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotFound
from scheduling.integrations import calls
from scheduling.models import Meeting
from scheduling.telehealth import selectors, services
from scheduling.telehealth.errors import ArrivalNeeded, ConsentNeeded, MeetingNotThere, RoomClosed
from scheduling.telehealth.services import running
from scheduling.telehealth.types import MeetingState
from scheduling.tests import factories, video
from scheduling.tests.attacks.test_hooks import post
from scheduling.tests.vendors import meet_served
from scheduling.types import AppointmentState, Mode

pytestmark = pytest.mark.django_db
MEETINGS = "/meetings"


@pytest.fixture
def desk():
    return factories.desk()


def moved(appointment, **facts):
    for name, value in facts.items():
        setattr(appointment, name, value)
    appointment.save()
    services.meeting_follow(video.SYSTEM, appointment.id, at=clock.now())


def state(appointment):
    return MeetingState(video.meeting(appointment).state)


def test_it_is_made_by_a_run_and_shown_when_it_is_there(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    before = selectors.meeting_of(desk.as_patient, appointment.id)
    assert (before.state, before.can_join) == (MeetingState.WANTED, False)
    with pytest.raises(MeetingNotThere):
        services.meeting_open(desk.as_patient, appointment.id, at=clock.now())
    assert video.run().done == 1
    after = selectors.meeting_of(desk.as_patient, appointment.id)
    assert (after.state, after.can_join, after.is_host) == (MeetingState.THERE, True, False)
    (meeting,) = zoom.meetings.values()
    assert meeting.data["start_time"] == appointment.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert meeting.data["duration"] == 50
    assert meeting.host == desk.therapist.email
    # Whoever gets the link elsewhere learns nothing of whom it is about.
    assert desk.patient.name not in str(meeting.data)
    assert people.recorded("scheduling.meeting.made")


def test_each_of_the_two_gets_their_way_in_and_it_is_on_record(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    video.ready(desk, appointment)
    assert "pwd=" in services.meeting_open(desk.as_patient, appointment.id, at=appointment.starts_at)
    assert "zak=" in services.meeting_open(desk.as_therapist, appointment.id, at=clock.now())
    opened = people.recorded("scheduling.meeting.opened")
    assert sorted(each.data["as_host"] for each in opened) == [False, True]


def test_a_vendor_s_meeting_needs_consent_and_a_place_too_and_opens_when_the_room_does(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    begins = appointment.starts_at

    def opens(at):
        return services.meeting_open(desk.as_patient, appointment.id, at=at)

    with pytest.raises(RoomClosed):
        opens(begins - timedelta(minutes=16))
    with pytest.raises(ConsentNeeded):
        opens(begins)
    services.consent_give(desk.as_patient, appointment.id, version=video.CONSENT_VERSION, at=begins)
    with pytest.raises(ArrivalNeeded):
        opens(begins)
    with pytest.raises(RoomClosed):
        services.arrival_tell(
            desk.as_patient, appointment.id, video.ARRIVAL, at=begins - timedelta(minutes=16)
        )
    services.arrival_tell(desk.as_patient, appointment.id, video.ARRIVAL, at=begins)
    assert "pwd=" in opens(begins)
    # The therapist opens it whenever they like.
    assert "zak=" in services.meeting_open(desk.as_therapist, appointment.id, at=clock.now())


def test_a_host_whom_the_vendor_does_not_answer_gets_the_common_way(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    zoom.fault_set("error", times=9)
    assert "pwd=" in services.meeting_open(desk.as_therapist, appointment.id, at=clock.now())


def test_the_address_is_sealed_with_the_patients_key(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    assert b"http" not in bytes(video.meeting(appointment).join_url)


def test_following_twice_makes_one(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    services.meeting_follow(video.SYSTEM, appointment.id, at=clock.now())
    video.run()
    services.meeting_follow(video.SYSTEM, appointment.id, at=clock.now())
    assert video.run().done == 0
    assert len(zoom.meetings) == 1


def test_it_moves_with_its_appointment(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    video.ready(desk, appointment)
    address = services.meeting_open(desk.as_patient, appointment.id, at=appointment.starts_at)
    later = appointment.starts_at + timedelta(hours=2)
    moved(appointment, starts_at=later, ends_at=later + timedelta(minutes=30))
    # Where the patient was for the earlier time says nothing of this one.
    with pytest.raises(ArrivalNeeded):
        services.meeting_open(desk.as_patient, appointment.id, at=later)
    video.ready(desk, appointment)
    # The link that is there holds, whenever the vendor learns of it.
    assert services.meeting_open(desk.as_patient, appointment.id, at=later) == address
    video.run()
    (meeting,) = zoom.meetings.values()
    assert meeting.data["start_time"] == later.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert meeting.data["duration"] == 30


def test_one_that_was_deleted_at_the_vendor_is_made_anew_when_it_moves(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    zoom.meetings.clear()
    later = appointment.starts_at + timedelta(hours=2)
    moved(appointment, starts_at=later, ends_at=later + timedelta(minutes=50))
    video.run()
    assert len(zoom.meetings) == 1
    assert video.meeting(appointment).vendor_id == str(next(iter(zoom.meetings)))


@pytest.mark.parametrize("called_off", [AppointmentState.CANCELLED, AppointmentState.LATE_CANCELLED])
def test_it_ends_with_its_appointment(zoom, desk, called_off):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    moved(appointment, state=called_off.value, cancelled_at=clock.now())
    assert state(appointment) is MeetingState.ENDING
    with pytest.raises(MeetingNotThere):
        services.meeting_open(desk.as_patient, appointment.id, at=clock.now())
    video.run()
    assert not zoom.meetings
    assert state(appointment) is MeetingState.CANCELLED
    assert video.meeting(appointment).join_url is None
    assert people.recorded("scheduling.meeting.cancelled")


def test_one_cancelled_before_it_was_made_is_never_made(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    moved(appointment, state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
    assert state(appointment) is MeetingState.CANCELLED
    assert video.run().done == 0
    assert not zoom.meetings


def test_one_cancelled_after_its_answer_was_lost_is_found_and_taken_back(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    zoom.fault_set("lost", path=MEETINGS)
    assert video.run().failed == 1
    assert len(zoom.meetings) == 1
    moved(appointment, state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
    video.run(hours=2)
    assert not zoom.meetings
    assert state(appointment) is MeetingState.CANCELLED


def test_an_appointment_in_person_needs_none(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk, mode=Mode.IN_PERSON.value)
    assert selectors.meeting_of(desk.as_patient, appointment.id) is None


def test_one_that_is_only_asked_for_has_none_yet(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk, state=AppointmentState.REQUESTED.value)
    assert selectors.meeting_of(desk.as_patient, appointment.id) is None
    moved(appointment, state=AppointmentState.CONFIRMED.value)
    video.run()
    assert state(appointment) is MeetingState.THERE


def test_a_session_that_took_place_keeps_what_is_known_of_it(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    moved(appointment, state=AppointmentState.COMPLETED.value)
    assert state(appointment) is MeetingState.THERE


# Afterwards ---


def test_a_vendor_that_tells_nothing_is_asked_afterwards_who_was_there(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    number = int(video.meeting(appointment).vendor_id)
    for name in ("Ann", "Ben"):
        zoom.news(number, "joined", name)
    zoom.news(number, "ended")
    assert video.run(days=3, hours=2).done == 1
    line = selectors.meeting_of(desk.as_therapist, appointment.id).timeline
    assert len(line.stays) == 2
    assert (line.is_live, line.ended_at is not None) == (False, True)
    assert "Ann" not in repr(line)
    assert video.run(days=4).done == 0, "once"


def test_one_that_has_told_is_not_counted_twice(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    number = int(video.meeting(appointment).vendor_id)
    post(zoom.news(number, "joined"))
    video.run(days=3, hours=2)
    assert video.told(appointment) == ["joined"]


def test_nobody_came(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    assert video.run(days=3, hours=2).done == 1
    assert selectors.meeting_of(desk.as_therapist, appointment.id).timeline.started_at is None


# With whose account -----------------------------------------------------------------------------------------


def test_the_practices_account_serves_who_has_none_and_ones_own_comes_first(zoom, desk):
    shared = video.zoom(desk, is_own=False)
    first = video.booked(desk)
    video.run()
    own = video.zoom(desk)
    second = video.booked(desk, video.soon(days=4))
    assert video.meeting(first).credential_id == shared.id
    assert video.meeting(second).credential_id == own.id


def test_connecting_an_account_makes_what_is_already_booked(zoom, desk):
    appointment = factories.appointment(desk, video.soon())
    past = factories.appointment(desk, video.soon(days=-3))
    services.meeting_follow(video.SYSTEM, appointment.id, at=clock.now())
    assert selectors.meeting_of(desk.as_patient, appointment.id) is None
    video.zoom(desk)
    assert video.run().done == 1
    assert selectors.meeting_of(desk.as_patient, past.id) is None


def test_removing_it_leaves_the_link_and_cancels_what_can_be_cancelled_here(zoom, desk):
    held = video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    services.credential_remove(video.owner(desk), desk.practice_id, held.id, at=clock.now())
    assert "pwd=" in services.meeting_open(desk.as_therapist, appointment.id, at=clock.now())
    moved(appointment, state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
    assert state(appointment) is MeetingState.CANCELLED


def test_a_space_at_meet(settings, desk):
    with meet_served(settings) as google:
        topic = "projects/p/topics/t"
        account = video.meet_account(google, topic=topic, push_email="push@p.iam.gserviceaccount.com")
        services.credential_save(video.owner(desk), desk.practice_id, account, is_own=True, at=clock.now())
        appointment = video.booked(desk)
        video.run()
        assert state(appointment) is MeetingState.THERE
        assert google.subscriptions == {}, "a subscription lasts for some days only"
        due = video.meeting(appointment).next_try_at
        assert due == appointment.starts_at - running.WATCH_AHEAD


def test_google_is_asked_to_tell_shortly_before(settings, desk):
    with meet_served(settings) as google:
        account = video.meet_account(google, topic="projects/p/topics/t", push_email="push@example.org")
        services.credential_save(video.owner(desk), desk.practice_id, account, is_own=True, at=clock.now())
        appointment = video.booked(desk, clock.now().replace(microsecond=0) + timedelta(minutes=30))
        video.run()
        assert list(google.subscriptions) == [f"//meet.googleapis.com/{video.meeting(appointment).vendor_id}"]
        assert video.meeting(appointment).next_try_at == appointment.ends_at + running.ASK_BEHIND


def test_where_google_does_not_take_that_it_is_asked_again_until_the_session_begins(
    settings, desk, monkeypatch
):
    monkeypatch.setattr(calls, "PAUSE_SECONDS", 0.01)
    with meet_served(settings) as google:
        account = video.meet_account(google, topic="projects/p/topics/t", push_email="push@example.org")
        services.credential_save(video.owner(desk), desk.practice_id, account, is_own=True, at=clock.now())
        begins = clock.now().replace(microsecond=0) + timedelta(minutes=30)
        appointment = video.booked(desk, begins)
        google.fault_set("error", path="/subscriptions", times=99)
        video.run()
        row = video.meeting(appointment)
        assert (row.state, row.fault, row.watched_until) == (MeetingState.THERE.value, "", None)
        assert row.next_try_at < clock.now() + timedelta(minutes=2)
        video.run(minutes=2)
        assert video.meeting(appointment).next_try_at > row.next_try_at
        google.faults_clear()
        video.run(minutes=10)
        row = video.meeting(appointment)
        assert len(google.subscriptions) == len(google.spaces) == 1
        assert row.watched_until == appointment.ends_at + running.WATCH_BEHIND
        assert (row.tries, row.next_try_at) == (0, appointment.ends_at + running.ASK_BEHIND)


# Who sees it ------------------------------------------------------------------------------------------------


def test_nobody_else_sees_or_opens_it(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    other = factories.desk()
    for stranger in (other.as_patient, other.as_therapist, people.actor(people.support())):
        assert selectors.meeting_of(stranger, appointment.id) is None
        with pytest.raises(NotFound):
            services.meeting_open(stranger, appointment.id, at=clock.now())
    assert not Meeting.objects.visible_to(other.as_therapist).exists()


def test_it_is_seen_with_the_same_number_of_queries_however_much_was_told(
    zoom, desk, django_assert_num_queries
):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    with django_assert_num_queries(2):
        selectors.meeting_of(desk.as_patient, appointment.id)
