"""What must be true when it is over. Each check says what is wrong; nothing said is nothing wrong."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from e2e.faults.crowd import Crowd

AUDIT_GAPS = {
    "messages without their one row of the record": """
        SELECT count(*) FROM messaging_message m WHERE 1 <> (
            SELECT count(*) FROM messaging_messageaudit a
            WHERE a.message_id = m.id AND a.action = 'sent' AND a.body_hash = m.body_hash)""",
    "rows of the record without their message": """
        SELECT count(*) FROM messaging_messageaudit a
        WHERE a.action = 'sent' AND NOT EXISTS (
            SELECT 1 FROM messaging_message m WHERE m.id = a.message_id)""",
    "hidden messages without their one event": """
        SELECT count(*) FROM messaging_message m WHERE m.outcome = 'blur' AND 1 <> (
            SELECT count(*) FROM observability_event e
            WHERE e.object_id = m.id AND e.name = 'messaging.message.blurred')""",
    "conversations whose numbers have a gap": """
        SELECT count(*) FROM messaging_conversation c WHERE (c.last_seq, c.last_seq) <> (
            SELECT count(*), coalesce(max(m.seq), 0) FROM messaging_message m
            WHERE m.conversation_id = c.id)""",
}
UNSEALED = """
    SELECT count(*) FROM messaging_messageaudit a
    WHERE NOT EXISTS (SELECT 1 FROM observability_sealentry s WHERE s.row_id = a.id)"""


def crowd_check(crowd: Crowd) -> Iterator[str]:
    """Nothing lost, nothing doubled, nothing out of order: what is stored against what was meant and seen."""
    yield from crowd.faults
    for id_, messages in crowd.stored().items():
        yield from _conversation_check(crowd, id_, messages)


def _conversation_check(crowd: Crowd, id_: str, messages: list[dict[str, Any]]) -> Iterator[str]:
    place_of = {client.name: client.places[id_] for client in crowd.clients if id_ in client.places}
    began_at = next(iter(place_of.values())).began_at
    if [each["seq"] for each in messages] != list(range(began_at + 1, began_at + 1 + len(messages))):
        yield f"{id_}: the numbers are not gapless"
    stored = Counter(each["client_id"] for each in messages)
    doubled = [client_id for client_id, count in stored.items() if count > 1]
    if doubled:
        yield f"{id_}: {len(doubled)} stored twice"
    order = {each["client_id"]: each["seq"] for each in messages}
    meant = {draft.client_id: draft for place in place_of.values() for draft in place.meant}
    if stored.keys() != meant.keys():
        lost, strange = meant.keys() - stored.keys(), stored.keys() - meant.keys()
        yield f"{id_}: {len(lost)} lost, {len(strange)} that nobody wrote"
    by_change = {each["change"]: each for each in messages}
    for name, place in place_of.items():
        written = [order[draft.client_id] for draft in place.meant if draft.client_id in order]
        if written != sorted(written):
            yield f"{id_}: what {name} wrote is out of order"
        if any(order.get(client_id) != seq for client_id, seq in place.acked.items()):
            yield f"{id_}: an ack told {name} another number"
        if place.seen.keys() != by_change.keys():
            yield f"{id_}: {name} did not see the {len(by_change)} that there are, but {len(place.seen)}"
        elif any(place.seen[change]["id"] != each["id"] for change, each in by_change.items()):
            yield f"{id_}: {name} saw another message"
        own = {draft.client_id for draft in place.meant}
        if any(_text(each, meant, own) != each["body"] for each in place.seen.values()):
            yield f"{id_}: {name} read another text than was written"


def _text(message: Mapping[str, Any], meant: Mapping[str, Any], own: set[str]) -> str | None:
    draft = meant.get(message["client_id"])
    return None if draft is None or (draft.is_hidden and draft.client_id not in own) else draft.body


def record_check(database: str) -> Iterator[str]:
    """The record holds each message once, and what such a message brings with it."""
    with psycopg.connect(database) as connection:
        for what, query in AUDIT_GAPS.items():
            count = _count(connection, query)
            if count:
                yield f"{count} {what}"


def unsealed(database: str) -> int:
    """How many rows of the message record no seal covers yet."""
    with psycopg.connect(database) as connection:
        return _count(connection, UNSEALED)


def _count(connection: "psycopg.Connection[Any]", query: str) -> int:
    (count,) = connection.execute(query).fetchone() or (0,)
    return int(count)
