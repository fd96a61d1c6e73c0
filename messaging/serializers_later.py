"""The shape of messages that go later by REST."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bloom.kernel import clock, fields
from messaging.types import ScheduledState, ScheduledView, StopReason


def scheduled_wire(view: ScheduledView) -> dict[str, Any]:
    """One of them, for its author."""
    return {
        "id": str(view.id),
        "conversation": str(view.conversation_id),
        "client_id": str(view.client_id),
        "body": view.body,
        "attachments": [
            {"id": str(each.id), "name": each.name, "content_type": each.content_type, "size": each.size}
            for each in view.files
        ],
        "send_at": clock.to_wire(view.due_at),
        "state": view.state.value,
        "reason": view.reason.value if view.reason else None,
        "categories": list(view.categories),
        "message": str(view.message_id) if view.message_id else None,
        "alarms": view.alarms,
    }


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field[datetime, Any, str, Any]):
    """RFC 3339 with an offset, and nothing else."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            return clock.from_wire(data)
        except (TypeError, ValueError, OverflowError):
            raise serializers.ValidationError(
                _("Give a time with its offset, such as 2026-12-03T09:00:00Z.")
            ) from None

    def to_representation(self, value: datetime) -> str:
        return clock.to_wire(value)


class ScheduledPlanSerializer(serializers.Serializer[Any]):
    client_id = fields.Id(help_text="Made by the client; the same one is planned, and sent, only once.")
    body = fields.Text(trim_whitespace=False, allow_blank=True)
    send_at = MomentField(help_text="RFC 3339, with an offset; from a minute ahead to a year.")
    attachments = serializers.ListField(
        child=fields.Id(), required=False, max_length=50, help_text="Uploads that are ready, at most 10."
    )


class ScheduledChangeSerializer(serializers.Serializer[Any]):
    """What is not named stays as it is."""

    body = fields.Text(trim_whitespace=False, allow_blank=True, required=False)
    send_at = MomentField(required=False)
    attachments = serializers.ListField(
        child=fields.Id(),
        required=False,
        max_length=50,
        help_text="All that are to go along: what is not named is removed.",
    )


class ScheduledFileSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")


class ScheduledSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    client_id = serializers.UUIDField()
    body = serializers.CharField(allow_null=True, help_text="null once it was sent.")
    attachments = ScheduledFileSerializer(many=True)
    send_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=[state.value for state in ScheduledState])
    reason = serializers.ChoiceField(
        choices=[reason.value for reason in StopReason], allow_null=True, help_text="Why it was not sent."
    )
    categories = serializers.ListField(child=serializers.CharField(), help_text="Why it was blocked.")
    message = serializers.UUIDField(allow_null=True, help_text="What it became.")
    alarms = serializers.BooleanField(
        help_text="It says that somebody may be in danger: show help lines, and offer to send it now."
    )


class ScheduledPageSerializer(serializers.Serializer[Any]):
    results = ScheduledSerializer(many=True)
    next = serializers.URLField(allow_null=True)
