"""What becomes of appointments when care ends, somebody leaves, or may give care no more."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.models import Assignment, User
from accounts.tests import factories as people
from accounts.types import MembershipRole, RoleName
from bloom.kernel import clock
from bloom.kernel.fees import LateFeeUnseen
from bloom.kernel.money import Money
from observability import services as record
from scheduling import services
from scheduling.models import Appointment, Claim
from scheduling.tests import factories
from scheduling.tests.test_telling import told
from scheduling.types import AppointmentState, CancelCause, Frequency, SeriesRule

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def desk():
    return factories.desk()


def soon(days=3, hour=15):
    return (clock.now() + days * DAY).replace(hour=hour, minute=0, second=0, microsecond=0)


def drain():
    record.outbox_drain(people.SYSTEM, at=clock.now())


def left(row):
    row = Appointment.objects.unscoped(reason="test").get(pk=row.id)
    return row.state, row.cancel_cause


GONE = AppointmentState.CANCELLED.value
STANDS = (AppointmentState.CONFIRMED.value, "")


def care_end(desk, by=None, seen=()):
    care = people.actor(by or desk.patient)
    held = accounts_selectors.assignment_list(care, active=True).items[0]
    accounts_services.assignment_end(care, held.id, "", fees_seen=seen, at=clock.now())


def test_when_care_ends_what_is_to_come_is_called_off_for_nothing(desk):
    first = factories.appointment(desk, soon(), late_fee_minor=7_500)
    asked = factories.appointment(desk, soon(5), state=AppointmentState.REQUESTED.value)
    before = factories.appointment(desk, clock.now() - 2 * DAY)
    # Within the time in which calling off costs something.
    near = factories.appointment(desk, clock.now() + timedelta(hours=3), late_fee_minor=7_500)
    stranger = factories.appointment(desk, soon(4), patient=people.patient())
    care_end(desk, by=desk.therapist)
    drain()
    for row in (first, asked, near):
        assert left(row) == (GONE, CancelCause.CARE_ENDED.value)
    assert left(before) == left(stranger) == STANDS
    assert not Appointment.objects.unscoped(reason="test").filter(owes_late_fee=True).exists()
    held = Claim.objects.unscoped(reason="test").filter(appointment_id__in=[first.id, asked.id, near.id])
    assert not held.exists()
    told = people.recorded("scheduling.appointment.cancelled")
    assert {row.data["cause"] for row in told} == {"care_ended"}
    assert {row.data["fee_minor"] for row in told} == {0}


LATE = AppointmentState.LATE_CANCELLED.value


def owing():
    rows = Appointment.objects.unscoped(reason="test").filter(owes_late_fee=True)
    return set(rows.values_list("id", flat=True))


def test_a_patient_who_ends_care_owes_what_calling_off_would_have_cost(desk):
    """Or nobody who ends care a minute before would ever owe anything."""
    near = clock.now() + timedelta(hours=3)
    late = factories.appointment(desk, near, late_fee_minor=7_500)
    far = factories.appointment(desk, soon(), late_fee_minor=7_500)
    asked = factories.appointment(
        desk, near + timedelta(hours=2), late_fee_minor=7_500, state=AppointmentState.REQUESTED.value
    )
    # What the therapist chose alone, the patient calls off for nothing until it begins.
    start = near + timedelta(hours=4)
    unasked = factories.appointment(
        desk, start, late_fee_minor=7_500, agreed_at=None, free_cancel_until=start
    )
    for seen in ((), (Money(7_499, "USD"),), (Money(7_500, "EUR"),)):
        with pytest.raises(LateFeeUnseen):
            care_end(desk, seen=seen)
    care_end(desk, seen=[Money(7_500, "USD")])
    drain()
    assert left(late) == (LATE, CancelCause.CARE_ENDED.value)
    for row in (far, asked, unasked):
        assert left(row) == (GONE, CancelCause.CARE_ENDED.value)
    assert owing() == {late.id}
    told = {each.object_id: each.data for each in people.recorded("scheduling.appointment.cancelled")}
    assert (told[late.id]["is_late"], told[late.id]["fee_minor"]) == (True, 7_500)
    page = people.browser(desk.patient).get(f"/appointments/{late.id}/").content.decode()
    assert "the fee that was agreed is owed" in page


def test_what_is_heard_of_late_costs_what_it_did_when_care_ended(desk):
    row = factories.appointment(
        desk, soon(2), late_fee_minor=7_500, free_cancel_until=clock.now() + timedelta(hours=1)
    )
    care_end(desk)
    record.outbox_drain(people.SYSTEM, at=clock.now() + timedelta(hours=2))
    assert left(row)[0] == GONE
    assert owing() == set()


def test_a_patient_who_closes_their_account_owes_it_too_and_a_therapist_costs_nobody_anything(desk):
    near = clock.now() + timedelta(hours=3)
    own = factories.appointment(desk, near, late_fee_minor=7_500)
    elsewhere = factories.desk()
    theirs = factories.appointment(elsewhere, near, patient=people.patient(), late_fee_minor=7_500)
    with pytest.raises(LateFeeUnseen) as refused:
        accounts_services.account_close(people.actor(desk.patient), at=clock.now())
    assert refused.value.fields == {"fees": [{"amount": 7_500, "currency": "USD"}]}
    seen = [Money(7_500, "USD")]
    accounts_services.account_close(people.actor(desk.patient), fees_seen=seen, at=clock.now())
    services.account_over(people.SYSTEM, person_id=elsewhere.therapist.id, since=clock.now(), at=clock.now())
    drain()
    assert left(own)[0] == LATE
    assert left(theirs) == (GONE, CancelCause.ACCOUNT_CLOSED.value)
    assert owing() == {own.id}


def test_of_a_series_both_are_told_once_and_it_goes_no_further(desk):
    for weekday in (5, 6):
        factories.block(desk.calendar, weekday)
    rule = SeriesRule(frequency=Frequency.WEEKLY)
    row = factories.appointment(desk, soon())
    view = services.series_make(desk.as_therapist, row.id, rule, at=clock.now())
    by_itself = factories.appointment(desk, soon(4))
    care_end(desk)
    drain()
    # What was called off is told in turn.
    drain()
    rows = Appointment.objects.unscoped(reason="test").filter(series_id=view.id)
    assert set(rows.values_list("state", "cancel_cause")) == {(GONE, CancelCause.CARE_ENDED.value)}
    assert left(by_itself)[0] == GONE
    for person in (desk.patient, desk.therapist):
        codes = told(person)
        assert (codes.count("series_ended"), codes.count("cancelled")) == (1, 1)
    (ended,) = people.recorded("scheduling.series.ended")
    assert (ended.data["party"], ended.data["count"]) == ("system", rows.count())
    # Care that begins again does not bring it back.
    people.assignment(desk.patient, desk.therapist)
    before = rows.count()
    assert services.series_extend(people.SYSTEM, at=clock.now() + 30 * DAY) == 0
    assert rows.count() == before


def test_it_can_run_twice_and_late(desk):
    row = factories.appointment(desk, soon())
    care_end(desk)
    ended = people.recorded("accounts.assignment.ended")[0]
    pair = {
        "patient_id": desk.patient.id,
        "therapist_id": desk.therapist.id,
        "practice_id": desk.practice_id,
        "ended_by": desk.patient.id,
        "since": ended.at,
    }
    assert services.care_over(people.SYSTEM, **pair, at=clock.now()) == 1
    assert services.care_over(people.SYSTEM, **pair, at=clock.now()) == 0
    # What was booked anew since, as by somebody new, is not of that care.
    later = factories.appointment(desk, soon(4))
    Appointment.objects.unscoped(reason="test").filter(pk=later.id).update(
        created_at=ended.at + timedelta(minutes=5)
    )
    assert services.care_over(people.SYSTEM, **pair, at=clock.now()) == 0
    # What has begun meanwhile stays.
    begun = factories.appointment(desk, soon(6))
    assert services.care_over(people.SYSTEM, **pair, at=begun.starts_at) == 0
    assert left(row)[0] == GONE


def test_care_that_began_again_keeps_what_was_agreed(desk):
    row = factories.appointment(desk, soon())
    care_end(desk)
    people.assignment(desk.patient, desk.therapist)
    drain()
    assert left(row) == STANDS


def test_who_closes_their_account_meets_nobody(desk):
    elsewhere = factories.desk()
    own = factories.appointment(desk, soon())
    # As somebody new, without care.
    new = factories.appointment(elsewhere, soon(4), patient=desk.patient)
    other = factories.appointment(elsewhere, soon(5))
    accounts_services.account_close(people.actor(desk.patient), at=clock.now())
    drain()
    assert left(own)[0] == left(new)[0] == GONE
    assert left(new)[1] == CancelCause.ACCOUNT_CLOSED.value
    assert left(other) == STANDS


def test_a_therapist_who_leaves_the_practice_meets_nobody_there():
    owner, leaver = people.therapist(), people.therapist()
    practice_id = people.practice(owner, leaver)
    made = factories.calendar(leaver, practice_id=practice_id)
    offered = factories.service(made)
    at_home = factories.desk(therapist=leaver)
    visitor = people.patient()
    desk = factories.Desk(
        leaver, visitor, practice_id, made, offered, people.actor(leaver), people.actor(visitor)
    )
    row, kept = factories.appointment(desk, soon()), factories.appointment(at_home, soon(4))
    as_owner = people.actor(owner, practice_id=practice_id, factor_at=clock.now())
    accounts_services.member_remove(as_owner, practice_id, leaver.id, at=clock.now())
    drain()
    assert left(row) == (GONE, CancelCause.THERAPIST_GONE.value)
    assert left(kept) == STANDS


def test_a_role_that_sees_nobody_calls_off_and_one_that_does_not():
    owner, member = people.therapist(), people.therapist()
    practice_id = people.practice(owner, member)
    made = factories.calendar(member, practice_id=practice_id)
    visitor = people.patient()
    desk = factories.Desk(
        member,
        visitor,
        practice_id,
        made,
        factories.service(made),
        people.actor(member),
        people.actor(visitor),
    )
    row = factories.appointment(desk, soon())
    as_owner = people.actor(owner, practice_id=practice_id, factor_at=clock.now())
    accounts_services.member_change(
        as_owner, practice_id, member.id, MembershipRole.SUPERVISOR, at=clock.now()
    )
    drain()
    assert left(row) == STANDS
    accounts_services.member_change(as_owner, practice_id, member.id, MembershipRole.BILLER, at=clock.now())
    drain()
    assert left(row) == (GONE, CancelCause.THERAPIST_GONE.value)


def test_who_is_no_therapist_any_more_meets_nobody(desk):
    row = factories.appointment(desk, soon())
    as_admin = people.actor(people.admin(), factor_at=clock.now())
    accounts_services.role_revoke(as_admin, desk.therapist.id, RoleName.THERAPIST, at=clock.now())
    drain()
    assert left(row) == (GONE, CancelCause.THERAPIST_GONE.value)


def test_a_listing_that_is_refused_calls_off_who_came_by_it(desk):
    listing = people.listing(desk.therapist)
    visitor = people.patient()
    new, own = factories.appointment(desk, soon(), patient=visitor), factories.appointment(desk, soon(4))
    as_admin = people.actor(people.admin(), factor_at=clock.now())
    accounts_services.listing_refuse(
        as_admin, listing.id, "The license is not theirs.", seen=listing.submitted_at, at=clock.now()
    )
    drain()
    assert left(new) == (GONE, CancelCause.NOT_VERIFIED.value)
    assert left(own) == STANDS


def test_a_booking_in_the_same_moment_is_called_off_too(desk):
    """It was begun while care lasted, and stored a moment after its end."""
    care_end(desk)
    ended = people.recorded("accounts.assignment.ended")[0]
    row = factories.appointment(desk, soon())
    Appointment.objects.unscoped(reason="test").filter(pk=row.id).update(
        created_at=ended.at + timedelta(seconds=2)
    )
    drain()
    assert left(row)[0] == GONE


# What is said before ----------------------------------------------------------------------------------------


def test_the_pages_say_before_what_will_be_called_off(desk):
    factories.appointment(desk, soon())
    factories.appointment(desk, soon(5))
    patient = people.browser(desk.patient)
    care = accounts_selectors.assignment_list(people.actor(desk.patient), active=True).items[0]
    said = "2 appointments are called off, without a fee"
    assert said in patient.get(f"/care/{care.id}/end/").content.decode()
    fresh = Client()
    fresh.post("/accounts/login/", {"login": desk.patient.email, "password": people.PASSWORD})
    assert said in fresh.get("/settings/close/").content.decode()
    assert said in people.browser(desk.therapist).get(f"/care/{care.id}/end/").content.decode()
    # Support arranges care, and sees nobody's appointments.
    page = people.browser(people.support()).get(f"/care/{care.id}/end/").content.decode()
    assert "2 appointments" not in page
    assert "Appointments that the two have ahead" in page


def test_the_pages_say_before_what_it_costs(desk):
    near = clock.now() + timedelta(hours=3)
    factories.appointment(desk, near, late_fee_minor=7_500)
    patient = people.browser(desk.patient)
    care = accounts_selectors.assignment_list(people.actor(desk.patient), active=True).items[0]
    pages = [f"/care/{care.id}/end/", "/settings/close/"]
    fresh = Client()
    fresh.post("/accounts/login/", {"login": desk.patient.email, "password": people.PASSWORD})
    for page in pages:
        said = fresh.get(page).content.decode()
        assert "too late for that to be free, as if you called it off now: you owe $75." in said
        assert "without a fee" not in said
    factories.appointment(desk, near + timedelta(hours=2), late_fee_minor=5_050)
    factories.appointment(desk, soon(), late_fee_minor=5_050)
    said = patient.get(pages[0]).content.decode()
    assert "3 appointments are called off, and both are told" in said
    assert "For 2 of them it is too late to be free, as if you called them off now: you owe $125.50." in said
    # Whoever else ends it costs them nothing.
    assert "without a fee" in people.browser(desk.therapist).get(pages[0]).content.decode()


def test_what_began_to_cost_since_the_page_was_shown_ends_nothing_unseen(desk):
    """The same by page, by REST, and where the account closes."""
    row = factories.appointment(desk, clock.now() + timedelta(hours=3), late_fee_minor=7_500)
    care = accounts_selectors.assignment_list(people.actor(desk.patient), active=True).items[0]
    browser = Client()
    browser.post("/accounts/login/", {"login": desk.patient.email, "password": people.PASSWORD})
    rest = f"/api/v1/assignments/{care.id}/end/"
    answer = browser.post(rest, {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "late_fee_unseen")
    assert answer.json()["fees"] == [{"amount": 7_500, "currency": "USD"}]
    for page, form in ((f"/care/{care.id}/end/", {}), ("/settings/close/", {"understood": "on"})):
        refused = browser.post(page, form)
        assert refused.status_code == 409
        assert "To cancel costs something by now" in refused.content.decode()
        assert 'name="fees_seen" value="7500 USD"' in refused.content.decode()
    drain()
    assert left(row) == STANDS
    assert browser.post(f"/care/{care.id}/end/", {"fees_seen": "7500 USD"}).status_code == 302
    drain()
    assert left(row)[0] == LATE


def test_the_practices_pages_say_it_to_who_leaves_and_who_takes_out():
    owner, leaver = people.therapist(), people.therapist()
    practice_id = people.practice(owner, leaver)
    made = factories.calendar(leaver, practice_id=practice_id)
    visitor = people.patient()
    desk = factories.Desk(
        leaver,
        visitor,
        practice_id,
        made,
        factories.service(made),
        people.actor(leaver),
        people.actor(visitor),
    )
    factories.appointment(desk, soon())
    said = "1 appointment is called off, without a fee"
    theirs = people.browser(leaver, practice_id=practice_id).get(f"/practices/{practice_id}/leave/")
    assert said in theirs.content.decode()
    page = people.browser(owner, practice_id=practice_id).get(f"/practices/{practice_id}/people/{leaver.id}/")
    assert said in page.content.decode()


def test_it_is_said_in_the_readers_zone_and_in_the_dialog_of_the_care_too(desk):
    begins = datetime(clock.now().year + 1, 1, 14, 15, 0, tzinfo=UTC)
    factories.appointment(desk, begins)
    User.objects.filter(id=desk.patient.id).update(time_zone="America/Chicago")
    care = Assignment.objects.unscoped(reason="test").get(patient=desk.patient, ended_at=None)
    browser = Client()
    browser.post("/accounts/login/", {"login": desk.patient.email, "password": people.PASSWORD})
    for address in (f"/care/{care.id}/", f"/care/{care.id}/end/", "/settings/close/"):
        page = browser.get(address).content.decode().replace("\xa0", " ")
        assert "1 appointment is called off, without a fee, and both are told" in page, address
        assert "9:00 AM" in page, address
        assert "3:00 PM" not in page, address
        assert 'name="fees_seen"' in page, address


def test_the_page_of_the_appointment_says_why(desk):
    row = factories.appointment(desk, soon())
    care_end(desk)
    drain()
    page = people.browser(desk.patient).get(f"/appointments/{row.id}/").content.decode()
    assert "Called off because the care has ended" in page
