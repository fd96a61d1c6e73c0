"""The shape of copies by REST."""

from typing import Any

from rest_framework import serializers

from accounts.types import ExportState, ExportView
from bloom.kernel import clock, fields


def copy_wire(view: ExportView, link: str) -> dict[str, Any]:
    """A copy for whoever asked for it; `link` is where it is fetched once it is ready."""
    return {
        "id": str(view.id),
        "status": view.state.value,
        "format": view.format,
        "asked_at": clock.to_wire(view.asked_at),
        "made_at": clock.to_wire(view.made_at) if view.made_at else None,
        "expires_at": clock.to_wire(view.expires_at) if view.expires_at else None,
        "size": view.size,
        "link": link if view.is_ready else None,
    }


class CopyAskSerializer(serializers.Serializer[Any]):
    format = fields.Text(max_length=20, help_text="`pdf`, to read and print, or `json`, for programs.")


class CopySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[each.value for each in ExportState])
    format = serializers.CharField()
    asked_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="From then on it is gone.")
    size = serializers.IntegerField(help_text="In bytes, once it is ready.")
    link = serializers.CharField(
        allow_null=True, help_text="Where it is fetched with the same credentials, once it is ready."
    )


class LatestCopySerializer(serializers.Serializer[Any]):
    copy = CopySerializer(allow_null=True)
