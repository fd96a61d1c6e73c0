"""What is on record of webhooks: who let a practice's news leave, where to in ids, and what ended it."""

from dataclasses import dataclass

from bloom.kernel.events import Event

ENDPOINT = "webhooks.endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointAdded(Event):
    name = "webhooks.endpoint.added"
    object_kind = ENDPOINT
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChanged(Event):
    """`fields` are those that are others now."""

    name = "webhooks.endpoint.changed"
    object_kind = ENDPOINT
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRemoved(Event):
    name = "webhooks.endpoint.removed"
    object_kind = ENDPOINT


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRenewed(Event):
    name = "webhooks.secret.renewed"
    object_kind = ENDPOINT


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointTested(Event):
    name = "webhooks.endpoint.tested"
    object_kind = ENDPOINT


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAgain(Event):
    """Somebody has one more time sent what was sent before."""

    name = "webhooks.delivery.again"
    object_kind = "webhooks.delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSwitchedOff(Event):
    """By Bloom: it answered nothing for days, or that it is gone."""

    name = "webhooks.endpoint.switched_off"
    object_kind = ENDPOINT
    reason: str
