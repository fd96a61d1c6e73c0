"""A session at a vendor begins as one in Bloom's own room: when both are there, by what the vendor tells."""

from datetime import timedelta
from itertools import permutations

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed
from observability import services as record
from scheduling.models import Appointment
from scheduling.telehealth import services
from scheduling.telehealth.rules.timeline import has_met, timeline
from scheduling.tests import factories, video
from scheduling.tests.attacks.test_hooks import number, post
from scheduling.tests.test_timeline import START, news

MINUTE = timedelta(minutes=1)
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
