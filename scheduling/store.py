"""What is taken of therapists' time, read by one statement: the busiest question of the house, which the ORM
would word anew, in four parts, each time that it is asked.

Its columns: whose, from, until, the minutes of air before and after, and whether it is a session.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from scheduling.rules import claims
from scheduling.types import OCCUPYING, QUANTUM_MINUTES

_OCCUPYING: Final = sorted(state.value for state in OCCUPYING)

# What was given back is claimed for those who wait, without an offer yet, and is free `for_line`. The claims
# of an offer hold with the air around it; itself it is a session of its day, so that where there is a limit,
# the last one is kept for who is offered it.
_TAKEN: Final = """
SELECT therapist_id, starts_at, ends_at, buffer_before, buffer_after, TRUE
FROM scheduling_appointment
WHERE therapist_id = ANY(%(therapists)s) AND state = ANY(%(occupying)s)
    AND starts_at > %(reaching)s AND starts_at < %(last)s AND NOT id = ANY(%(leaving_out)s)
UNION ALL
SELECT therapist_id, to_timestamp(quantum * %(quantum)s), to_timestamp((quantum + 1) * %(quantum)s),
    0, 0, FALSE
FROM scheduling_claim
WHERE therapist_id = ANY(%(therapists)s) AND (offer_id IS NOT NULL OR NOT %(for_line)s)
    AND expires_at > %(at)s AND quantum >= %(first_quantum)s AND quantum < %(last_quantum)s
UNION ALL
SELECT therapist_id, starts_at, ends_at, 0, 0, TRUE
FROM scheduling_waitlistoffer
WHERE id IN (
    SELECT offer_id FROM scheduling_claim
    WHERE therapist_id = ANY(%(therapists)s) AND offer_id IS NOT NULL AND expires_at > %(at)s
        AND quantum >= %(first_quantum)s AND quantum < %(last_quantum)s
)
UNION ALL
SELECT therapist_id, starts_at, ends_at, 0, 0, FALSE
FROM scheduling_busytime
WHERE therapist_id = ANY(%(therapists)s) AND starts_at < %(last)s AND ends_at > %(first)s
"""


def taken_rows(
    therapist_ids: Collection[UUID],
    *,
    first: datetime,
    last: datetime,
    reaching: datetime,
    at: datetime,
    leaving_out: Collection[UUID],
    for_line: bool,
) -> Sequence[tuple[Any, ...]]:
    """What is taken of these therapists' time in any practice between `first` and `last`: of appointments,
    but those that are left out, what begins after `reaching`; of offers and of what was given back (but not
    `for_line`, which it is kept for), what has not lapsed `at` a moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKEN,
            {
                "therapists": list(therapist_ids),
                "occupying": _OCCUPYING,
                "leaving_out": list(leaving_out),
                "first": first,
                "last": last,
                "reaching": reaching,
                "at": at,
                "for_line": for_line,
                "quantum": QUANTUM_MINUTES * 60,
                "first_quantum": claims.quantum_of(first),
                "last_quantum": claims.quantum_of(last),
            },
        )
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
