"""What becomes of an appointment: confirmed, moved, called off, missed, settled."""

from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel.errors import Invalid, NotFound
from bloom.kernel.money import Money
from scheduling import errors, selectors, services
from scheduling.models import Appointment, Calendar, Claim, WeeklyBlock
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.tests.steps import DAY, HOUR, book, hold, slots, times
from scheduling.types import (
    AppointmentState,
    Mode,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def test_a_requested_time_is_confirmed_or_declined_by_its_therapist(desk):
    Calendar.objects.unscoped(reason="test").update(needs_approval=True)
    first, second = book(desk), book(desk, START + 2 * HOUR)
    assert first.state is second.state is AppointmentState.REQUESTED
    with pytest.raises(errors.AppointmentStands) as refused:
        services.appointment_confirm(desk.as_patient, first.id, at=AT)
    assert refused.value.fields == {"state": "requested"}
    assert services.appointment_confirm(desk.as_therapist, first.id, at=AT).state == "confirmed"
    declined = services.appointment_decline(desk.as_therapist, second.id, at=AT)
    assert declined.state is AppointmentState.CANCELLED
    assert START + 2 * HOUR in times(slots(desk))
    with pytest.raises(errors.AppointmentStands):
        services.appointment_confirm(desk.as_therapist, second.id, at=AT)


@pytest.mark.parametrize(
    ("who", "hours", "state", "owes"),
    [
        ("patient", 25, AppointmentState.CANCELLED, False),
        ("patient", 23, AppointmentState.LATE_CANCELLED, True),
        ("therapist", 1, AppointmentState.CANCELLED, False),
    ],
)
def test_calling_off_frees_the_time_and_late_costs_what_was_agreed(desk, who, hours, state, owes):
    Calendar.objects.unscoped(reason="test").update(late_fee_minor=50_00)
    view = book(desk)
    actor = desk.as_patient if who == "patient" else desk.as_therapist
    shown = [Money(50_00, "USD")] if owes else []
    seen = services.appointment_cancel(actor, view.id, fees_seen=shown, at=START - hours * HOUR)
    assert (seen.state, seen.owes_late_fee) == (state, owes)
    assert seen.late_fee == Money(50_00, "USD")
    assert seen.sequence == view.sequence + 1
    assert not Claim.objects.unscoped(reason="test").exists()
    (event,) = people.recorded("scheduling.appointment.cancelled")
    assert (event.data["party"], event.data["fee_minor"]) == (who, 50_00 if owes else 0)
    with pytest.raises(errors.AppointmentStands):
        services.appointment_cancel(actor, view.id, at=START - hours * HOUR)


def test_a_no_show_owes_and_can_be_taken_back(desk):
    Calendar.objects.unscoped(reason="test").update(late_fee_minor=50_00)
    view = book(desk)
    with pytest.raises(errors.AppointmentStands):
        services.appointment_missed(desk.as_therapist, view.id, at=START - HOUR)
    missed = services.appointment_missed(desk.as_therapist, view.id, at=START + HOUR)
    assert (missed.state, missed.owes_late_fee) == (AppointmentState.NO_SHOW, True)
    held = services.appointment_complete(desk.as_therapist, view.id, at=START + 2 * HOUR)
    assert (held.state, held.owes_late_fee) == (AppointmentState.COMPLETED, False)
    assert [event.data["fee_minor"] for event in people.recorded("scheduling.appointment.missed")] == [50_00]


def test_a_time_that_only_the_therapist_chose_costs_the_patient_nothing(desk):
    Calendar.objects.unscoped(reason="test").update(late_fee_minor=50_00)
    first, second = book(desk), book(desk, START + DAY)
    for view in (first, second):
        moved = services.appointment_move(
            desk.as_therapist, view.id, starts_at=view.starts_at - 2 * HOUR, at=START - 3 * HOUR
        )
        assert (moved.agreed_at, moved.free_cancel_until) == (None, max(START - 2 * HOUR, moved.starts_at))
    called_off = services.appointment_cancel(desk.as_patient, first.id, at=START - 2 * HOUR - HOUR / 60)
    assert (called_off.state, called_off.owes_late_fee) == (AppointmentState.CANCELLED, False)
    missed = services.appointment_missed(desk.as_therapist, second.id, at=START + DAY)
    assert (missed.state, missed.owes_late_fee) == (AppointmentState.NO_SHOW, False)
    (event,) = people.recorded("scheduling.appointment.missed")
    assert event.data["fee_minor"] == 0


def test_once_the_patient_chooses_again_what_they_agreed_to_at_first_holds(desk):
    Calendar.objects.unscoped(reason="test").update(late_fee_minor=50_00)
    view = book(desk)
    services.appointment_move(desk.as_therapist, view.id, starts_at=START + 9 * HOUR, at=AT)
    Calendar.objects.unscoped(reason="test").update(free_cancel_minutes=10 * 24 * 60)
    own = services.appointment_move(
        desk.as_patient, view.id, starts_at=START + DAY, agreed=True, at=AT + HOUR
    )
    assert (own.agreed_at, own.free_cancel_until) == (AT + HOUR, START)
    late = services.appointment_cancel(desk.as_patient, view.id, fees_seen=[Money(50_00, "USD")], at=START)
    assert (late.state, late.owes_late_fee) == (AppointmentState.LATE_CANCELLED, True)


@pytest.mark.parametrize(
    ("asked", "confirmed", "state", "owes"),
    [
        (48, 30, AppointmentState.LATE_CANCELLED, True),
        (48, 2, AppointmentState.CANCELLED, False),
        # Whoever asks when it is free no more knows it.
        (5, 2, AppointmentState.LATE_CANCELLED, True),
    ],
)
def test_who_waits_for_an_answer_is_not_charged_for_the_waiting(desk, asked, confirmed, state, owes):
    Calendar.objects.unscoped(reason="test").update(needs_approval=True, late_fee_minor=50_00)
    calls_off = book(desk, at=START - asked * HOUR)
    misses = book(desk, START + HOUR, at=START - asked * HOUR)
    for view in (calls_off, misses):
        services.appointment_confirm(desk.as_therapist, view.id, at=START - confirmed * HOUR)
    shown = [Money(50_00, "USD")] if owes else []
    done = services.appointment_cancel(desk.as_patient, calls_off.id, fees_seen=shown, at=START - HOUR)
    assert (done.state, done.owes_late_fee) == (state, owes)
    missed = services.appointment_missed(desk.as_therapist, misses.id, at=START + 2 * HOUR)
    assert missed.owes_late_fee is owes


def test_a_move_frees_the_old_time_and_takes_the_new_one_and_may_overlap_itself(desk):
    view = book(desk)
    moved = services.appointment_move(
        desk.as_patient, view.id, starts_at=START + timedelta(minutes=30), at=AT
    )
    assert moved.starts_at == START + timedelta(minutes=30)
    assert (moved.price, moved.state, moved.sequence) == (view.price, view.state, view.sequence + 1)
    assert Claim.objects.unscoped(reason="test").count() == 10
    other = people.actor(people.patient())
    people.listing(desk.therapist)
    with pytest.raises(errors.SlotTaken):
        hold(desk, actor=other)
    services.appointment_move(desk.as_patient, view.id, starts_at=START + 3 * HOUR, at=AT)
    assert book(desk, actor=other).starts_at == START
    with pytest.raises(errors.SlotTaken) as refused:
        services.appointment_move(desk.as_patient, view.id, starts_at=START, at=AT)
    assert refused.value.fields["alternatives"]


def test_a_patient_moves_to_what_is_offered_and_in_time_and_the_therapist_as_they_need(desk):
    view = book(desk)
    evening = START + 9 * HOUR
    with pytest.raises(errors.SlotNotOffered):
        services.appointment_move(desk.as_patient, view.id, starts_at=evening, at=AT)
    with pytest.raises(errors.ChangeTooLate):
        services.appointment_move(desk.as_patient, view.id, starts_at=START + HOUR, at=START - HOUR)
    with pytest.raises(Invalid):
        services.appointment_move(desk.as_therapist, view.id, starts_at=evening + timedelta(minutes=1), at=AT)
    with pytest.raises(errors.SlotNotOffered):
        services.appointment_move(desk.as_therapist, view.id, starts_at=AT - DAY, at=AT)
    assert (
        services.appointment_move(desk.as_therapist, view.id, starts_at=evening, at=AT).starts_at == evening
    )
    assert len(people.recorded("scheduling.appointment.moved")) == 1
    services.appointment_move(desk.as_therapist, view.id, starts_at=evening, at=AT)
    assert len(people.recorded("scheduling.appointment.moved")) == 1


def test_where_they_meet_follows_how(desk):
    """By video there is no place; in person it is where the therapist works then."""
    place = people.location(desk.therapist, place_of_service="49")
    WeeklyBlock.objects.unscoped(reason="test").filter(weekday=0).update(location_id=place.id)
    service = factories.service(desk.calendar, place_of_service="10")
    view = book(desk, service=service, mode=Mode.TELEHEALTH)

    def told():
        row = Appointment.objects.unscoped(reason="test").get(pk=view.id)
        return row.mode, row.location_id, row.place_of_service

    assert told() == ("telehealth", None, "10")
    for actor in (desk.as_patient, desk.as_therapist):
        services.appointment_move(actor, view.id, starts_at=START + HOUR, mode=Mode.IN_PERSON, at=AT)
        assert told() == ("in_person", place.id, "49")
        services.appointment_move(actor, view.id, starts_at=START, mode=Mode.TELEHEALTH, at=AT)
        assert told() == ("telehealth", None, "10")
    services.appointment_move(desk.as_therapist, view.id, starts_at=START, mode=Mode.IN_PERSON, at=AT)
    # Outside all hours they meet where they would have.
    services.appointment_move(desk.as_therapist, view.id, starts_at=START + 10 * HOUR, at=AT)
    assert told() == ("in_person", place.id, "49")
    # On another day the hours name no place: it is the one that the practice has, if it has one alone.
    services.appointment_move(desk.as_therapist, view.id, starts_at=START + DAY, at=AT)
    assert told() == ("in_person", place.id, "49")
    people.location(desk.therapist, name="Another one")
    services.appointment_move(desk.as_therapist, view.id, starts_at=START + DAY + HOUR, at=AT)
    assert told() == ("in_person", None, "")


def test_time_settles_what_nobody_did(desk):
    Calendar.objects.unscoped(reason="test").update(needs_approval=True)
    waiting, kept = book(desk), book(desk, START + HOUR)
    services.appointment_confirm(desk.as_therapist, kept.id, at=AT)
    assert services.appointments_settle(people.SYSTEM, at=START - HOUR) == 0
    assert services.appointments_settle(people.SYSTEM, at=START + 3 * HOUR) == 2
    assert services.appointments_settle(people.SYSTEM, at=START + 3 * HOUR) == 0
    found = selectors.appointment_list(desk.as_patient, at=START + 3 * HOUR).items
    assert {each.id: each.state for each in found} == {
        waiting.id: AppointmentState.CANCELLED,
        kept.id: AppointmentState.COMPLETED,
    }
    (event,) = people.recorded("scheduling.appointment.cancelled")
    assert event.data["party"] == "system"


@pytest.mark.parametrize("who", ["other patient", "other therapist", "support"])
def test_nobody_else_does_anything(desk, who):
    view = book(desk)
    maker = {"other patient": people.patient, "other therapist": people.therapist, "support": people.support}
    actor = people.actor(maker[who]())
    for deed in (services.appointment_cancel, services.appointment_complete, services.appointment_decline):
        with pytest.raises(NotFound):
            deed(actor, view.id, at=AT)
    with pytest.raises(NotFound):
        services.appointment_move(actor, view.id, starts_at=START + HOUR, at=AT)
    with pytest.raises(NotFound):
        selectors.appointment_get(actor, view.id, at=AT)
