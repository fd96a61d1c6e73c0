"""A session at a vendor begins as one in Bloom's own room: when both are there, by what the vendor tells."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.db.models import F

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed
from observability import services as record
from scheduling.models import Appointment
from scheduling.telehealth import services
from scheduling.telehealth.rules.timeline import has_met, timeline
from scheduling.telehealth.services import attending
from scheduling.tests import factories, video
from scheduling.tests.attacks.test_hooks import number, post
from scheduling.tests.test_timeline import START, news

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SPAN = {"since": START - 15 * MINUTE, "until": START + 110 * MINUTE}


@pytest.fixture
def now(zoom):
    """An appointment that begins in five minutes, with its meeting at Zoom."""
    desk = factories.desk()
    video.zoom(desk)
    starts_at = clock.now().replace(microsecond=0) + 5 * MINUTE
    made = video.booked(desk, starts_at, is_claimed=False)
    video.run()
    return made


def state(made):
    record.outbox_drain(people.SYSTEM, at=clock.now())
    return Appointment.objects.unscoped(reason="test").get(pk=made.id).state


def put_off(made, by):
    """Its appointment, as it is when it has moved; nobody has heard of that."""
    rows = Appointment.objects.unscoped(reason="test").filter(pk=made.id)
    rows.update(starts_at=F("starts_at") + by, ends_at=F("ends_at") + by)
    return rows.get().starts_at


@pytest.mark.django_db
def test_it_is_in_session_when_both_are_there_and_once(zoom, now):
    for happening, name in (("started", ""), ("joined", "Therapist")):
        post(zoom.news(number(now), happening, name))
        assert state(now) == "confirmed"
    both = zoom.news(number(now), "joined", "Patient")
    post(both)
    assert state(now) == "in_session"
    post(both)
    post(zoom.news(number(now), "left", "Patient"))
    post(zoom.news(number(now), "joined", "Patient"))
    assert state(now) == "in_session"
    assert len(people.recorded("scheduling.appointment.began")) == 1
    # It stays so when the vendor says that it is over: who comes back goes on, and the sweep completes it.
    post(zoom.news(number(now), "ended"))
    assert state(now) == "in_session"


@pytest.mark.django_db
def test_one_alone_or_a_meeting_of_another_day_begins_nothing(zoom, now):
    post(zoom.news(number(now), "started"))
    post(zoom.news(number(now), "joined", "Therapist"))
    post(zoom.news(number(now), "left", "Therapist"))
    post(zoom.news(number(now), "joined", "Patient"))
    assert state(now) == "confirmed"
    Appointment.objects.unscoped(reason="test").filter(pk=now.id).update(
        starts_at=now.starts_at + timedelta(days=2), ends_at=now.ends_at + timedelta(days=2)
    )
    post(zoom.news(number(now), "joined", "Supervisor"))
    assert state(now) == "confirmed"


@pytest.mark.django_db
def test_forged_news_begin_nothing_and_what_was_called_off_stays_so(zoom, now):
    post(zoom.news(number(now), "joined", "Therapist"), secret="somebody-elses")
    post(zoom.news(number(now), "joined", "Patient"), secret="somebody-elses")
    assert state(now) == "confirmed"
    Appointment.objects.unscoped(reason="test").filter(pk=now.id).update(
        state="cancelled", cancelled_at=clock.now()
    )
    post(zoom.news(number(now), "joined", "Therapist"))
    post(zoom.news(number(now), "joined", "Patient"))
    assert state(now) == "cancelled"
    with pytest.raises(NotAllowed):
        services.meeting_begin(people.actor(people.patient()), video.meeting(now).id, at=clock.now())


def sweep(made, at):
    services.meetings_catch_up(people.SYSTEM, at=at)
    return state(made)


def both_come(zoom, made):
    post(zoom.news(number(made), "joined", "Therapist"))
    post(zoom.news(number(made), "joined", "Patient"))
    return state(made)


@pytest.mark.django_db
def test_who_both_came_before_it_was_time_are_in_session_from_then_on(zoom, now):
    starts_at = put_off(now, 2 * HOUR)
    assert both_come(zoom, now) == "confirmed"
    assert sweep(now, starts_at - 16 * MINUTE) == "confirmed"
    assert sweep(now, starts_at - 15 * MINUTE) == "in_session"
    assert sweep(now, starts_at - 14 * MINUTE) == "in_session"
    assert len(people.recorded("scheduling.appointment.began")) == 1


@pytest.mark.django_db
def test_one_who_has_left_by_then_or_came_to_another_day_begins_nothing(zoom, now):
    starts_at = put_off(now, 2 * HOUR)
    both_come(zoom, now)
    # Nobody told that they left.
    later = put_off(now, timedelta(days=2))
    assert sweep(now, later) == "confirmed"
    assert put_off(now, -timedelta(days=2)) == starts_at
    post(zoom.news(number(now), "left", "Patient"))
    assert state(now) == "confirmed"
    assert sweep(now, starts_at) == "confirmed"


@pytest.mark.django_db
def test_where_nothing_was_told_the_sweep_asks_one_question(zoom, now, django_assert_num_queries):
    with django_assert_num_queries(1):
        attending.meetings_begin(people.SYSTEM, at=now.starts_at)
    with pytest.raises(NotAllowed):
        attending.meetings_begin(people.actor(people.patient()), at=now.starts_at)


def test_in_whatever_order_the_news_come():
    told = [news("joined", 0, "a"), news("joined", 2, "b"), news("left", 10, "b"), news("ended", 50)]
    assert all(has_met(timeline(each), **SPAN) for each in permutations(told))


@pytest.mark.parametrize(
    "told",
    [
        [],
        [news("started", 0), news("ended", 50)],
        [news("joined", 0, "a"), news("joined", 5, "a")],
        [news("joined", 0, "a"), news("left", 5, "a"), news("joined", 5, "b")],
        [news("joined", -60, "a"), news("joined", -59, "b"), news("ended", -20)],
        [news("joined", 120, "a"), news("joined", 121, "b")],
    ],
)
def test_two_meet_only_there_and_then(told):
    assert not has_met(timeline(told), **SPAN)
