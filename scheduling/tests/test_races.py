"""Many people at once on few times, on connections of their own, while what is held is forgotten."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from asgiref.sync import SyncToAsync
from django.db import connection, connections

from accounts.tests import factories as people
from bloom.kernel.errors import DomainError
from observability import services as observability
from scheduling import errors, services
from scheduling.models import Appointment, Claim, OutsideCalendar, TelehealthConsent
from scheduling.telehealth import services as telehealth
from scheduling.telehealth.types_rooms import CONSENT_VERSION
from scheduling.tests import factories
from scheduling.tests.factories import AT, START
from scheduling.tests.forgetting import holds_flush
from scheduling.types import OUTSIDE_MOST

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 12
TIMES = [START + timedelta(minutes=minutes) for minutes in (0, 15, 60, 75)]
# Fifty minutes each: the second and the fourth overlap the one before.
FITTING = 2
ROUNDS = 5


@pytest.fixture(params=["read committed", "serializable"])
def isolation(request, monkeypatch):
    """Every connection that is opened from now on runs at this isolation."""
    level = request.param.replace(" ", "\\ ")
    flag = f"-c default_transaction_isolation={level}"
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", flag)
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    yield request.param
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def test_one_time_is_one_appointment_whatever_is_forgotten(settings, isolation):
    settings.RATE_FACTOR = 1000
    desk = factories.desk()
    people.listing(desk.therapist)
    actors = [people.actor(people.patient()) for _ in range(PEOPLE)]
    holds_flush()
    ready, over = threading.Barrier(PEOPLE), threading.Event()
    levels: set[str] = set()

    def forget() -> None:
        while not over.wait(0.02):
            holds_flush()

    def try_all(number: int) -> list[str]:
        said = []
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_isolation")
                levels.add(cursor.fetchone()[0])
            ready.wait(60)
            for turn in range(ROUNDS):
                starts_at = TIMES[(number + turn) % len(TIMES)]
                try:
                    hold = services.hold_place(
                        actors[number],
                        therapist_id=desk.therapist.id,
                        service_id=desk.service.id,
                        starts_at=starts_at,
                        at=AT,
                    )
                    services.appointment_book(actors[number], hold.id, at=AT)
                    said.append("booked")
                except (errors.SlotTaken, errors.SlotNotOffered) as refusal:
                    said.append(refusal.code if refusal.fields["alternatives"] else "no alternatives")
                except DomainError as refusal:
                    said.append(refusal.code)
        finally:
            connection.close()
        return said

    forgetful = threading.Thread(target=forget)
    forgetful.start()
    try:
        with ThreadPoolExecutor(PEOPLE) as pool:
            answers = Counter(word for said in pool.map(try_all, range(PEOPLE), timeout=300) for word in said)
    finally:
        over.set()
        forgetful.join()
    assert levels == {isolation}
    assert answers.total() == PEOPLE * ROUNDS
    # Everybody else was told something clear.
    assert set(answers) <= {"booked", "slot_taken", "hold_gone", "appointment_overlaps"}, answers
    rows = sorted(Appointment.objects.unscoped(reason="test"), key=lambda row: row.starts_at)
    assert answers["booked"] == len(rows) <= FITTING
    assert all(later.starts_at >= earlier.ends_at for earlier, later in pairwise(rows))
    claims = Claim.objects.unscoped(reason="test")
    assert claims.count() == 10 * len(rows)
    assert len(people.recorded("scheduling.appointment.booked")) == len(rows)
    # What they left is booked by whoever comes alone.
    holds_flush()


def test_the_same_hold_asked_by_many_is_one_appointment(settings, isolation):
    settings.RATE_FACTOR = 1000
    holds_flush()
    desk = factories.desk()
    hold = services.hold_place(
        desk.as_patient, therapist_id=desk.therapist.id, service_id=desk.service.id, starts_at=START, at=AT
    )
    ready = threading.Barrier(8)

    def ask(_number: int):
        try:
            ready.wait(60)
            return services.appointment_book(desk.as_patient, hold.id, at=AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        booked = list(pool.map(ask, range(8), timeout=120))
    assert len({each.appointment.id for each in booked}) == 1
    assert [each.is_new for each in booked].count(True) == 1


def test_a_move_and_a_booking_do_not_meet(settings, isolation):
    """The one takes the time that the other gives back, or is told; never both in it."""
    settings.RATE_FACTOR = 1000
    holds_flush()
    desk = factories.desk()
    people.listing(desk.therapist)
    row = factories.appointment(desk)
    actors = [people.actor(people.patient()) for _ in range(4)]
    ready = threading.Barrier(5)
    wanted = START + timedelta(hours=2)

    def book(actor) -> str:
        try:
            ready.wait(60)
            hold = services.hold_place(
                actor, therapist_id=desk.therapist.id, service_id=desk.service.id, starts_at=wanted, at=AT
            )
            services.appointment_book(actor, hold.id, at=AT)
        except (errors.SlotTaken, errors.HoldGone):
            return "told"
        else:
            return "booked"
        finally:
            connection.close()

    def move() -> str:
        try:
            ready.wait(60)
            services.appointment_move(desk.as_therapist, row.id, starts_at=wanted, at=AT)
        except errors.SlotTaken:
            return "told"
        else:
            return "booked"
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        moved = pool.submit(move)
        said = [*pool.map(book, actors, timeout=120), moved.result(120)]
    assert said.count("booked") == 1
    there = Appointment.objects.unscoped(reason="test").filter(starts_at=wanted)
    assert there.count() == 1


def at_once(monkeypatch, first, second):
    """What the second says that comes while the first has written and not committed."""
    written, go_on = threading.Event(), threading.Event()
    real = observability.event_record

    def slowly(*args, **more):
        if not written.is_set():
            written.set()
            go_on.wait(10)
        return real(*args, **more)

    def do(deed):
        try:
            deed()
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    monkeypatch.setattr(observability, "event_record", slowly)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(do, first)
        assert written.wait(10)
        two = pool.submit(do, second)
        # Long enough to come as far as it may.
        time.sleep(0.5)
        go_on.set()
        assert one.result(30) == "done"
        return two.result(30)


def test_consent_that_is_said_of_two_appointments_at_once_is_one(monkeypatch):
    desk = factories.desk()
    rows = [factories.appointment(desk, START + timedelta(hours=number)) for number in (0, 2)]

    def give(row):
        telehealth.consent_give(desk.as_patient, row.id, version=CONSENT_VERSION, at=AT)

    assert at_once(monkeypatch, lambda: give(rows[0]), lambda: give(rows[1])) == "done"
    assert TelehealthConsent.objects.unscoped(reason="test").count() == 1
    assert len(people.recorded("scheduling.consent.given")) == 1


def test_who_has_no_hours_adds_no_more_calendars_at_once_than_one_after_the_other(monkeypatch, settings):
    settings.WEBHOOKS_PRIVATE = True
    therapist = people.actor(people.therapist())

    def add(number=0):
        services.outside_add(therapist, f"Number {number}", "https://calendar.example.org/a.ics", at=AT)

    for number in range(OUTSIDE_MOST - 1):
        add(number)
    assert at_once(monkeypatch, add, add) == "outside_full"
    assert OutsideCalendar.objects.unscoped(reason="test").count() == OUTSIDE_MOST
