"""From the sealed record to what endpoints are told.

The record numbers its seals without gaps, so whoever reads one after the other misses nothing and meets
nothing twice; the cursor moves in the transaction that writes the deliveries. So nobody who writes a message
pays for webhooks, and what is sent out is what is on record.
"""

from collections import defaultdict
from datetime import datetime
from typing import Final
from uuid import UUID

from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed
from bloom.webhooks.models import Cursor, Delivery, Endpoint
from bloom.webhooks.services.endpoints import CURSOR, delivery_make
from observability import selectors as record

SEALS_A_RUN: Final = 100


def record_follow(actor: Actor, *, at: datetime) -> int:
    """Read the record on, at most a hundred seals of it; how many deliveries that gave. One reader at a time:
    another waits for it. Raises NotAllowed unless the system asks.
    """
    if not actor.is_system:
        raise NotAllowed
    made = 0
    for _seal in range(SEALS_A_RUN):
        found = _seal_read(actor, at=at)
        if found is None:
            break
        made += found
    return made


@transactional
def _seal_read(actor: Actor, *, at: datetime) -> int | None:
    """The next seal; None when there is none."""
    cursor = Cursor.objects.select_for_update().filter(name=CURSOR).first()
    head = record.chain_head(actor)
    # There is none before the first endpoint.
    if cursor is None or cursor.number >= head:
        return None
    endpoints = _endpoints()
    # With nobody to tell there is nothing to read.
    cursor.number = cursor.number + 1 if endpoints else head
    cursor.save(update_fields=["number"])
    return len(_told(actor, cursor.number, endpoints, at=at)) if endpoints else 0


def _endpoints() -> dict[UUID, list[Endpoint]]:
    """The endpoints that are on, by practice."""
    found: dict[UUID, list[Endpoint]] = defaultdict(list)
    for row in Endpoint.objects.unscoped(reason="whom to tell what is on record").filter(off=""):
        found[row.practice_id].append(row)
    return found


def _told(
    actor: Actor, number: int, endpoints: dict[UUID, list[Endpoint]], *, at: datetime
) -> list[Delivery]:
    rows = record.sealed_in(actor, number)
    deliveries = [
        delivery_make(
            endpoint,
            hooked.id,
            hooked.name,
            {name: str(value) for name, value in hooked.data.items()},
            happened_at=hooked.at,
            at=at,
        )
        for _key, source in registry.hook.items()
        if source.source in rows
        for hooked in source.read(actor, rows[source.source], endpoints.keys())
        for endpoint in endpoints[hooked.practice_id]
        # What happened before somebody asked to be told of it is none of theirs.
        if hooked.name in endpoint.events and hooked.at >= endpoint.created_at
    ]
    return Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
