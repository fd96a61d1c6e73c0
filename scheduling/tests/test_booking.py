"""From a held time to an appointment."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.tests import factories as people
from bloom.kernel import registry
from bloom.kernel.errors import Invalid, NotAllowed
from bloom.kernel.money import Money
from scheduling import errors, selectors, services
from scheduling.models import Appointment, BusyTime, Calendar, Claim
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.tests.steps import HOUR, book, hold, slots, times, week_set
from scheduling.types import (
    AppointmentState,
    Block,
    Deed,
    Rules,
    ServiceFacts,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def test_a_hold_becomes_one_appointment_however_often_it_is_asked(desk):
    held = hold(desk)
    first = services.appointment_book(desk.as_patient, held.id, reason=" I cannot sleep. ", at=AT)
    again = services.appointment_book(desk.as_patient, held.id, at=AT)
    assert (first.is_new, again.is_new) == (True, False)
    assert first.appointment == again.appointment
    view = first.appointment
    assert view.state is AppointmentState.CONFIRMED
    assert view.price == Money(15_000, "USD")
    assert view.reason == "I cannot sleep."
    assert view.deeds == {Deed.CANCEL, Deed.MOVE}
    assert (view.starts_at, view.ends_at) == (START, START + timedelta(minutes=50))
    claims = Claim.objects.unscoped(reason="test").filter(appointment_id=view.id)
    assert claims.count() == 10
    (event,) = people.recorded("scheduling.appointment.booked")
    assert (event.object_id, event.subject_id) == (view.id, desk.patient.id)
    assert "sleep" not in str(event.data)


def test_what_was_agreed_stays_when_the_service_changes(desk):
    view = book(desk)
    Calendar.objects.unscoped(reason="test").update(late_fee_minor=99_00)
    services.service_change(
        desk.as_therapist,
        desk.service.id,
        ServiceFacts(name="Something else", duration_minutes=90, price=Money(1, "USD")),
        version=1,
        at=AT,
    )
    again = selectors.appointment_get(desk.as_patient, view.id, at=AT)
    assert again == view
    assert again.late_fee == Money(0, "USD")


def test_what_the_patient_wrote_is_for_the_two_and_the_note_for_the_therapist(desk):
    view = book(desk, reason="I cannot sleep.")
    services.appointment_change(desk.as_therapist, view.id, note="Ask about work.", at=AT)
    for actor, reason, note in (
        (desk.as_patient, "I cannot sleep.", None),
        (desk.as_therapist, "I cannot sleep.", "Ask about work."),
    ):
        seen = selectors.appointment_get(actor, view.id, at=AT)
        assert (seen.reason, seen.note) == (reason, note)
    row = Appointment.objects.unscoped(reason="test").get(pk=view.id)
    assert b"sleep" not in bytes(row.reason)
    assert b"work" not in bytes(row.note)
    with pytest.raises(NotAllowed):
        services.appointment_change(desk.as_patient, view.id, note="Mine", at=AT)
    with pytest.raises(NotAllowed):
        services.appointment_change(desk.as_therapist, view.id, reason="Theirs", at=AT)
    assert services.appointment_change(desk.as_patient, view.id, reason="", at=AT).reason is None


@pytest.mark.parametrize("reason", ["x" * 1001, "a\x00b", "a\ud800b"])
def test_what_cannot_be_kept_is_refused_before_anything_is_booked(desk, reason):
    held = hold(desk)
    with pytest.raises(Invalid) as refused:
        services.appointment_book(desk.as_patient, held.id, reason=reason, at=AT)
    assert "reason" in refused.value.errors
    assert selectors.hold_get(desk.as_patient, held.id) == held


def test_the_desk_sees_who_meets_whom_and_not_why(desk):
    from accounts import services as accounts_services
    from accounts.types import MembershipRole

    view = book(desk, reason="I cannot sleep.")
    clerk = people.person()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, clerk.id, MembershipRole.FRONT_DESK, at=AT
    )
    here = people.actor(clerk, practice_id=desk.practice_id)
    seen = selectors.appointment_get(here, view.id, at=AT)
    assert (seen.reason, seen.note, seen.party) == (None, None, None)
    assert seen.deeds == {Deed.MOVE, Deed.CANCEL}
    for deed in (services.appointment_complete, services.appointment_missed, services.appointment_confirm):
        with pytest.raises(NotAllowed):
            deed(here, view.id, at=AT)


def test_a_time_that_somebody_has_meanwhile_is_taken_whatever_the_hold_says(desk):
    held = hold(desk)
    factories.appointment(desk, START + timedelta(minutes=30), patient=people.patient())
    with pytest.raises(errors.SlotTaken) as refused:
        services.appointment_book(desk.as_patient, held.id, at=AT)
    assert refused.value.fields["alternatives"]
    assert Appointment.objects.unscoped(reason="test").count() == 1


def test_the_claims_refuse_what_the_check_did_not_see(desk):
    """As when the row of an appointment lies about its state."""
    factories.appointment(desk, patient=people.patient())
    Appointment.objects.unscoped(reason="test").update(
        state=AppointmentState.CANCELLED.value, cancelled_at=AT
    )
    with pytest.raises(errors.SlotTaken):
        book(desk)
    assert Appointment.objects.unscoped(reason="test").count() == 1


def test_an_offer_keeps_its_time_until_it_lapses(desk):
    def offer(expires_at):
        Claim.objects.unscoped(reason="test").delete()
        Claim.objects.create(
            therapist=desk.therapist,
            practice_id=desk.practice_id,
            quantum=int(START.timestamp()) // 300,
            offer_id=uuid.uuid4(),
            expires_at=expires_at,
        )

    offer(AT + HOUR)
    assert START not in times(slots(desk))
    with pytest.raises(errors.SlotTaken):
        hold(desk)
    offer(AT)
    assert START in times(slots(desk))
    assert book(desk).starts_at == START


def test_busy_elsewhere_and_in_another_practice_is_busy(desk):
    BusyTime.objects.create(
        therapist=desk.therapist,
        source_id=uuid.uuid4(),
        key="a",
        starts_at=START,
        ends_at=START + HOUR,
        imported_at=AT,
    )
    second = people.practice(desk.therapist)
    there = factories.calendar(desk.therapist, practice_id=second)
    elsewhere = replace(desk, practice_id=second, calendar=there, service=factories.service(there))
    factories.appointment(elsewhere, START + 2 * HOUR, patient=people.patient())
    found = times(slots(desk))
    assert START not in found
    assert START + 2 * HOUR not in found
    assert START + HOUR in found


def test_the_notice_is_that_of_when_the_time_was_chosen(desk):
    Calendar.objects.unscoped(reason="test").update(notice_minutes=60)
    held = hold(desk, at=START - HOUR)
    assert services.appointment_book(desk.as_patient, held.id, at=START - timedelta(minutes=55))


def test_one_is_not_in_two_places(desk):
    book(desk)
    other = factories.desk(patient=desk.patient)
    held = hold(other, START + timedelta(minutes=30), actor=desk.as_patient)
    with pytest.raises(errors.AppointmentOverlaps):
        services.appointment_book(desk.as_patient, held.id, at=AT)


def test_a_failed_booking_leaves_nothing(desk, monkeypatch, retry_once):
    held = hold(desk)
    view = services.appointment_book(desk.as_patient, held.id, at=AT).appointment
    assert len(people.recorded("scheduling.appointment.booked")) == 1
    assert Claim.objects.unscoped(reason="test").filter(appointment_id=view.id).count() == 10


@pytest.mark.parametrize("what", ["service", "calendar"])
def test_nothing_is_booked_on_other_terms_than_were_shown(desk, what):
    held = hold(desk)
    if what == "service":
        services.service_change(
            desk.as_therapist,
            desk.service.id,
            ServiceFacts(name="Dearer", duration_minutes=50, price=Money(999_00, "USD")),
            version=1,
            at=AT,
        )
    else:
        week = [Block(weekday, 540, 1020) for weekday in range(5)]
        week_set(desk.as_therapist, week, rules=Rules(notice_minutes=0, late_fee_minor=99_00), version=0)
    with pytest.raises(errors.TermsChanged):
        services.appointment_book(desk.as_patient, held.id, at=AT)
    assert not Appointment.objects.unscoped(reason="test").exists()
    booked = services.appointment_book(desk.as_patient, hold(desk).id, at=AT).appointment
    assert (booked.price.amount, booked.late_fee.amount) in {(999_00, 0), (150_00, 99_00)}


def test_a_gate_of_another_room_has_its_say_before_a_booking_and_a_move(desk, monkeypatch):
    asked = []

    def gate(actor, meeting, at):
        asked.append((meeting.patient_id, meeting.therapist_id, meeting.starts_at, meeting.mode))
        if meeting.starts_at != START:
            raise NotAllowed

    monkeypatch.setattr(registry.gate, "_items", {"licence": (1, gate)})
    with pytest.raises(NotAllowed):
        book(desk, START + HOUR)
    view = book(desk)
    with pytest.raises(NotAllowed):
        services.appointment_move(desk.as_patient, view.id, starts_at=START + 2 * HOUR, at=AT)
    assert selectors.appointment_get(desk.as_patient, view.id, at=AT) == view
    times_asked = [START + HOUR, START, START + 2 * HOUR]
    assert asked == [(desk.patient.id, desk.therapist.id, each, "telehealth") for each in times_asked]
