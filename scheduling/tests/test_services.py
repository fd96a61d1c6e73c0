"""Holding, booking and what becomes of an appointment: the promises of the services."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import ChangedMeanwhile
from accounts.tests import factories as people
from accounts.types import DirectoryAsk, TermKind
from bloom.kernel import redis_client, registry
from bloom.kernel.errors import Invalid, NotAllowed, NotFound, RateLimited, Unavailable
from bloom.kernel.money import Money
from scheduling import errors, holds, selectors, services
from scheduling.models import Appointment, BusyTime, Calendar, Claim, DateException, Service, WeeklyBlock
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.types import (
    AppointmentState,
    Block,
    Deed,
    ExceptionKind,
    Mode,
    Modes,
    Rules,
    ServiceFacts,
    SlotFault,
    WhoMayBook,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    return factories.desk()


def hold(desk, starts_at=START, *, actor=None, service=None, mode=None, at=AT):
    return services.hold_place(
        actor or desk.as_patient,
        therapist_id=desk.therapist.id,
        service_id=(service or desk.service).id,
        starts_at=starts_at,
        mode=mode,
        at=at,
    )


def book(desk, starts_at=START, *, actor=None, reason="", at=AT, **kwargs):
    actor = actor or desk.as_patient
    held = hold(desk, starts_at, actor=actor, at=at, **kwargs)
    return services.appointment_book(actor, held.id, reason=reason, at=at).appointment


def slots(desk, actor=None, *, start=START - 2 * HOUR, days=1, at=AT, service_id=None):
    return selectors.slot_list(
        actor or desk.as_patient,
        desk.therapist.id,
        start=start,
        end=start + days * DAY,
        at=at,
        service_id=service_id,
    )


def times(found):
    return [each.starts_at for each in found]


# Holding ----------------------------------------------------------------------------------------------------


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


# Booking ----------------------------------------------------------------------------------------------------


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
    assert (seen.reason, seen.note, seen.party, seen.deeds) == (None, None, None, frozenset())
    for deed in (services.appointment_cancel, services.appointment_missed, services.appointment_confirm):
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


# Deeds ------------------------------------------------------------------------------------------------------


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
    seen = services.appointment_cancel(actor, view.id, at=START - hours * HOUR)
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
    own = services.appointment_move(desk.as_patient, view.id, starts_at=START + DAY, at=AT + HOUR)
    assert (own.agreed_at, own.free_cancel_until) == (AT + HOUR, START)
    late = services.appointment_cancel(desk.as_patient, view.id, at=START)
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
    done = services.appointment_cancel(desk.as_patient, calls_off.id, at=START - HOUR)
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
    # On another day the therapist works in no place that the practice has told of.
    services.appointment_move(desk.as_therapist, view.id, starts_at=START + DAY, at=AT)
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


# Availability -----------------------------------------------------------------------------------------------

WEEK = (Block(0, 540, 720), Block(0, 780, 1020), Block(4, 1320, 1560, Modes.TELEHEALTH))


def week_set(actor, blocks=WEEK, *, rules=Rules(), version=0, zone="America/Chicago"):  # noqa: B008
    return services.availability_set(
        actor, time_zone=zone, blocks=blocks, rules=rules, version=version, at=AT
    )


def test_a_week_is_kept_as_it_was_told():
    actor = people.actor(people.therapist())
    assert selectors.availability_get(actor, at=AT).version == 0
    rules = Rules(slot_minutes=30, daily_limit=6, needs_approval=True, late_fee_minor=75_00)
    told = week_set(actor, rules=rules)
    assert told == selectors.availability_get(actor, at=AT)
    assert (told.blocks, told.rules, told.version) == (WEEK, rules, 1)
    # The same again changes nothing, and what was read before something else was told is not kept.
    assert week_set(actor, rules=rules, version=1).version == 1
    assert len(people.recorded("scheduling.calendar.changed")) == 1
    assert week_set(actor, WEEK[:1], version=1).blocks == WEEK[:1]
    with pytest.raises(ChangedMeanwhile):
        week_set(actor, version=1)


@pytest.mark.parametrize(
    ("blocks", "field"),
    [
        ((Block(0, 540, 600), Block(0, 570, 660)), "week"),
        ((Block(6, 1380, 1500), Block(0, 0, 120)), "week"),
        ((Block(0, 600, 540),), "week"),
        ((Block(7, 540, 600),), "week"),
        ((Block(0, 541, 600),), "week"),
        (tuple(Block(day, hour * 60, hour * 60 + 30) for day in range(7) for hour in range(11)), "week"),
        ((Block(0, 540, 600, Modes.IN_PERSON, uuid.uuid4()),), "week"),
    ],
)
def test_hours_that_cannot_be_are_refused(blocks, field):
    actor = people.actor(people.therapist())
    with pytest.raises(Invalid) as refused:
        week_set(actor, blocks)
    assert field in refused.value.errors
    assert not Calendar.objects.unscoped(reason="test").exists()


@pytest.mark.parametrize(
    "facts",
    [
        {"slot_minutes": 7},
        {"notice_minutes": -5},
        {"horizon_days": 0},
        {"daily_limit": 0},
        {"free_cancel_minutes": 10**6},
        {"late_fee_minor": 10**9},
    ],
)
def test_rules_that_cannot_be_are_refused(facts):
    with pytest.raises(Invalid) as refused:
        week_set(people.actor(people.therapist()), rules=Rules(**facts))
    assert set(refused.value.errors) == set(facts)
    with pytest.raises(Invalid):
        week_set(people.actor(people.therapist()), zone="Mars/Olympus")


def test_hours_at_a_place_of_the_practice():
    therapist = people.therapist()
    place = people.location(therapist)
    block = Block(0, 540, 600, Modes.IN_PERSON, place.id)
    assert week_set(people.actor(therapist), (block,)).blocks == (block,)


def test_only_who_gives_care_has_hours():
    for person in (people.patient(), people.support()):
        with pytest.raises(NotAllowed):
            week_set(people.actor(person))


def test_days_apart_are_added_and_taken_back(desk):
    holiday = {"kind": ExceptionKind.OFF, "starts_on": START.date(), "ends_on": START.date()}
    added = services.exception_add(desk.as_therapist, **holiday, at=AT)
    assert selectors.availability_get(desk.as_therapist, at=AT).exceptions == (added,)
    assert slots(desk) == []
    with pytest.raises(NotFound):
        services.exception_remove(factories.desk().as_therapist, added.id, at=AT)
    services.exception_remove(desk.as_therapist, added.id, at=AT)
    assert slots(desk)
    with pytest.raises(errors.CalendarMissing):
        services.exception_add(people.actor(people.therapist()), **holiday, at=AT)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"ends_on": date(2026, 11, 8)}, "ends_on"),
        ({"starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 2)}, "ends_on"),
        ({"ends_on": date(2036, 1, 1)}, "ends_on"),
        ({"kind": ExceptionKind.EXTRA}, "hours"),
        ({"starts_minute": 540}, "hours"),
        ({"starts_minute": 540, "ends_minute": 500}, "hours"),
        ({"starts_minute": 541, "ends_minute": 600}, "hours"),
        ({"location_id": uuid.uuid4()}, "location"),
    ],
)
def test_days_apart_that_cannot_be_are_refused(desk, facts, field):
    base = {"kind": ExceptionKind.OFF, "starts_on": date(2026, 11, 9), "ends_on": date(2026, 11, 9)}
    with pytest.raises(Invalid) as refused:
        services.exception_add(desk.as_therapist, **{**base, **facts}, at=AT)
    assert set(refused.value.errors) == {field}
    assert not DateException.objects.unscoped(reason="test").exists()


# Services ---------------------------------------------------------------------------------------------------

FACTS = ServiceFacts(
    name="45-minute session", duration_minutes=45, price=Money(140_00, "USD"), cpt_code="90834"
)


def test_a_service_is_offered_changed_and_retired(desk):
    added = services.service_add(desk.as_therapist, FACTS, at=AT)
    assert added.cpt_code == "90834"
    with pytest.raises(errors.ServiceNameTaken):
        services.service_add(desk.as_therapist, FACTS, at=AT)
    changed = services.service_change(
        desk.as_therapist, added.id, replace(FACTS, buffer_after=10), version=1, at=AT
    )
    assert (changed.buffer_after, changed.version) == (10, 2)
    with pytest.raises(ChangedMeanwhile):
        services.service_change(desk.as_therapist, added.id, FACTS, version=1, at=AT)
    with pytest.raises(NotFound):
        services.service_change(factories.desk().as_therapist, added.id, FACTS, version=2, at=AT)
    services.service_retire(desk.as_therapist, added.id, at=AT)
    services.service_retire(desk.as_therapist, added.id, at=AT)
    assert len(people.recorded("scheduling.service.retired")) == 1
    assert [each.id for each in selectors.service_list(desk.as_patient, desk.therapist.id)] == [
        desk.service.id
    ]
    assert [each.id for each in selectors.service_list(desk.as_therapist, desk.therapist.id)] == [
        desk.service.id,
        added.id,
    ]
    # The name is free again.
    services.service_add(desk.as_therapist, FACTS, at=AT)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "\u3164"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"duration_minutes": 47}, "duration_minutes"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": 485}, "duration_minutes"),
        ({"buffer_before": 3}, "buffer_before"),
        ({"buffer_after": -5}, "buffer_after"),
        ({"cpt_code": "9083"}, "cpt_code"),
        ({"cpt_code": "<b>90"}, "cpt_code"),
        ({"place_of_service": "77"}, "place_of_service"),
        ({"price": Money(-1, "USD")}, "price"),
    ],
)
def test_a_service_that_cannot_be_is_refused(desk, facts, field):
    with pytest.raises(Invalid) as refused:
        services.service_add(desk.as_therapist, replace(FACTS, **facts), at=AT)
    assert set(refused.value.errors) == {field}
    assert Service.objects.unscoped(reason="test").count() == 1


# Reading ----------------------------------------------------------------------------------------------------


def test_slots_of_a_range_cost_the_same_for_an_empty_and_a_full_calendar(desk):
    with CaptureQueriesContext(
        connection,
    ) as empty:
        before = slots(desk, days=7)
    for number in range(5):
        factories.appointment(desk, START + number * DAY, patient=people.patient())
    with CaptureQueriesContext(connection) as full:
        after = slots(desk, days=7)
    assert len(before) > len(after) > 0
    assert len(full) == len(empty) <= 10


def test_the_first_free_time_over_all_who_fit_costs_the_same_for_one_and_for_many():
    ask = DirectoryAsk(terms={TermKind.SPECIALTY: ("sleep",)})
    actor = people.actor(people.patient())

    def listed(starts):
        desk = factories.desk()
        people.listing(desk.therapist, specialties=("sleep",))
        factories.appointment(desk, starts, patient=people.patient())
        return desk

    first = listed(START)
    factories.desk()
    with CaptureQueriesContext(connection) as one:
        found = selectors.slot_first_free(actor, ask, at=START - HOUR)
    assert [each.therapist.id for each in found] == [first.therapist.id]
    assert found[0].slot.starts_at == START - HOUR
    others = [listed(START - HOUR) for _ in range(4)]
    with CaptureQueriesContext(connection) as many:
        found = selectors.slot_first_free(actor, ask, at=START - HOUR)
    assert len(many) == len(one)
    assert found[0].therapist.id == first.therapist.id
    assert {each.therapist.id for each in found[1:]} == {each.therapist.id for each in others}
    assert selectors.slot_first_free(actor, ask, at=START - HOUR, mode=Mode.IN_PERSON)[0].slot.modes


def test_a_list_of_appointments_costs_the_same_for_one_and_for_many_and_goes_on(desk):
    factories.appointment(desk)
    with CaptureQueriesContext(connection) as one:
        selectors.appointment_list(desk.as_therapist, at=AT)
    for number in range(1, 5):
        factories.appointment(desk, START + number * HOUR, patient=people.patient())
    with CaptureQueriesContext(connection) as many:
        page = selectors.appointment_list(desk.as_therapist, at=AT)
    assert len(many) == len(one)
    assert times(page.items) == [START + number * HOUR for number in range(5)]
    first = selectors.appointment_list(desk.as_therapist, at=AT, limit=2)
    second = selectors.appointment_list(desk.as_therapist, at=AT, limit=10, cursor=first.next)
    assert [*first.items, *second.items] == list(page.items)
    with pytest.raises(Invalid):
        selectors.appointment_list(desk.as_therapist, at=AT, cursor="1-zz")


def test_of_a_therapist_whom_one_does_not_find_there_is_no_time(desk):
    stranger = people.actor(people.patient())
    hidden = people.practice(desk.therapist)
    there = factories.calendar(desk.therapist, practice_id=hidden)
    service = factories.service(there)
    factories.block(there, 0)
    assert slots(desk, stranger, service_id=service.id) == []
    with pytest.raises(NotFound):
        hold(desk, actor=stranger, service=service)


def test_why_not_has_words_for_each_reason():
    from scheduling.services import words

    for fault in SlotFault:
        assert str(words.slot_refusal(fault).detail)
