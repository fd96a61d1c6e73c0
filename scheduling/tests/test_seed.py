"""The demo's appointments: all states, nobody twice, the same for the same seed."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from accounts import seed as accounts_seed
from accounts import selectors as accounts_selectors
from accounts.models import User
from bloom.kernel import registry
from scheduling import seed, seed_appointments, selectors
from scheduling.models import Appointment, Claim, Series, Service, WaitlistEntry
from scheduling.rules import claims
from scheduling.tests.factories import people
from scheduling.types import CALLED_OFF, AppointmentState

pytestmark = pytest.mark.django_db
# A Wednesday.
AT = datetime(2026, 11, 25, 16, 7, tzinfo=UTC)
REASON = "what the demo made"


def planted(*, scale: int = 0) -> None:
    context = registry.SeedContext(
        seed=1,
        scale=scale,
        at=AT,
        random=random.Random(1),
        say=lambda _text: None,
    )
    for plant in (accounts_seed.people, seed.calendars, seed_appointments.appointments):
        plant(context)


def test_every_state_is_there_and_claims_prove_that_nobody_is_booked_twice() -> None:
    planted()
    rows = list(Appointment.objects.unscoped(reason=REASON))
    states = Counter(row.state for row in rows)
    assert set(states) == {state.value for state in AppointmentState}, states
    assert all(row.created_at <= row.starts_at for row in rows)
    held = Counter(Claim.objects.unscoped(reason=REASON).values_list("appointment_id", flat=True))
    assert held == {
        row.id: len(claims.quanta_of(row.starts_at, row.ends_at))
        for row in rows
        if row.state not in CALLED_OFF
    }
    for row in rows:
        if row.starts_at > AT:
            assert row.state in {"requested", "confirmed", "cancelled"}
        if row.ends_at < AT:
            assert row.state not in {"requested", "confirmed", "in_session"}
    (entry,) = WaitlistEntry.objects.unscoped(reason=REASON)
    (series,) = Series.objects.unscoped(reason=REASON)
    assert Appointment.objects.unscoped(reason=REASON).filter(series=series, starts_at__gt=AT).count() >= 3
    assert entry.patient_id == accounts_seed.person_id(1, "patient@bloom.demo")


def test_what_one_books_costs_what_the_directory_says() -> None:
    planted()
    anna = accounts_seed.person_id(1, "therapist@bloom.demo")
    for row in Service.objects.unscoped(reason=REASON).exclude(price_minor=0):
        own = accounts_selectors.listing_own(people.actor(User.objects.get(id=row.therapist_id)))
        assert own is not None
        assert own.view.fee_from is not None
        assert own.view.fee_to is not None
        assert own.view.fee_from.amount <= row.price_minor <= own.view.fee_to.amount
    prices = (
        Service.objects.unscoped(reason=REASON)
        .filter(therapist_id=anna)
        .values_list("price_minor", flat=True)
    )
    assert sorted(prices) == [0, 150_00, 220_00]


def test_whoever_opens_the_demo_can_join_a_session() -> None:
    planted()
    patient = accounts_seed.person_id(1, "patient@bloom.demo")
    first = (
        Appointment.objects.unscoped(reason=REASON)
        .filter(patient_id=patient, starts_at__gte=AT)
        .earliest("starts_at")
    )
    assert first.starts_at - AT <= timedelta(minutes=25)
    (view,) = selectors.appointment_views(people.actor(first.patient), [first], at=first.starts_at)
    assert view.can_join


def test_the_same_seed_makes_the_same_and_a_second_run_nothing() -> None:
    planted()
    rows = Appointment.objects.unscoped(reason=REASON)
    made = sorted(rows.values_list("id", "starts_at", "state"))
    planted()
    assert sorted(rows.values_list("id", "starts_at", "state")) == made
    Claim.objects.unscoped(reason=REASON).delete()
    WaitlistEntry.objects.unscoped(reason=REASON).delete()
    rows.delete()
    Series.objects.unscoped(reason=REASON).delete()
    planted()
    assert sorted(rows.values_list("id", "starts_at", "state")) == made


def test_a_crowd_has_its_hours_too() -> None:
    planted(scale=45)
    rows = Appointment.objects.unscoped(reason=REASON).filter(patient__email__startswith="patient-0")
    patients = rows.values_list("patient_id", flat=True).distinct().count()
    assert patients >= 43
    assert rows.filter(starts_at__gt=AT).exists()
