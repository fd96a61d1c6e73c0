"""Times that are held while somebody makes up their mind."""

import uuid
from datetime import timedelta

import pytest
import redis

from accounts.tests import factories as people
from bloom.kernel import redis_client
from bloom.kernel.errors import NotAllowed, NotFound, RateLimited, Unavailable
from scheduling import errors, holds, selectors, services
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.tests.steps import DAY, HOUR, hold, slots, times
from scheduling.types import (
    WhoMayBook,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def test_what_somebody_holds_nobody_else_is_shown_or_can_hold(desk):
    other = people.actor(people.patient())
    people.listing(desk.therapist)
    assert START in times(slots(desk, other))
    held = hold(desk)
    assert held.ends_at - held.starts_at == timedelta(minutes=50)
    assert START not in times(slots(desk, other))
    assert START in times(slots(desk))
    with pytest.raises(errors.SlotTaken) as refused:
        hold(desk, actor=other)
    near = refused.value.fields["alternatives"]
    assert len(near) == 3
    assert all(each["service"] == str(desk.service.id) for each in near)
    services.hold_release(desk.as_patient, held.id)
    assert START in times(slots(desk, other))
    hold(desk, actor=other)


def test_one_holds_one_time_of_a_therapist_and_three_in_all(desk):
    first = hold(desk)
    second = hold(desk, START + HOUR)
    assert selectors.hold_get(desk.as_patient, first.id) is None
    assert selectors.hold_get(desk.as_patient, second.id) == second
    for _ in range(2):
        another = factories.desk(patient=desk.patient)
        hold(another, actor=desk.as_patient)
    with pytest.raises(errors.HoldsFull):
        hold(factories.desk(patient=desk.patient), actor=desk.as_patient)
    services.hold_release(desk.as_patient, second.id)
    hold(factories.desk(patient=desk.patient), actor=desk.as_patient)


def test_a_hold_runs_out_by_itself(desk, monkeypatch):
    monkeypatch.setattr(holds, "HOLD_SECONDS", 0.2)
    held = hold(desk)
    import time

    time.sleep(0.3)
    assert selectors.hold_get(desk.as_patient, held.id) is None
    with pytest.raises(errors.HoldGone):
        services.appointment_book(desk.as_patient, held.id, at=AT)
    other = people.actor(people.patient())
    people.listing(desk.therapist)
    hold(desk, actor=other)


def test_nobody_lets_go_or_books_what_another_holds(desk):
    held = hold(desk)
    other = people.actor(people.patient())
    with pytest.raises(NotFound):
        services.hold_release(other, held.id)
    with pytest.raises(errors.HoldGone):
        services.appointment_book(other, held.id, at=AT)
    assert selectors.hold_get(other, held.id) is None
    assert selectors.hold_get(desk.as_patient, held.id) == held


def test_a_therapist_holds_nothing_and_asking_too_often_is_refused(desk, settings):
    with pytest.raises(NotAllowed):
        hold(desk, actor=people.actor(people.therapist()))
    settings.HOLDS_PER_HOUR, settings.RATE_FACTOR = 2, 1
    hold(desk)
    hold(desk)
    with pytest.raises(RateLimited):
        hold(desk)


def test_without_redis_nothing_is_held_and_times_are_shown_all_the_same(desk, monkeypatch):
    nobody = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)
    monkeypatch.setattr(redis_client, "_client", nobody)
    assert START in times(slots(desk))
    with pytest.raises(Unavailable):
        hold(desk)
    with pytest.raises(Unavailable):
        services.hold_release(desk.as_patient, uuid.uuid4())


@pytest.mark.parametrize(
    ("starts_at", "reason"),
    [
        (START + timedelta(minutes=5), "closed"),
        (START - 8 * HOUR, "closed"),
        (AT - DAY, "too_soon"),
        (START + 364 * DAY, "too_far"),
    ],
)
def test_what_is_not_offered_is_not_held(desk, starts_at, reason):
    with pytest.raises(errors.SlotNotOffered) as refused:
        hold(desk, starts_at)
    assert refused.value.fields["reason"] == reason


def test_a_service_of_another_therapist_and_one_that_is_no_more_are_not_held(desk):
    other = factories.desk()
    with pytest.raises(NotFound):
        hold(desk, service=other.service)
    with pytest.raises(NotFound):
        services.hold_place(
            desk.as_patient,
            therapist_id=other.therapist.id,
            service_id=desk.service.id,
            starts_at=START,
            at=AT,
        )
    services.service_retire(desk.as_therapist, desk.service.id, at=AT)
    with pytest.raises(NotFound):
        hold(desk)


@pytest.mark.parametrize(
    ("who", "known", "stranger"),
    [
        (WhoMayBook.ANYBODY, True, True),
        (WhoMayBook.NEW, False, True),
        (WhoMayBook.EXISTING, True, False),
    ],
)
def test_who_may_book(desk, who, known, stranger):
    people.listing(desk.therapist)
    service = factories.service(desk.calendar, who_may_book=who.value)
    for actor, may in ((desk.as_patient, known), (people.actor(people.patient()), stranger)):
        shown = {each.id for each in selectors.service_list(actor, desk.therapist.id)}
        assert (service.id in shown) is may
        assert bool(slots(desk, actor, service_id=service.id)) is may
        if may:
            services.hold_release(actor, hold(desk, actor=actor, service=service).id)
        else:
            with pytest.raises(errors.ServiceNotForYou):
                hold(desk, actor=actor, service=service)
