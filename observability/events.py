"""What the record tells of itself."""

from dataclasses import dataclass
from uuid import UUID

from bloom.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRefused(Event):
    """Somebody asked for a real object and was refused. `object_id` is that object."""

    name = "observability.access.refused"
    object_kind = "observability.refused_object"
    kind: str
    code: str
    route: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRetried(Event):
    """An administrator asked for another round of attempts at a delivery that was given up."""

    name = "observability.delivery.retried"
    object_kind = "observability.delivery"
    event_id: UUID
