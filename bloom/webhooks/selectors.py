"""What a practice sees of its webhooks."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.webhooks.errors import EndpointNotFound
from bloom.webhooks.events import ENDPOINT
from bloom.webhooks.models import Delivery, Endpoint
from bloom.webhooks.types import DeliveryState, DeliveryView, EndpointView, Fault, Off

DELIVERIES_SHOWN: Final = 50
TEST: Final = "webhook.test"


def kinds() -> Mapping[str, Any]:
    """What there is to be told of, by name, with words for people."""
    return {name: title for _key, source in registry.hook.items() for name, title in source.titles.items()}


def endpoint_list(actor: Actor, practice_id: UUID) -> list[EndpointView]:
    """The practice's endpoints, oldest first; none for who may not manage them. Two queries."""
    if not _may(actor, practice_id):
        return []
    rows = Endpoint.objects.visible_to(actor).filter(practice_id=practice_id).order_by("created_at", "id")
    return [endpoint_view(row) for row in rows]


def endpoint_get(actor: Actor, practice_id: UUID, endpoint_id: UUID) -> EndpointView:
    """One of them. Raises EndpointNotFound."""
    return endpoint_view(endpoint_row(actor, practice_id, endpoint_id))


def delivery_list(actor: Actor, practice_id: UUID, endpoint_id: UUID) -> list[DeliveryView]:
    """The last things that an endpoint was told, newest first. Raises EndpointNotFound."""
    endpoint = endpoint_row(actor, practice_id, endpoint_id)
    rows = Delivery.objects.visible_to(actor).filter(endpoint=endpoint).order_by("-created_at", "-id")
    return [_delivery_view(row) for row in rows[:DELIVERIES_SHOWN]]


def endpoint_row(actor: Actor, practice_id: UUID, endpoint_id: UUID, *, lock: bool = False) -> Endpoint:
    """The row, for services. Raises EndpointNotFound."""
    rows = Endpoint.objects.visible_to(actor).filter(practice_id=practice_id, id=endpoint_id)
    row = (rows.select_for_update() if lock else rows).first() if _may(actor, practice_id) else None
    if row is None:
        exists = Endpoint.objects.unscoped(reason="whether a refusal is worth a line").filter(id=endpoint_id)
        raise EndpointNotFound(object_kind=ENDPOINT, object_id=endpoint_id, exists=exists.exists())
    return row


def endpoint_view(row: Endpoint) -> EndpointView:
    return EndpointView(
        id=row.id,
        practice_id=row.practice_id,
        url=row.url,
        events=tuple(row.events),
        off=Off(row.off) if row.off else None,
        created_at=row.created_at,
        failing_since=row.failing_since,
        older_until=row.older_until,
    )


def _delivery_view(row: Delivery) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event=row.event,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        status=row.status,
        fault=Fault(row.fault) if row.fault else None,
        took_ms=row.took_ms,
    )


def _may(actor: Actor, practice_id: UUID) -> bool:
    return accounts_selectors.practice_may(actor, practice_id, PracticeMay.MANAGE_WEBHOOKS)
