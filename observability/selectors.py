"""Reading the record."""

from collections.abc import Collection, Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from observability.models import Delivery, Event, SealBatch, SealEntry
from observability.types import ChainState, EventView, OutboxState


def outbox_state(actor: Actor) -> OutboxState:
    """How many deliveries wait, since when the oldest is due, and how many were given up. One query.

    Raises NotAllowed.
    """
    _require_whole_record(actor)
    counted = Delivery.objects.exclude(state=Delivery.State.DONE).aggregate(
        pending=Count("id", filter=Q(state=Delivery.State.PENDING)),
        dead=Count("id", filter=Q(state=Delivery.State.DEAD)),
        oldest=Min("next_at", filter=Q(state=Delivery.State.PENDING)),
    )
    return OutboxState(pending=counted["pending"], dead=counted["dead"], oldest_due_at=counted["oldest"])


def chain_state(actor: Actor) -> ChainState:
    """The newest seal, and how long the oldest event of the last hours has waited for one. Two queries.

    Raises NotAllowed.
    """
    _require_whole_record(actor)
    head = SealBatch.objects.order_by("-number").first()
    waiting = Event.objects.visible_to(actor).filter(~Exists(SealEntry.objects.filter(row_id=OuterRef("pk"))))
    if head is not None:
        waiting = waiting.filter(recorded_at__gte=head.sealed_at - timedelta(minutes=15))
    oldest = waiting.aggregate(oldest=Min("recorded_at"))["oldest"]
    if head is None:
        return ChainState(number=0, hash="", sealed_at=None, entries=0, oldest_unsealed_at=oldest)
    return ChainState(
        number=head.number,
        hash=bytes(head.hash).hex(),
        sealed_at=head.sealed_at,
        entries=head.count,
        oldest_unsealed_at=oldest,
    )


def chain_head(actor: Actor) -> int:
    """The number of the newest seal, 0 before the first. One query. Raises NotAllowed."""
    _require_whole_record(actor)
    newest: int | None = SealBatch.objects.aggregate(newest=Max("number"))["newest"]
    return newest or 0


def sealed_in(actor: Actor, number: int) -> dict[str, list[UUID]]:
    """The rows that one seal holds, by source, in their order; none before it was made. Seals have no gaps:
    whoever reads one after the other misses nothing. One query. Raises NotAllowed.
    """
    _require_whole_record(actor)
    found: dict[str, list[UUID]] = {}
    entries = SealEntry.objects.filter(batch_number=number).order_by("position")
    for source, row_id in entries.values_list("source", "row_id"):
        found.setdefault(source, []).append(row_id)
    return found


def events_among(
    actor: Actor, ids: Collection[UUID], names: Collection[str], practice_ids: Collection[UUID]
) -> list[EventView]:
    """Those of these events that have one of these names and are of one of these practices, oldest first. One
    query. Raises NotAllowed.
    """
    _require_whole_record(actor)
    rows = Event.objects.visible_to(actor).filter(id__in=ids, name__in=names, practice_id__in=practice_ids)
    return [_event_view(row) for row in rows.order_by("at", "id")]


def events_about(
    actor: Actor,
    subject_id: UUID,
    *,
    names: Collection[str],
    limit: int,
    before: tuple[datetime, UUID] | None = None,
) -> list[EventView]:
    """What was recorded about a person, of these names, newest first: for themselves. One query.

    `before` is where an earlier part ended. Raises NotAllowed for others.
    """
    if actor.user_id != subject_id and not actor.is_system:
        raise NotAllowed
    rows = Event.objects.unscoped(reason="what a person may know of themselves").filter(
        subject_id=subject_id, name__in=names
    )
    if before is not None:
        at, event_id = before
        rows = rows.filter(Q(at__lt=at) | Q(at=at, id__lt=event_id))
    return [_event_view(row) for row in rows.order_by("-at", "-id")[:limit]]


def devices_of(
    actor: Actor, subject_id: UUID, session_ids: Collection[UUID], *, begun: str
) -> dict[UUID, str]:
    """With which device each of these sessions of a person's was used, by what was recorded in it and by the
    event named `begun`, which is about it: for themselves. One query.

    Raises NotAllowed for others.
    """
    if actor.user_id != subject_id and not actor.is_system:
        raise NotAllowed
    rows = Event.objects.unscoped(reason="what a person may know of themselves").filter(
        Q(name=begun, object_id__in=session_ids) | Q(session_id__in=[each.hex for each in session_ids]),
        subject_id=subject_id,
    )
    return {
        object_id if name == begun else UUID(hex=session_id): device
        for name, object_id, session_id, device in rows.values_list(
            "name", "object_id", "session_id", "device"
        )
    }


def events_named(actor: Actor, names: Collection[str]) -> Iterator[EventView]:
    """All that was recorded of these names, oldest first: for the system's own comparisons. One query.

    Raises NotAllowed.
    """
    _require_whole_record(actor)
    rows = Event.objects.visible_to(actor).filter(name__in=names).order_by("at", "id")
    return (_event_view(row) for row in rows.iterator())


def _event_view(row: Event) -> EventView:
    return EventView(**{field.name: getattr(row, field.name) for field in fields(EventView)})


def _require_whole_record(actor: Actor) -> None:
    if not (actor.is_system or actor.has_role("admin")):
        raise NotAllowed
