"""The shape of uploads by REST, and its description for OpenAPI."""

from typing import Any

from rest_framework import serializers

from bloom.files.types import NAME_LENGTH, UploadState, UploadView
from bloom.kernel import fields

_STATES = [state.value for state in UploadState if state is not UploadState.DROPPED]


def upload_wire(upload: UploadView) -> dict[str, Any]:
    """An upload for whoever makes it."""
    wire: dict[str, Any] = {
        "id": str(upload.id),
        "status": upload.state.value,
        "name": upload.name,
        "content_type": upload.content_type,
        "size": upload.size,
    }
    if upload.fault:
        wire |= {"reason": upload.fault, "detail": upload.words}
    return wire


class UploadAskSerializer(serializers.Serializer[Any]):
    """What is to be sent. The type is only a first guess: the file's bytes tell what it is."""

    name = fields.Text(max_length=NAME_LENGTH * 8, trim_whitespace=False)
    size = fields.Whole(min_value=0, max_value=2**53, help_text="In bytes, exactly.")
    content_type = fields.Text(max_length=200, required=False, allow_blank=True, default="")


class UploadFormSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.CharField(help_text="Where the form is posted, as multipart/form-data.")
    # DRF takes declared fields out of the class, so its own attribute of this name stays.
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(), help_text="To be sent first, in this order; then the part `file`."
    )
    expires_at = serializers.DateTimeField()


class UploadSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=_STATES)
    name = serializers.CharField()
    content_type = serializers.CharField(help_text="Once it is ready: what the bytes say.")
    size = serializers.IntegerField(help_text="Once it is ready: of what is kept.")
    reason = serializers.CharField(required=False, help_text="Why it was refused, as a code.")
    detail = serializers.CharField(required=False, help_text="Why it was refused, in words.")
