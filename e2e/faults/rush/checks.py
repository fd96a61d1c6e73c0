"""What must be true of the tables, while it goes on and when it is over. Nothing said is nothing wrong."""

from collections.abc import Collection, Iterator
from typing import Any, Final

import psycopg

_LIVE: Final = "('requested', 'confirmed', 'in_session', 'completed', 'no_show')"
# Two sessions of one therapist that overlap, in one snapshot.
DOUBLE: Final = f"""
    SELECT count(*) FROM scheduling_appointment a
    JOIN scheduling_appointment b ON a.therapist_id = b.therapist_id AND a.id < b.id
        AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
    WHERE a.state IN {_LIVE} AND b.state IN {_LIVE}"""
CLAIM_GAPS: Final = {
    "minutes of a therapist's that are claimed twice": """
        SELECT count(*) FROM (
            SELECT 1 FROM scheduling_claim GROUP BY therapist_id, quantum HAVING count(*) > 1) AS twice""",
    "appointments that take place and do not have exactly their minutes": f"""
        SELECT count(*) FROM scheduling_appointment a
        WHERE a.state IN {_LIVE} AND a.id <> ALL(%(known)s::uuid[]) AND ARRAY(
            SELECT c.quantum::bigint FROM scheduling_claim c
            WHERE c.appointment_id = a.id AND c.therapist_id = a.therapist_id ORDER BY c.quantum)
        IS DISTINCT FROM ARRAY(
            SELECT generate_series(
                (extract(epoch FROM a.starts_at) / 300)::bigint,
                (extract(epoch FROM a.ends_at) / 300)::bigint - 1))""",
    "minutes of what was called off": f"""
        SELECT count(*) FROM scheduling_claim c JOIN scheduling_appointment a ON a.id = c.appointment_id
        WHERE a.state NOT IN {_LIVE} AND a.id <> ALL(%(known)s::uuid[])""",
    "appointments without their one event": """
        SELECT count(*) FROM scheduling_appointment a WHERE a.id <> ALL(%(known)s::uuid[]) AND 1 <> (
            SELECT count(*) FROM observability_event e
            WHERE e.object_id = a.id AND e.name = 'scheduling.appointment.booked')""",
    "cancellations without their one event": """
        SELECT count(*) FROM scheduling_appointment a
        WHERE a.cancelled_at IS NOT NULL AND a.id <> ALL(%(known)s::uuid[]) AND 1 <> (
            SELECT count(*) FROM observability_event e
            WHERE e.object_id = a.id AND e.name = 'scheduling.appointment.cancelled')""",
}
_SLOTS: Final = f"""
    SELECT id::text, state IN {_LIVE}, to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    FROM scheduling_appointment WHERE id <> ALL(%(known)s::uuid[])"""
UNSEALED: Final = """
    SELECT count(*) FROM observability_event e
    WHERE NOT EXISTS (SELECT 1 FROM observability_sealentry s WHERE s.row_id = e.id)"""


def doubled(database: str) -> int:
    """How many pairs of sessions are in each other's time at this moment."""
    with psycopg.connect(database) as connection:
        return _count(connection, DOUBLE)


def unsealed(database: str) -> int:
    """How many events no seal covers yet."""
    with psycopg.connect(database) as connection:
        return _count(connection, UNSEALED)


def appointments(database: str) -> list[str]:
    """The ids of all that there are."""
    with psycopg.connect(database) as connection:
        return [id_ for (id_,) in connection.execute("SELECT id::text FROM scheduling_appointment")]


def tables_check(
    database: str,
    slots: Collection[str],
    *,
    known: Collection[str],
    booked: Collection[str],
    kept: Collection[str],
) -> Iterator[str]:
    """One appointment a slot, with its minutes and its events; and what people were told is what is there:
    all that was `booked`, of which what is `kept` still stands. What was `known` before is the demo's own.
    """
    with psycopg.connect(database) as connection:
        if count := _count(connection, DOUBLE):
            yield f"{count} pairs of sessions overlap"
        for what, query in CLAIM_GAPS.items():
            if count := _count(connection, query, known=list(known)):
                yield f"{count} {what}"
        rows = connection.execute(_SLOTS, {"known": list(known)}).fetchall()
    for slot in slots:
        there = [id_ for id_, is_live, starts_at in rows if is_live and starts_at == slot]
        if len(there) != 1:
            yield f"{slot} has {len(there)} appointments"
    if {id_ for id_, _live, _at in rows} != set(booked):
        untold = len({id_ for id_, _live, _at in rows} - set(booked))
        yield f"{untold} appointments of which nobody was told, {len(set(booked)) - len(rows) + untold} lost"
    if {id_ for id_, is_live, _at in rows if is_live} != set(kept):
        yield "what stands is not what people were told"


def _count(connection: "psycopg.Connection[Any]", query: str, **values: Any) -> int:
    (count,) = connection.execute(query, values or None).fetchone() or (0,)
    return int(count)
