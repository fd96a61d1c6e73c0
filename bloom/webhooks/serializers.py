"""The shape of webhooks by REST, and its description for OpenAPI."""

from typing import Any

from rest_framework import serializers

from bloom.kernel import addresses, clock, fields
from bloom.webhooks.types import DeliveryState, DeliveryView, EndpointView, Fault, Off

_NAME_LENGTH = 60
_NAMES_MOST = 50


def endpoint_wire(view: EndpointView) -> dict[str, Any]:
    """An endpoint for its practice's owners."""
    return {
        "id": str(view.id),
        "practice": str(view.practice_id),
        "url": view.url,
        "events": list(view.events),
        "on": view.is_on,
        "off_because": view.off.value if view.off else None,
        "created_at": clock.to_wire(view.created_at),
        "failing_since": clock.to_wire(view.failing_since) if view.failing_since else None,
        "older_secret_until": clock.to_wire(view.older_until) if view.older_until else None,
    }


def delivery_wire(view: DeliveryView) -> dict[str, Any]:
    """One thing that an endpoint is told."""
    return {
        "id": str(view.id),
        "event": view.event,
        "state": view.state.value,
        "attempts": view.attempts,
        "created_at": clock.to_wire(view.created_at),
        "due_at": clock.to_wire(view.due_at),
        "ended_at": clock.to_wire(view.ended_at) if view.ended_at else None,
        "status": view.status,
        "fault": view.fault.value if view.fault else None,
        "took_ms": view.took_ms,
    }


class WebhookAddSerializer(serializers.Serializer[Any]):
    """Where to tell, and what."""

    url = fields.Text(max_length=addresses.URL_LENGTH, help_text="https, of a program on the internet.")
    events = serializers.ListField(
        child=fields.Text(max_length=_NAME_LENGTH),
        max_length=_NAMES_MOST,
        help_text="Of those that docs/webhooks.md lists, such as `message.sent`.",
    )


class WebhookChangeSerializer(WebhookAddSerializer):
    """What is left out stays as it is."""

    url = fields.Text(max_length=addresses.URL_LENGTH, required=False)
    events = serializers.ListField(
        child=fields.Text(max_length=_NAME_LENGTH), max_length=_NAMES_MOST, required=False
    )
    on = serializers.BooleanField(required=False, help_text="Off: it is told nothing, what waits is dropped.")


class WebhookSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    practice = serializers.UUIDField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    on = serializers.BooleanField()
    off_because = serializers.ChoiceField(choices=[each.value for each in Off], allow_null=True)
    created_at = serializers.DateTimeField()
    failing_since = serializers.DateTimeField(allow_null=True)
    older_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then what is sent is signed with the secret before, too."
    )


class WebhooksSerializer(serializers.Serializer[Any]):
    results = WebhookSerializer(many=True)


class WebhookSecretSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="Shown in this answer alone.")


class WebhookDeliverySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="What the receiver sees as `webhook-id`.")
    event = serializers.CharField()
    state = serializers.ChoiceField(choices=[each.value for each in DeliveryState])
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    status = serializers.IntegerField(allow_null=True, help_text="What the receiver answered last.")
    fault = serializers.ChoiceField(choices=[each.value for each in Fault], allow_null=True)
    took_ms = serializers.IntegerField(allow_null=True)


class WebhookDeliveriesSerializer(serializers.Serializer[Any]):
    results = WebhookDeliverySerializer(many=True)
