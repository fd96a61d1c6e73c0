"""An account that comes, goes or works again: all of its meetings follow, however many there are."""

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed
from scheduling.integrations import tokens
from scheduling.integrations.zoom import fake as zoom_fake
from scheduling.models import Meeting
from scheduling.telehealth import selectors, services
from scheduling.telehealth.services import following
from scheduling.telehealth.types import MeetingState
from scheduling.tests import factories, video
from scheduling.types import AppointmentState, Mode

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def booked(desk, count):
    """So many appointments whose meetings nobody has asked for."""
    return [factories.appointment(desk, video.soon(days=2 + number)) for number in range(count)]


def meetings():
    return Meeting.objects.unscoped(reason="test")


def catch_up():
    return services.meetings_catch_up(video.SYSTEM, at=clock.now())


def moved(appointment, **facts):
    for name, value in facts.items():
        setattr(appointment, name, value)
    appointment.save()
    services.meeting_follow(video.SYSTEM, appointment.id, at=clock.now())


# More than go into one transaction --------------------------------------------------------------------------


def test_all_that_is_to_come_follows_a_new_account(zoom, desk, monkeypatch):
    monkeypatch.setattr(following, "FOLLOWED_AT_ONCE", 2)
    made = booked(desk, 7)
    video.zoom(desk)
    first = set(meetings().values_list("appointment_id", flat=True))
    assert first == {each.id for each in made[:2]}, "the soonest at once"
    assert catch_up() == 5
    assert set(meetings().values_list("appointment_id", flat=True)) == {each.id for each in made}
    assert catch_up() == 0
    assert video.run().done == 7


def test_all_that_was_not_made_yet_follows_to_the_practices_account(zoom, desk, monkeypatch):
    monkeypatch.setattr(following, "FOLLOWED_AT_ONCE", 2)
    shared, own = video.zoom(desk, is_own=False), video.zoom(desk)
    for appointment in booked(desk, 5):
        services.meeting_follow(video.SYSTEM, appointment.id, at=clock.now())
    services.credential_remove(video.owner(desk), desk.practice_id, own.id, at=clock.now())
    assert meetings().filter(credential_id=shared.id).count() == 2
    assert catch_up() == 3
    assert meetings().filter(credential_id=shared.id).count() == 5
    assert catch_up() == 0


def test_what_the_practices_account_refused_goes_to_ones_own(zoom, desk, monkeypatch):
    monkeypatch.setattr(following, "FOLLOWED_AT_ONCE", 1)
    video.zoom(desk, is_own=False)
    for appointment in booked(desk, 3):
        services.meeting_follow(video.SYSTEM, appointment.id, at=clock.now())
    meetings().update(state=MeetingState.FAILED.value, next_try_at=None)
    own = video.zoom(desk)
    assert catch_up() == 2
    assert meetings().filter(credential_id=own.id, state=MeetingState.WANTED.value).count() == 3
    assert catch_up() == 0


def test_what_needs_none_is_left_alone(zoom, desk):
    other = factories.desk()
    video.zoom(desk)
    factories.appointment(desk, video.soon(days=2), mode=Mode.IN_PERSON.value)
    factories.appointment(desk, video.soon(days=3), state=AppointmentState.REQUESTED.value)
    factories.appointment(desk, video.soon(days=-3))
    factories.appointment(other, video.soon(days=2))
    assert catch_up() == 0
    assert not meetings().exists()


def test_what_is_far_ahead_is_looked_at_once_an_hour(zoom, desk):
    video.zoom(desk)
    factories.appointment(desk, video.soon(days=30))
    assert catch_up() == 0
    assert services.meetings_catch_up(video.SYSTEM, everything=True, at=clock.now()) == 1


def test_only_the_system_catches_up(desk):
    with pytest.raises(NotAllowed):
        services.meetings_catch_up(desk.as_therapist, at=clock.now())


# Two at once ------------------------------------------------------------------------------------------------


def test_two_who_want_the_same_meeting_at_once_make_one(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    following._want(None, appointment, at=clock.now())
    assert meetings().count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_that_is_called_off_while_an_account_is_connected_gets_no_meeting(zoom, desk):
    appointment = factories.appointment(desk, video.soon())
    held = threading.Event()

    def call_off():
        try:
            with transaction.atomic():
                appointment.state = AppointmentState.CANCELLED.value
                appointment.cancelled_at = clock.now()
                appointment.save()
                held.set()
                time.sleep(1)
        finally:
            connection.close()

    other = threading.Thread(target=call_off)
    other.start()
    assert held.wait(10)
    video.zoom(desk)
    other.join()
    assert not meetings().exists()


# An account that works again --------------------------------------------------------------------------------


def broken(zoom, appointment):
    """The vendor refuses whatever is asked of this meeting."""
    zoom.fault_set("scopes", path=f"/meetings/{video.meeting(appointment).vendor_id}")
    assert video.run().failed == 1
    assert video.meeting(appointment).next_try_at is None


@pytest.mark.parametrize("how", ["tested", "connected"])
def test_a_cancellation_that_was_refused_is_tried_again(zoom, desk, how):
    account = video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    moved(appointment, state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
    broken(zoom, appointment)
    assert video.run(hours=2).done == 0
    if how == "tested":
        services.credential_test(video.owner(desk), desk.practice_id, account.id, at=clock.now())
    else:
        video.zoom(desk)
    assert video.run().done == 1
    assert zoom.meetings == {}
    assert video.meeting(appointment).state == MeetingState.CANCELLED.value


def test_a_move_that_was_refused_is_tried_again(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    untouched = video.booked(desk, video.soon(days=5))
    video.run()
    later = appointment.starts_at + timedelta(hours=2)
    moved(appointment, starts_at=later, ends_at=later + timedelta(minutes=50))
    broken(zoom, appointment)
    turn = video.meeting(untouched).turn
    video.zoom(desk)
    assert video.run().done == 1
    (meeting,) = (each for each in zoom.meetings.values() if each.id == _number(appointment))
    assert meeting.data["start_time"] == later.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert video.meeting(untouched).turn == turn


def test_what_nobody_needs_any_more_is_not_tried_again(zoom, desk):
    video.zoom(desk)
    appointment = video.booked(desk)
    video.run()
    meetings().update(fault="keys", next_try_at=None)
    row = video.credential()
    following.meetings_try_again(row, at=appointment.ends_at + timedelta(days=2))
    assert video.meeting(appointment).next_try_at is None
    following.meetings_try_again(row, at=appointment.ends_at + timedelta(hours=2))
    assert video.meeting(appointment).next_try_at is not None


# Another account -------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(monkeypatch):
    """Another account at Zoom; while it is entered, the vendor knows that one alone."""

    @contextmanager
    def entered():
        with monkeypatch.context() as other:
            other.setattr(zoom_fake, "ACCOUNT", "another-account")
            tokens.clear()
            yield replace(video.ZOOM, account_id="another-account")
        tokens.clear()

    return entered


def test_keys_of_another_account_leave_the_one_before_to_its_meetings(zoom, desk, elsewhere):
    before = video.zoom(desk)
    there, unmade = video.booked(desk), video.booked(desk, video.soon(days=9))
    meetings().filter(appointment=unmade).update(next_try_at=clock.now() + timedelta(hours=1))
    video.run()
    with elsewhere() as account:
        after = video.zoom(desk, account=account)
        assert after.id != before.id
        assert after.hook_path != before.hook_path
        assert video.meeting(there).credential_id == before.id
        assert video.meeting(unmade).credential_id == after.id
        assert video.run().done == 1
    moved(there, state=AppointmentState.CANCELLED.value, cancelled_at=clock.now())
    assert video.run().done == 1
    assert [each.id for each in zoom.meetings.values()] == [_number(unmade)]


def test_the_account_before_may_come_back_and_may_be_removed(zoom, desk, elsewhere):
    before = video.zoom(desk)
    with elsewhere() as account:
        after = video.zoom(desk, account=account)
    assert video.zoom(desk).id == before.id
    actor = video.owner(desk)
    accounts = selectors.video_accounts(actor, desk.practice_id)
    assert (accounts.own.id, [each.id for each in accounts.earlier]) == (before.id, [after.id])
    services.credential_remove(actor, desk.practice_id, after.id, at=clock.now())
    assert selectors.video_accounts(actor, desk.practice_id).earlier == ()


def test_all_that_was_not_made_yet_follows_to_another_account(zoom, desk, elsewhere, monkeypatch):
    monkeypatch.setattr(following, "FOLLOWED_AT_ONCE", 2)
    video.zoom(desk)
    for appointment in booked(desk, 5):
        services.meeting_follow(video.SYSTEM, appointment.id, at=clock.now())
    with elsewhere() as account:
        after = video.zoom(desk, account=account)
    assert catch_up() == 3
    assert meetings().filter(credential_id=after.id).count() == 5


def test_nobody_elses_earlier_account_is_shown(zoom, desk, elsewhere):
    video.zoom(desk, is_own=False)
    with elsewhere() as account:
        video.zoom(desk, is_own=False, account=account)
    assert len(selectors.video_accounts(video.owner(desk), desk.practice_id).earlier) == 1
    colleague = people.therapist()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, colleague.id, MembershipRole.CLINICIAN, at=clock.now()
    )
    actor = people.actor(colleague, practice_id=desk.practice_id, factor_at=clock.now())
    assert selectors.video_accounts(actor, desk.practice_id).earlier == ()


def test_the_page_lists_earlier_accounts(zoom, desk, elsewhere):
    before = video.zoom(desk)
    page = reverse("practice_video", args=[desk.practice_id])
    client = people.browser(desk.therapist)
    assert "Earlier accounts" not in client.get(page).content.decode()
    with elsewhere() as account:
        video.zoom(desk, account=account)
    text = client.get(page).content.decode()
    assert "Earlier accounts" in text
    remove = reverse("practice_video_remove", args=[desk.practice_id, before.id])
    assert remove in text
    client.post(remove)
    assert "Earlier accounts" not in client.get(page).content.decode()


def _number(appointment):
    return int(video.meeting(appointment).vendor_id)
