"""Writes of the webhooks' room, by noun."""

from bloom.webhooks.services.endpoints import (
    delivery_again,
    endpoint_add,
    endpoint_change,
    endpoint_remove,
    endpoint_test,
    secret_renew,
)
from bloom.webhooks.services.following import record_follow
from bloom.webhooks.services.sending import deliveries_forget, deliveries_send

__all__ = [
    "deliveries_forget",
    "deliveries_send",
    "delivery_again",
    "endpoint_add",
    "endpoint_change",
    "endpoint_remove",
    "endpoint_test",
    "record_follow",
    "secret_renew",
]
