"""What a refusal names is free instead, and never the time that was refused because it was taken."""

from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import clock
from scheduling import errors, services
from scheduling.models import Calendar, Service
from scheduling.services import booking
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.tests.steps import DAY, HOUR, hold
from scheduling.tests.test_booking_for import book as book_for
from scheduling.tests.test_booking_for import desk_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def desk():
    return factories.desk()


def named(refused):
    return [each["starts_at"] for each in refused.value.fields["alternatives"]]


def test_a_time_that_was_taken_and_is_free_again_is_not_named(desk, monkeypatch):
    held = hold(desk)

    def taken(*args, **facts):
        raise errors.SlotTaken

    monkeypatch.setattr(booking, "hold_book", taken)
    with pytest.raises(errors.SlotTaken) as refused:
        services.appointment_book(desk.as_patient, held.id, at=AT)
    assert len(named(refused)) == 3
    assert clock.to_wire(START) not in named(refused)


def test_what_the_desk_holds_themselves_is_not_named_to_them(desk):
    people.listing(desk.therapist)
    front = desk_of(desk)
    services.hold_place(
        front, therapist_id=desk.therapist.id, service_id=desk.service.id, starts_at=START, at=AT
    )
    with pytest.raises(errors.SlotTaken) as refused:
        book_for(desk, actor=front)
    assert clock.to_wire(START) not in named(refused)


def test_a_move_is_told_times_into_which_the_session_fits_as_it_was_agreed(desk):
    """Its service is shorter by now."""
    row = factories.appointment(desk)
    Service.objects.unscoped(reason="test").update(duration_minutes=15)
    other = START + 3 * HOUR
    factories.appointment(desk, other, patient=people.patient())
    wanted = other - timedelta(minutes=30)
    with pytest.raises(errors.SlotTaken) as refused:
        services.appointment_move(desk.as_therapist, row.id, starts_at=wanted, at=AT)
    assert len(named(refused)) == 3
    near = {clock.to_wire(other - timedelta(minutes=each)) for each in (45, 30, 15)}
    assert not near & set(named(refused))


def test_the_desk_is_told_times_that_are_too_soon_or_far_for_a_patient(desk):
    Calendar.objects.unscoped(reason="test").update(notice_minutes=48 * 60, horizon_days=1)
    front, at = desk_of(desk), START - DAY
    row = factories.appointment(desk, START + 2 * HOUR)
    factories.appointment(desk, START, patient=people.patient())
    for wanted in (
        lambda: services.appointment_move(front, row.id, starts_at=START, at=at),
        lambda: book_for(desk, actor=front, patient_id=desk.patient.id, at=at),
    ):
        with pytest.raises(errors.SlotTaken) as refused:
            wanted()
        assert len(named(refused)) == 3
        assert {each[:10] for each in named(refused)} == {"2026-11-09"}


def test_where_an_appointment_is_stands_against_no_time_and_is_none(desk):
    Calendar.objects.unscoped(reason="test").update(slot_minutes=10)
    row = factories.appointment(desk, START + HOUR)
    factories.appointment(desk, START, patient=people.patient())
    for actor in (desk.as_patient, desk.as_therapist, desk_of(desk)):
        with pytest.raises(errors.SlotTaken) as refused:
            services.appointment_move(actor, row.id, starts_at=START + 40 * MINUTE, agreed=True, at=AT)
        assert named(refused) == [clock.to_wire(START + each * MINUTE) for each in (50, 70, 80)]
