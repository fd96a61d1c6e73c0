"""The tables of scheduling: what they refuse, and who sees what of them."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts import services as accounts_services
from accounts.models import Membership
from accounts.tests import factories as people
from accounts.types import MembershipRole, RoleName
from bloom.kernel import clock
from bloom.kernel.actor import Via
from scheduling.models import Appointment, BusyTime, Calendar, Claim, DateException, Service, WeeklyBlock
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.types import AppointmentState

LATER = AT + timedelta(days=1)

pytestmark = pytest.mark.django_db


def refused(name: str, make) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        make()
    assert caught.value.__cause__.diag.constraint_name == name


# Constraints ------------------------------------------------------------------------------------------------


def test_five_minutes_of_a_therapist_are_claimed_once():
    desk = factories.desk()
    factories.appointment(desk)
    other = people.patient()
    refused(
        "scheduling_claim_once",
        lambda: factories.appointment(desk, START + timedelta(minutes=45), patient=other),
    )
    # The next one begins when the first ends.
    factories.appointment(desk, START + timedelta(minutes=50))


def test_a_claim_belongs_to_an_appointment_or_lapses():
    desk = factories.desk()
    row = factories.appointment(desk, is_claimed=False)

    def claim(**facts):
        return Claim.objects.create(therapist=desk.therapist, quantum=1, **facts)

    refused("scheduling_claim_of_one", claim)
    refused("scheduling_claim_of_one", lambda: claim(offer_id=uuid.uuid4()))
    refused(
        "scheduling_claim_of_one", lambda: claim(appointment=row, offer_id=uuid.uuid4(), expires_at=START)
    )
    claim(offer_id=uuid.uuid4(), expires_at=START)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("scheduling_appointment_ends_after_start", {"ends_at": START}),
        ("scheduling_appointment_state_known", {"state": "dreamt"}),
        ("scheduling_appointment_cancelled", {"state": AppointmentState.CANCELLED.value}),
        ("scheduling_appointment_cancelled", {"cancelled_at": START}),
        ("scheduling_appointment_fee_has_cause", {"owes_late_fee": True}),
    ],
)
def test_an_appointment_that_cannot_be_is_not_stored(name, facts):
    desk = factories.desk()
    refused(name, lambda: factories.appointment(desk, is_claimed=False, **facts))


def test_nobody_meets_themselves_and_a_hold_is_one_appointment():
    desk = factories.desk()
    refused(
        "scheduling_appointment_not_with_oneself",
        lambda: factories.appointment(desk, patient=desk.therapist, is_claimed=False),
    )
    row = factories.appointment(desk)
    other = factories.appointment(desk, START + timedelta(hours=1))
    refused(
        "scheduling_appointment_once",
        lambda: Appointment.objects.unscoped(reason="test").filter(pk=other.pk).update(hold_id=row.hold_id),
    )


@pytest.mark.parametrize(
    ("weekday", "start", "end", "name"),
    [
        (7, 540, 600, "scheduling_block_weekday"),
        (0, 600, 600, "scheduling_block_minutes"),
        (0, 1440, 1500, "scheduling_block_minutes"),
        (0, 540, 2000, "scheduling_block_minutes"),
        (0, 541, 600, "scheduling_block_minutes"),
        (0, 540, 601, "scheduling_block_minutes"),
    ],
)
def test_hours_that_cannot_be_are_not_stored(weekday, start, end, name):
    calendar = factories.calendar(people.therapist())
    refused(name, lambda: factories.block(calendar, weekday, start, end))
    # A night shift is as good as any other.
    factories.block(calendar, 6, 1320, 1320 + 480)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"kind": "off", "ends_on": date(2026, 12, 1)}, "scheduling_exception_ends_after_start"),
        ({"kind": "extra"}, "scheduling_exception_minutes"),
        ({"kind": "off", "starts_minute": 540}, "scheduling_exception_minutes"),
        ({"kind": "extra", "starts_minute": 600, "ends_minute": 540}, "scheduling_exception_minutes"),
    ],
)
def test_days_apart_that_cannot_be_are_not_stored(facts, name):
    calendar = factories.calendar(people.therapist())
    base = {"starts_on": date(2026, 12, 24), "ends_on": date(2026, 12, 26), "created_at": AT}
    refused(name, lambda: DateException.objects.create(calendar=calendar, **{**base, **facts}))
    DateException.objects.create(calendar=calendar, kind="off", **base)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("scheduling_calendar_steps", {"slot_minutes": 7}),
        ("scheduling_calendar_steps", {"slot_minutes": 0}),
        ("scheduling_calendar_reach", {"horizon_days": 0}),
        ("scheduling_calendar_reach", {"horizon_days": 500}),
        ("scheduling_calendar_daily_limit", {"daily_limit": 0}),
    ],
)
def test_a_calendar_that_cannot_be_is_not_stored(name, facts):
    therapist = people.therapist()
    refused(name, lambda: factories.calendar(therapist, **facts))
    factories.calendar(therapist)
    refused("scheduling_calendar_once", lambda: factories.calendar(therapist))


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("scheduling_service_duration", {"duration_minutes": 52}),
        ("scheduling_service_duration", {"duration_minutes": 485}),
        ("scheduling_service_buffers", {"buffer_after": 3}),
        ("scheduling_service_buffers", {"buffer_before": 245}),
    ],
)
def test_a_service_that_cannot_be_is_not_stored(name, facts):
    calendar = factories.calendar(people.therapist())
    refused(name, lambda: factories.service(calendar, **facts))
    factories.service(calendar, name="Session")
    refused("scheduling_service_name_once", lambda: factories.service(calendar, name="Session"))


def test_a_busy_time_ends_after_it_begins():
    facts = {"therapist": people.therapist(), "source_id": uuid.uuid4(), "key": "a", "imported_at": AT}
    refused(
        "scheduling_busy_ends_after_start",
        lambda: BusyTime.objects.create(starts_at=START, ends_at=START, **facts),
    )


# Who sees what ----------------------------------------------------------------------------------------------


def seen(model, actor) -> set:
    return set(model.objects.visible_to(actor).values_list("id", flat=True))


@pytest.fixture
def desk():
    return factories.desk()


def test_the_two_of_an_appointment_see_it_and_no_other_patient_does(desk):
    row = factories.appointment(desk)
    assert seen(Appointment, desk.as_patient) == seen(Appointment, desk.as_therapist) == {row.id}
    other = factories.desk()
    for actor in (
        other.as_patient,
        other.as_therapist,
        people.actor(people.support()),
        people.actor(people.admin()),
    ):
        assert seen(Appointment, actor) == set()


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (MembershipRole.OWNER, True),
        (MembershipRole.FRONT_DESK, True),
        (MembershipRole.BILLER, False),
        (MembershipRole.CLINICIAN, False),
        (MembershipRole.SUPERVISOR, False),
    ],
)
def test_of_colleagues_only_who_runs_the_desk_sees_a_schedule(desk, role, sees):
    factories.appointment(desk)
    colleague = people.therapist()
    accounts_services.membership_start(people.SYSTEM, desk.practice_id, colleague.id, role, at=LATER)
    here = people.actor(colleague, practice_id=desk.practice_id)
    for model in (Appointment, Calendar, WeeklyBlock, Claim):
        assert bool(seen(model, here)) is sees, model
        # Acting for their own practice they see nothing of this one.
        assert seen(model, people.actor(colleague)) == set(), model


def test_a_therapist_sees_of_themselves_what_the_practice_they_act_for_holds(desk):
    row = factories.appointment(desk)
    second = people.practice(desk.therapist)
    there = people.actor(desk.therapist, practice_id=second)
    assert seen(Appointment, there) == seen(Calendar, there) == seen(WeeklyBlock, there) == set()
    # What they are busy with elsewhere is theirs everywhere.
    busy = BusyTime.objects.create(
        therapist=desk.therapist,
        source_id=uuid.uuid4(),
        key="a",
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        imported_at=AT,
    )
    assert seen(BusyTime, there) == seen(BusyTime, desk.as_therapist) == {busy.id}
    assert seen(BusyTime, desk.as_patient) == set()
    assert row.id in seen(Appointment, desk.as_therapist)


def test_a_token_stays_within_its_practice(desk):
    factories.appointment(desk)
    token = people.actor(desk.patient, via=Via.API, practice_id=uuid.uuid4())
    assert seen(Appointment, token)
    assert seen(Appointment, replace(token, token_id=uuid.uuid4())) == set()


def test_a_service_is_found_by_who_is_in_care_and_by_everybody_once_its_therapist_is_listed(desk):
    stranger = people.actor(people.patient())
    assert seen(Service, desk.as_patient) == {desk.service.id}
    assert seen(Service, stranger) == set()
    people.listing(desk.therapist)
    assert seen(Service, stranger) == {desk.service.id}
    # What they offer in a practice that shows nobody stays among those in their care there.
    hidden = factories.service(
        factories.calendar(desk.therapist, practice_id=people.practice(desk.therapist))
    )
    assert seen(Service, stranger) == {desk.service.id}
    people.practice_list_publicly(hidden.practice_id)
    assert seen(Service, stranger) == {desk.service.id, hidden.id}


def test_a_service_of_a_practice_where_its_therapist_works_no_more_is_found_by_nobody(desk):
    people.practice_list_publicly(desk.practice_id)
    owner = people.therapist()
    second = people.practice(owner, desk.therapist, is_listed=True)
    there = factories.service(factories.calendar(desk.therapist, practice_id=second))
    stranger = people.actor(people.patient())
    assert seen(Service, stranger) == {desk.service.id, there.id}
    works = Membership.objects.unscoped(reason="test").get(user=desk.therapist, practice_id=second)
    accounts_services.membership_end(people.actor(owner, practice_id=second), works.id, at=LATER)
    assert seen(Service, stranger) == {desk.service.id}


@pytest.mark.parametrize("loss", ["role", "account"])
def test_a_service_of_who_is_a_therapist_no_more_is_found_by_nobody(desk, loss):
    """They work there and care for their patients still: that ends by itself for neither."""
    assert seen(Service, desk.as_patient) == {desk.service.id}
    if loss == "role":
        admin = people.actor(people.admin(), factor_at=clock.now())
        accounts_services.role_revoke(admin, desk.therapist.id, RoleName.THERAPIST, at=clock.now())
    else:
        type(desk.therapist).objects.filter(pk=desk.therapist.pk).update(is_active=False)
    assert Membership.objects.unscoped(reason="test").filter(user=desk.therapist, ended_at=None).exists()
    assert seen(Service, desk.as_patient) == set()


def test_a_retired_service_is_seen_by_its_therapist_alone(desk):
    Service.objects.unscoped(reason="test").filter(pk=desk.service.id).update(retired_at=AT)
    assert seen(Service, desk.as_patient) == set()
    assert seen(Service, desk.as_therapist) == {desk.service.id}
