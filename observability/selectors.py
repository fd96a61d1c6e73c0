"""Reading the record."""

from django.db.models import Count, Min, Q

from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotAllowed
from observability.models import Delivery, SealBatch
from observability.types import ChainState, OutboxState


def _require_whole_record(actor: Actor) -> None:
    if not (actor.is_system or actor.has_role("admin")):
        raise NotAllowed


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
    """The newest seal. One query. Raises NotAllowed."""
    _require_whole_record(actor)
    head = SealBatch.objects.order_by("-number").first()
    if head is None:
        return ChainState(number=0, hash="", sealed_at=None, entries=0)
    return ChainState(
        number=head.number, hash=bytes(head.hash).hex(), sealed_at=head.sealed_at, entries=head.count
    )
