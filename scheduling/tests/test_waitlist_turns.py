"""Whose turn it is: what counts against somebody, who is looked at with whom, who waits for whose rows."""

import threading
import time
import uuid
from datetime import timedelta
from unittest import mock

import pytest
from django.db import DatabaseError, connection, connections, transaction

from accounts.tests import factories as people
from accounts.types import TermKind
from bloom.kernel import clock
from scheduling import selectors, services
from scheduling.models import Appointment, Claim, Reminder, Series, Service, WaitlistEntry, WeeklyBlock
from scheduling.services import waitlist_offers, waitlist_runs
from scheduling.tests import factories
from scheduling.tests.factories import START
from scheduling.tests.test_waitlist_bounds import AT, DAY, HOUR, daily, join, offers, row_of, run
from scheduling.tests.test_waitlist_line import while_looking
from scheduling.types import AHEAD_MOST, AHEAD_WITH_ONE_MOST

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def language():
    return {TermKind.LANGUAGE: (next(iter(people.listing_facts()["languages"])),)}


def series_of(desk):
    return Series.objects.create(
        practice_id=desk.practice_id,
        calendar=desk.calendar,
        therapist=desk.therapist,
        patient=desk.patient,
        rule="FREQ=WEEKLY",
        time_zone="America/Chicago",
        starts_on=START.date(),
        starts_minute=600,
        made_until=START.date() + 200 * DAY,
        made_by_id=desk.therapist.id,
        created_at=AT,
        changed_at=AT,
    )


# What counts against somebody -------------------------------------------------------------------------------


def test_who_meets_somebody_every_week_waits_for_others_as_anybody():
    care = factories.desk()
    series = series_of(care)
    for week in range(AHEAD_MOST + 1):
        starts_at = START + 7 * week * DAY
        factories.appointment(care, starts_at, series=series, series_on=starts_at.date())
    _actor, entry = join(daily(), care.patient)
    assert run(AT) == 1
    assert offers()[0].entry_id == entry.id


@pytest.mark.parametrize(("count", "offered"), [(AHEAD_WITH_ONE_MOST - 1, 1), (AHEAD_WITH_ONE_MOST, 0)])
def test_what_one_booked_counts_as_where_one_books(count, offered):
    care = daily()
    for day in range(count):
        factories.appointment(care, START + (7 + day) * DAY)
    join(care, care.patient)
    assert run(AT) == offered


def test_an_offer_shows_the_end_that_would_be_booked():
    desk = daily(3)
    actor, _entry = join(desk)
    run(AT)
    (offer,) = offers()
    Service.objects.unscoped(reason="test").filter(pk=desk.service.id).update(duration_minutes=80, version=2)
    shown = selectors.waitlist_offer(actor, offer.id)
    assert shown.ends_at == offer.starts_at + timedelta(minutes=80)
    booked = services.offer_accept(actor, offer.id, terms=shown.terms, at=AT + MINUTE).appointment
    assert booked.ends_at == shown.ends_at


# Who is looked at with whom ---------------------------------------------------------------------------------


def test_who_comes_later_for_whoever_fits_is_not_looked_at_before_who_is_there():
    desk = daily()
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    _one, first = join(desk, terms=language())
    assert run(AT) == 0
    # Free again, and nobody told the line.
    factories.block(desk.calendar, 0, 600, 660)
    join(desk, at=AT + MINUTE, terms=language())
    assert run(AT + MINUTE) >= 1
    assert offers()[0].entry_id == first.id


def test_who_is_kept_a_time_meanwhile_is_offered_one_of_another_therapist():
    sooner, later = daily(2), daily()
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=later.calendar).update(
        starts_minute=720, ends_minute=780
    )
    person = people.patient()
    _actor, anybody = join(sooner, person, terms=language())
    _actor, one = join(sooner, person, at=AT + MINUTE)
    at = AT + 2 * MINUTE

    def keep():
        row = row_of(one)
        assert waitlist_runs._offer_first(people.SYSTEM, row, waitlist_runs._look([row], at=at), at=at)

    with while_looking(keep):
        run(at)
    assert {each.entry_id: each.therapist_id for each in offers()} == {
        one.id: sooner.therapist.id,
        anybody.id: later.therapist.id,
    }


def test_a_time_that_is_kept_is_none_in_the_therapists_other_practice_either():
    desk = daily()
    second = people.practice(people.therapist(), desk.therapist, is_listed=True)
    there = factories.calendar(desk.therapist, practice_id=second, slot_minutes=60, horizon_days=30)
    for weekday in range(7):
        factories.block(there, weekday, 600, 660)
    join(desk)
    join(desk, at=AT + MINUTE, service_id=factories.service(there).id)
    tries, make = [], waitlist_runs.offer_make
    with mock.patch.object(
        waitlist_runs, "offer_make", lambda *args, **kwargs: tries.append(args) or make(*args, **kwargs)
    ):
        assert run(AT + 2 * MINUTE) == 2
    assert len(tries) == 2


@pytest.mark.parametrize("takes_new", [True, False])
def test_whoever_fits_is_nobody_who_takes_no_new_patients(takes_new):
    desk = daily()
    WeeklyBlock.objects.unscoped(reason="test").filter(calendar=desk.calendar).delete()
    _actor, entry = join(desk, terms=language())
    assert run(AT) == 0
    listing = people.listing_row(desk.therapist)
    listing.accepts_new = takes_new
    listing.save()
    row = factories.appointment(desk)
    at = AT + MINUTE
    services.appointment_cancel(desk.as_patient, row.id, at=at)
    kept = Claim.objects.unscoped(reason="test").filter(therapist=desk.therapist)
    assert kept.exists() is takes_new
    services.waitlist_nudge(people.SYSTEM, therapist_id=desk.therapist.id, at=at)
    assert (row_of(entry).look_due_at == at) is takes_new


# Who waits for whose rows -----------------------------------------------------------------------------------


def is_free(rows, row_id):
    """Can somebody lock this row now?"""
    try:
        with transaction.atomic():
            list(rows.select_for_update(nowait=True).filter(pk=row_id))
    except DatabaseError:
        return False
    return True


def free_while_waiting(rows, first, second, act):
    """While `act` waits for the row `first`, which somebody has, is `second` free?"""

    def run():
        try:
            act()
        finally:
            connections.close_all()

    other = threading.Thread(target=run)
    with transaction.atomic():
        list(rows.select_for_update().filter(pk=first))
        other.start()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_locks"
                    " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                )
                if cursor.fetchone()[0]:
                    break
            time.sleep(0.05)
        else:
            pytest.fail("nobody waits")
        found = is_free(rows, second)
    other.join(60)
    return found


@pytest.mark.django_db(transaction=True)
def test_places_of_others_are_locked_by_their_ids():
    desk = daily()
    ids = [uuid.UUID(int=2), uuid.UUID(int=1)]
    for number, id_ in enumerate(ids):
        WaitlistEntry.objects.create(
            id=id_,
            practice_id=desk.practice_id,
            patient=people.patient(),
            therapist=desk.therapist,
            service=desk.service,
            time_zone="America/Chicago",
            joined_at=AT + number * MINUTE,
            look_due_at=AT + HOUR,
        )
    rows = WaitlistEntry.objects.unscoped(reason="test")

    def nudge():
        services.waitlist_nudge(people.SYSTEM, therapist_id=desk.therapist.id, at=AT + MINUTE)

    assert free_while_waiting(rows, ids[1], ids[0], nudge)
    assert {row.look_due_at for row in rows.all()} == {AT + MINUTE}


@pytest.mark.django_db(transaction=True)
def test_appointments_are_locked_by_when_they_begin():
    desk = factories.desk()
    at = clock.now()
    made = sorted(
        (factories.appointment(desk, START + day * DAY) for day in range(2)), key=lambda row: row.id
    )
    rows = Appointment.objects.unscoped(reason="test")
    # The one of the greater id begins sooner.
    for row, starts_at in zip(made, (at + 10 * DAY, at + 9 * DAY), strict=True):
        rows.filter(pk=row.id).update(
            starts_at=starts_at, ends_at=starts_at + HOUR, free_cancel_until=starts_at - DAY
        )
    later, sooner = made

    def choose():
        services.reminders_choose(desk.as_patient, [60], at=at)

    assert free_while_waiting(rows, sooner.id, later.id, choose)
    assert Reminder.objects.unscoped(reason="test").count() == 2


def test_who_gives_a_time_back_holds_nobodys_place_before_their_own():
    desk = daily()
    actor, _entry = join(desk)
    run(AT)
    order, forward, close = [], waitlist_offers.places_forward, waitlist_offers._close
    with (
        mock.patch.object(
            waitlist_offers, "places_forward", lambda *a, **k: order.append("others") or forward(*a, **k)
        ),
        mock.patch.object(waitlist_offers, "_close", lambda *a, **k: order.append("offer") or close(*a, **k)),
    ):
        services.offer_decline(actor, offers()[0].id, at=AT + MINUTE)
    assert order == ["offer", "others"]
