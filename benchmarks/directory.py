"""What the directory costs as it grows: `python -m benchmarks.directory [THERAPISTS]`. Makes a test database
beside DATABASE_URL's.

The same pages are asked of 100 therapists and then of THERAPISTS (10,000): the first one, one narrowed by two
filters, one narrowed by words, and one far down the list. The bound is the page at 100 in the same run; the
ratio may be small, and the number of statements may not change at all.
"""

import os
import random
import statistics
import sys
import time
import uuid
from typing import Any

import django

from benchmarks import report

FEW = 100
ROUNDS = 15
# A page of 10,000 may take so many times as long as one of 100; one that is searched reads every text.
SLOWER = {"first": 4.0, "filtered": 4.0, "far down": 4.0, "words": 12.0}


def main(count: int) -> None:
    os.environ.setdefault("BLOOM_ENV", "test")
    os.environ["BLOOM_LOG_LEVEL"] = "ERROR"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bloom.settings")
    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        compare(count)
    finally:
        teardown_databases(made, verbosity=0)


def compare(count: int) -> None:
    fill(0, FEW)
    few = {name: measure(page) for name, page in pages().items()}
    fill(FEW, count)
    many = {name: measure(page) for name, page in pages().items()}
    rows, faults = [], []
    for name, (seconds, statements) in many.items():
        bound_seconds, bound_statements = few[name]
        bound = f"{name}, {FEW} therapists"
        rows += [
            report.Row(name=bound, per_second=round(1 / bound_seconds, 1), bound=bound, ratio=1.0),
            report.Row(
                name=f"{name}, {count:,} therapists",
                per_second=round(1 / seconds, 1),
                bound=bound,
                ratio=round(bound_seconds / seconds, 3),
            ),
        ]
        if statements != bound_statements:
            faults.append(f"{name}: {statements} statements instead of {bound_statements}")
        if seconds > bound_seconds * SLOWER[name]:
            faults.append(f"{name}: {seconds / bound_seconds:.1f} times as slow")
    report.show("directory", rows)
    if faults:
        raise SystemExit("; ".join(faults))


def pages() -> dict[str, Any]:
    from accounts import selectors
    from accounts.types import DirectoryAsk, DirectorySort, RoleName, TermKind
    from bloom.kernel.actor import Actor, Via

    patient = Actor(user_id=uuid.uuid4(), via=Via.WEB, roles=frozenset({RoleName.PATIENT.value}))
    filtered = DirectoryAsk(
        terms={TermKind.SPECIALTY: ("anxiety",), TermKind.FORMAT: ("telehealth",)}, accepts_new=True
    )
    by_name = DirectoryAsk(sort=DirectorySort.NAME)
    cursor = None
    for _each in range(3):
        cursor = selectors.directory_list(patient, by_name, limit=20, cursor=cursor).next
    return {
        "first": lambda: selectors.directory_list(patient, DirectoryAsk()),
        "filtered": lambda: selectors.directory_list(patient, filtered),
        "far down": lambda: selectors.directory_list(patient, by_name, cursor=cursor),
        "words": lambda: selectors.directory_list(patient, DirectoryAsk(text="calm practical")),
    }


def measure(page: Any) -> tuple[float, int]:
    """The median time of one page, in seconds, and how many statements it takes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    page()
    with CaptureQueriesContext(connection) as asked:
        page()
    times = []
    for _each in range(ROUNDS):
        begun = time.perf_counter()
        page()
        times.append(time.perf_counter() - begun)
    return statistics.median(times), len(asked)


def fill(first: int, last: int) -> None:
    """Verified therapists with these numbers, in bulk."""
    from django.db import connection

    from accounts import seed_listings
    from accounts.models import Membership, Practice, Role, User
    from accounts.types import MembershipRole, PracticeKind, RoleName
    from bloom.kernel import clock

    at, rng = clock.now(), random.Random(first)
    practice = Practice.objects.create(
        name="All of them", kind=PracticeKind.GROUP, is_listed=True, created_at=at
    )
    for start in range(first, last, 1000):
        users = [
            User(
                id=uuid.uuid4(),
                email=f"therapist{number}@example.org",
                name=f"{rng.choice('ABCDEFGHIJ')}{rng.randrange(10**6):06} Therapist",
                headline="A calm place",
                password="!",
            )
            for number in range(start, min(start + 1000, last))
        ]
        User.objects.bulk_create(users)
        Role.objects.bulk_create(Role(user=user, role=RoleName.THERAPIST, granted_at=at) for user in users)
        Membership.objects.bulk_create(
            Membership(practice=practice, user=user, role=MembershipRole.CLINICIAN, started_at=at)
            for user in users
        )
        seed_listings.listings_create(
            (
                (uuid.uuid4(), user, seed_listings.told_of(rng), start + place)
                for place, user in enumerate(users)
            ),
            at,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
