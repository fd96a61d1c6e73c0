"""The practice's desk moves and cancels an appointment of a colleague's."""

from datetime import timedelta

import pytest

from accounts import services as accounts_services
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.actor import Via
from bloom.kernel.errors import NotAllowed, NotFound
from scheduling import errors, selectors, services
from scheduling.models import Appointment, Calendar, Claim, Reminder, WaitlistOffer, WeeklyBlock
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.tests.test_booking_for import desk_of
from scheduling.tests.test_telling import deliver, told
from scheduling.types import AppointmentState, DayPart, Deed, Frequency, SeriesRule, Wishes

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def desk():
    return factories.desk()


def bound(desk, starts_at=START, **facts):
    """An appointment to whose time its patient has said yes, with a fee."""
    return factories.appointment(desk, starts_at, late_fee_minor=75_00, **facts)


def move(actor, row, starts_at=START + HOUR, **more):
    return services.appointment_move(actor, row.id, starts_at=starts_at, at=more.pop("at", AT), **more)


def cancel(actor, row, at=AT):
    return services.appointment_cancel(actor, row.id, at=at)


def test_what_it_moves_stands_and_binds_the_patient_to_nothing(desk):
    Calendar.objects.unscoped(reason="test").update(needs_approval=True)
    front, row = desk_of(desk), bound(desk)
    moved = move(front, row)
    assert (moved.starts_at, moved.state) == (START + HOUR, AppointmentState.CONFIRMED)
    theirs = selectors.appointment_get(desk.as_patient, row.id, at=AT)
    assert (theirs.agreed_at, theirs.free_cancel_until) == (None, START + HOUR)
    assert Claim.objects.unscoped(reason="test").filter(appointment=row).count() == 10
    off = services.appointment_cancel(desk.as_patient, row.id, at=START)
    assert (off.state, off.owes_late_fee) == (AppointmentState.CANCELLED, False)
    (event,) = people.recorded("scheduling.appointment.moved")
    assert (event.actor_user_id, event.subject_id) == (front.user_id, desk.patient.id)


def test_what_it_cancels_is_never_late_and_its_time_is_free(desk):
    front, row = desk_of(desk), bound(desk)
    off = cancel(front, row, at=START - HOUR)
    assert (off.state, off.owes_late_fee) == (AppointmentState.CANCELLED, False)
    assert not Claim.objects.unscoped(reason="test").exists()
    (event,) = people.recorded("scheduling.appointment.cancelled")
    assert (event.data["party"], event.data["is_late"], event.data["fee_minor"]) == ("desk", False, 0)
    assert event.actor_user_id == front.user_id


@pytest.mark.parametrize(("deed", "code"), [(move, "moved"), (cancel, "cancelled")])
def test_both_people_are_told(desk, deed, code):
    deed(desk_of(desk), bound(desk))
    sent = deliver()
    assert told(desk.patient) == told(desk.therapist) == [code]
    assert set(sent) == {desk.patient.email, desk.therapist.email}


def test_it_moves_within_the_hours_however_soon_and_in_whatever_steps(desk):
    Calendar.objects.unscoped(reason="test").update(notice_minutes=48 * 60, horizon_days=1)
    front, row = desk_of(desk), bound(desk)
    evening = START + 9 * HOUR
    with pytest.raises(errors.SlotNotOffered) as refused:
        move(front, row, evening)
    assert refused.value.fields["reason"] == "closed"
    # It was too late for its patient.
    soon = START - HOUR
    with pytest.raises(errors.ChangeTooLate):
        move(desk.as_patient, row, START + HOUR, agreed=True, at=soon)
    assert move(front, row, START + timedelta(minutes=65), at=soon).starts_at == START + timedelta(minutes=65)
    assert move(desk.as_therapist, row, evening, at=soon).starts_at == evening


def test_the_daily_limit_binds_it():
    desk = factories.desk(daily_limit=1)
    factories.appointment(desk, START + timedelta(days=1), patient=people.patient())
    front, row = desk_of(desk), bound(desk)
    with pytest.raises(errors.SlotNotOffered) as refused:
        move(front, row, START + timedelta(days=1, hours=3))
    assert refused.value.fields["reason"] == "day_full"
    # Within its own day it takes nobody's place.
    assert move(front, row, START + 3 * HOUR).starts_at == START + 3 * HOUR


def test_nobody_is_moved_over_another_nor_to_what_somebody_holds(desk):
    people.listing(desk.therapist)
    services.hold_place(
        people.actor(people.patient(), via=Via.API),
        therapist_id=desk.therapist.id,
        service_id=desk.service.id,
        starts_at=START + HOUR,
        at=AT,
    )
    factories.appointment(desk, START + 3 * HOUR, patient=people.patient())
    front, row = desk_of(desk), bound(desk)
    for starts_at in (START + HOUR, START + 3 * HOUR):
        with pytest.raises(errors.SlotTaken):
            move(front, row, starts_at)
    assert move(desk.as_therapist, row).starts_at == START + HOUR


def test_what_is_only_asked_for_waits_for_its_therapist(desk):
    front, row = desk_of(desk), bound(desk, state=AppointmentState.REQUESTED.value)
    assert selectors.appointment_get(front, row.id, at=AT).deeds == frozenset()
    for deed in (move, cancel):
        with pytest.raises(errors.AppointmentStands):
            deed(front, row)


def test_nobody_elses_desk_and_no_other_role_changes_anything(desk):
    row = bound(desk)
    biller = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, biller.id, MembershipRole.BILLER, at=AT
    )
    for actor in (
        desk_of(factories.desk()),
        people.actor(biller, via=Via.API, practice_id=desk.practice_id),
    ):
        for deed in (move, cancel):
            with pytest.raises((NotAllowed, NotFound)):
                deed(actor, row)
    assert Appointment.objects.unscoped(reason="test").get(pk=row.pk).sequence == row.sequence


def test_on_the_pages_and_by_rest(desk):
    person = people.patient()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, person.id, MembershipRole.FRONT_DESK, at=AT
    )
    browser = people.browser(person)
    # Whoever is not in the directory, and takes nobody new, has times for those in their care.
    starts_at = factories.weekday_ahead()
    row = bound(desk, starts_at)
    address = f"/appointments/{row.id}/"
    page = browser.get(address).content.decode()
    assert f"{address}move/" in page
    assert f"{address}cancel/" in page
    week = browser.get(f"{address}move/?day={starts_at:%Y-%m-%d}").content.decode()
    wanted = starts_at + 2 * HOUR
    assert f'value="{wanted.isoformat()}"' in week
    chosen = {"starts_at": clock.to_wire(wanted), "mode": "telehealth"}
    asked = browser.post(f"{address}move/", chosen).content.decode()
    for said in ("can cancel it for nothing until it begins", desk.patient.name, desk.therapist.name):
        assert said in asked
    assert browser.get(f"/api/v1{address}").json()["starts_at"] == clock.to_wire(starts_at)
    answer = browser.post(f"{address}move/", chosen | {"agreed": "yes"})
    assert (answer.status_code, answer["Location"]) == (302, address)
    wire = browser.get(f"/api/v1{address}").json()
    assert (wire["starts_at"], wire["agreed_at"], wire["cancel_fee"]) == (clock.to_wire(wanted), None, None)
    assert set(wire["can"]) == {Deed.CANCEL, Deed.MOVE}
    body = {"starts_at": clock.to_wire(starts_at)}
    moved = browser.post(f"/api/v1{address}reschedule/", body, content_type="application/json")
    assert (moved.status_code, moved.json()["starts_at"]) == (200, clock.to_wire(starts_at))
    assert "Both are told." in browser.get(f"{address}cancel/").content.decode()
    assert browser.post(f"{address}cancel/").status_code == 302
    assert browser.get(f"/api/v1{address}").json()["status"] == "cancelled"
    other = bound(desk, starts_at)
    off = browser.post(f"/api/v1/appointments/{other.id}/cancel/", {}, content_type="application/json")
    assert (off.status_code, off.json()["status"]) == (200, "cancelled")
    refused = browser.post(f"/api/v1/appointments/{other.id}/no-show/")
    assert refused.status_code == 403


def reminders(row):
    rows = Reminder.objects.unscoped(reason="test").filter(appointment_id=row.id, due_at__isnull=False)
    return sorted(rows.values_list("due_at", flat=True))


def test_the_reminders_follow_what_it_does(desk):
    front, at = desk_of(desk), clock.now()
    starts_at = clock.now().replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(days=9)
    while starts_at.weekday() > 3:
        starts_at += timedelta(days=1)
    row = bound(desk, starts_at)
    services.reminders_follow(people.SYSTEM, row.id, at=at)
    assert reminders(row) == [starts_at - 24 * HOUR, starts_at - 2 * HOUR]
    move(front, row, starts_at + 25 * HOUR, at=at)
    deliver()
    assert reminders(row) == [starts_at + HOUR, starts_at + 23 * HOUR]
    cancel(front, row, at=at)
    deliver()
    assert reminders(row) == []


def test_who_said_that_they_will_be_there_said_it_of_the_time_before(desk):
    front, row = desk_of(desk), bound(desk, attending_at=AT)
    assert selectors.appointment_get(front, row.id, at=AT).attending_at == AT
    assert move(front, row).attending_at is None
    assert Appointment.objects.unscoped(reason="test").get(pk=row.pk).attending_at is None


def offered():
    rows = WaitlistOffer.objects.unscoped(reason="test").order_by("offered_at")
    return list(rows.values_list("starts_at", flat=True))


@pytest.mark.parametrize("deed", [move, cancel])
def test_the_time_that_is_free_by_it_goes_to_who_waits(deed):
    desk = factories.desk(slot_minutes=60, horizon_days=10)
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    factories.block(desk.calendar, 0, 600, 720)
    people.listing(desk.therapist)
    front, row, at = desk_of(desk), bound(desk), START - timedelta(days=6)
    wish = Wishes(time_zone=factories.ZONE, parts=frozenset({(0, DayPart.MORNING)}))
    other = people.actor(people.patient())
    services.waitlist_join(other, wishes=wish, service_id=desk.service.id, at=at)
    deed(front, row, at=at)
    services.waitlist_nudge(people.SYSTEM, therapist_id=desk.therapist.id, at=at)
    # Nobody else has it meanwhile.
    asked = {"start": START, "end": START + HOUR, "at": at}
    assert selectors.slot_list(people.actor(people.patient()), desk.therapist.id, **asked) == []
    assert services.waitlist_run(people.SYSTEM, at=at) == 1
    assert offered() == [START]


def test_one_of_those_that_come_again_is_moved_by_itself(desk):
    rule = SeriesRule(frequency=Frequency.WEEKLY, count=4)
    series = services.series_make(desk.as_therapist, bound(desk).id, rule, at=AT)
    rows = Appointment.objects.unscoped(reason="test").filter(series_id=series.id)
    weeks = [START + timedelta(weeks=number) for number in range(4)]
    second = rows.get(starts_at=weeks[1])
    front = desk_of(desk)
    moved = move(front, second, weeks[1] + 3 * HOUR)
    assert (moved.starts_at, moved.state) == (weeks[1] + 3 * HOUR, AppointmentState.CONFIRMED)
    times = [weeks[0], weeks[1] + 3 * HOUR, *weeks[2:]]
    assert list(rows.order_by("starts_at").values_list("starts_at", flat=True)) == times
    # It is of the series still, in the place that it had there.
    assert rows.get(pk=second.pk).series_on == second.series_on
    assert cancel(front, rows.get(starts_at=weeks[2])).state == AppointmentState.CANCELLED
    assert rows.filter(state=AppointmentState.CONFIRMED.value).count() == 3
