"""What free times cost: `python -m benchmarks.slots [THERAPISTS] [APPOINTMENTS]`. Makes a test database
beside DATABASE_URL's.

THERAPISTS (1,000) work every day from nine to five and have APPOINTMENTS (200,000) in the coming 30 days:
most hours of each day; for one in twenty all hours of the first 25 days. The bound of the first free time
over all is one SQL statement of the same run that reads the rows of those appointments. A month of one
therapist has a bound in milliseconds; beside it stands what it takes of this process's own time, which a
busy machine changes less, and that of a week, since the cost grows with the range. Then as many appointments
again are put into the past: what is asked of the coming days may not become slower by them.
"""

import os
import sys
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import django

from benchmarks import report

ROUNDS = 7
TIMES_THE_SCAN = 3.0
MONTH_MILLISECONDS = 30.0
# By as many appointments in the past again, both may become so many times as slow: noise.
BY_HISTORY = 1.4


def main(therapists: int, appointments: int) -> None:
    os.environ.setdefault("BLOOM_ENV", "test")
    os.environ["BLOOM_LOG_LEVEL"] = "ERROR"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bloom.settings")
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        compare(therapists, appointments)
    finally:
        teardown_databases(made, verbosity=0)


def compare(therapists: int, appointments: int) -> None:
    from bloom.kernel import clock

    at = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    fill(therapists, at)
    booked = book(at, appointments // therapists, forward=True)
    asked = questions(at)
    before = {name: measure(ask) for name, ask in asked.items()}
    past = book(at, appointments // therapists, forward=False)
    after = {name: measure(ask) for name, ask in asked.items()}
    times = before["first free"] / before["scan"]
    rows = [
        report.Row(
            name=name,
            per_second=round(1 / seconds, 2),
            bound="scan",
            ratio=round(before["scan"] / seconds, 3),
        )
        for name, seconds in before.items()
    ]
    report.show(f"slots: {therapists:,} therapists, {booked:,} appointments ahead", rows)
    month = before["month"] * 1000
    print(f"  first free: {times:.2f} times the scan; a month of one therapist: {month:.1f} ms")
    own = {days: processor(asked[name]) * 1000 for days, name in ((7, "week"), (30, "month"))}
    print(f"  of processor time here, a week takes {own[7]:.1f} ms and a month {own[30]:.1f} ms")
    faults = []
    if times > TIMES_THE_SCAN:
        faults.append(f"first free takes {times:.1f} times the scan")
    if month > MONTH_MILLISECONDS:
        faults.append(f"a month takes {month:.1f} ms")
    for name in ("first free", "month"):
        by = after[name] / before[name]
        print(f"  with {past:,} more in the past, {name}: {by:.2f} times")
        if by > BY_HISTORY:
            faults.append(f"{name}: {by:.2f} times as slow with more history")
    if faults:
        raise SystemExit("; ".join(faults))


def questions(at: datetime) -> dict[str, Callable[[], object]]:
    from django.db import connection

    from accounts.types import DirectoryAsk, RoleName
    from bloom.kernel.actor import Actor, Via
    from scheduling import selectors
    from scheduling.models import Calendar

    patient = Actor(user_id=uuid.uuid4(), via=Via.WEB, roles=frozenset({RoleName.PATIENT.value}))
    therapist_id = Calendar.objects.unscoped(reason="benchmark").values_list("therapist_id", flat=True)[0]
    week, end = at + timedelta(days=7), at + timedelta(days=30)

    def scan() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT therapist_id, starts_at, ends_at, buffer_before, buffer_after"
                " FROM scheduling_appointment WHERE state = ANY(%s) AND starts_at >= %s AND starts_at < %s",
                [["requested", "confirmed", "in_session", "completed", "no_show"], at, end],
            )
            return len(cursor.fetchall())

    def first() -> object:
        found = selectors.slot_first_free(patient, DirectoryAsk(), at=at, limit=20)
        assert len(found) == 20
        return found

    def month() -> object:
        found = selectors.slot_list(patient, therapist_id, start=at, end=end, at=at)
        assert found
        return found

    def week_of() -> object:
        return selectors.slot_list(patient, therapist_id, start=at, end=week, at=at)

    assert scan() > 0
    return {"scan": scan, "first free": first, "week": week_of, "month": month}


def processor(ask: Callable[[], object]) -> float:
    """The least that one answer takes of this process's own time, in seconds."""
    times = []
    for _each in range(5 * ROUNDS):
        begun = time.process_time()
        ask()
        times.append(time.process_time() - begun)
    return min(times)


def measure(ask: Callable[[], object]) -> float:
    """The shortest time of one answer, in seconds: the others are what else the machine does."""
    ask()
    times = []
    for _each in range(ROUNDS):
        begun = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begun)
    return min(times)


def fill(therapists: int, at: datetime) -> None:
    """Therapists of the directory, each with a calendar, seven days of hours and one service."""
    from accounts.models import Listing, Membership
    from benchmarks import directory
    from scheduling.models import Calendar, Service, WeeklyBlock

    directory.fill(0, therapists)
    Listing.objects.unscoped(reason="benchmark").update(accepts_new=True)
    works = Membership.objects.unscoped(reason="benchmark").values_list("user_id", "practice_id")
    calendars = Calendar.objects.bulk_create(
        Calendar(
            practice_id=practice_id,
            therapist_id=user_id,
            time_zone="UTC",
            slot_minutes=60,
            notice_minutes=0,
            created_at=at,
            changed_at=at,
        )
        for user_id, practice_id in works
    )
    Service.objects.bulk_create(
        Service(
            practice_id=each.practice_id,
            calendar=each,
            therapist_id=each.therapist_id,
            name="Session",
            duration_minutes=50,
            buffer_after=10,
            price_minor=15_000,
            modes="both",
            created_at=at,
            changed_at=at,
        )
        for each in calendars
    )
    WeeklyBlock.objects.bulk_create(
        WeeklyBlock(
            practice_id=each.practice_id,
            calendar=each,
            weekday=weekday,
            starts_minute=9 * 60,
            ends_minute=17 * 60,
        )
        for each in calendars
        for weekday in range(7)
    )


def book(at: datetime, each: int, *, forward: bool) -> int:
    """So many appointments of each therapist, an hour each, day by day from today on (or back), from nine to
    five. Of most, some hours of every day stay free; of one in twenty the first days are full.
    """
    from django.db import connection

    from accounts.models import User

    patient = User.objects.create(email=f"{uuid.uuid4().hex}@example.org", name="Somebody", password="!")
    state = "confirmed" if forward else "completed"
    columns: dict[str, Any] = {"patient": patient.id, "at": at, "each": each, "state": state}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO scheduling_appointment (
                id, practice_id, calendar_id, therapist_id, patient_id, service_id, service_name, cpt_code,
                place_of_service, duration_minutes, buffer_before, buffer_after, price_minor, currency,
                starts_at, ends_at, state, mode, reason_alarms, sequence, free_cancel_minutes,
                free_cancel_until, late_fee_minor, owes_late_fee, hold_id, booked_by_id, cancel_cause,
                created_at, changed_at
            )
            SELECT gen_random_uuid(), practice_id, calendar_id, therapist_id, %(patient)s, service_id,
                'Session', '', '', 50, 0, 10, 15000, 'USD', starts_at, starts_at + interval '50 minutes',
                %(state)s, 'telehealth', false, 0, 1440, starts_at, 0, false, gen_random_uuid(), %(patient)s,
                '', starts_at, starts_at
            FROM (
                SELECT s.practice_id, s.calendar_id, s.therapist_id, s.id AS service_id,
                    %(at)s::timestamptz
                    + (CASE WHEN %(state)s = 'confirmed' THEN 1 ELSE -1 END)
                        * CASE WHEN s.number %% 20 = 0 THEN n / 8 ELSE n * 30 / %(each)s END
                        * interval '1 day'
                    + (CASE WHEN %(state)s = 'confirmed' THEN 0 ELSE -1 END) * interval '1 day'
                    + (9 + CASE WHEN s.number %% 20 = 0 THEN n %% 8
                        ELSE (n - (n * 30 / %(each)s * %(each)s + 29) / 30) %% 8 END)
                        * interval '1 hour' AS starts_at
                FROM (SELECT *, row_number() OVER (ORDER BY id) AS number FROM scheduling_service) s
                CROSS JOIN generate_series(0, %(each)s - 1) AS n
            ) AS times
            """,
            columns,
        )
        count = int(cursor.rowcount)
        # As autovacuum leaves it within minutes: what was just written is not read again and again.
        cursor.execute("VACUUM ANALYZE")
    return count


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000,
        int(sys.argv[2]) if len(sys.argv) > 2 else 200_000,
    )
