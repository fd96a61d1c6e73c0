"""REST: sending a file."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from bloom.files import selectors, serializers, services
from bloom.kernel import clock
from bloom.kernel.api import ApiView, body_read


class Uploads(ApiView):
    scopes = {"POST": "files:write"}
    # Its answer is a key for some minutes: it is not kept for a day.
    idempotent = False

    @extend_schema(
        operation_id="upload_ask",
        request=serializers.UploadAskSerializer,
        responses={201: serializers.UploadFormSerializer},
    )
    def post(self, request: Request) -> Response:
        """A form by which one file can be sent, once, for 15 minutes. Then: `complete`."""
        given = body_read(serializers.UploadAskSerializer, request)
        asked = services.upload_ask(
            self.actor,
            name=given["name"],
            content_type=given["content_type"],
            size=given["size"],
            at=clock.now(),
        )
        form = {
            "id": str(asked.upload.id),
            "url": request.build_absolute_uri(asked.form.url),
            "fields": dict(asked.form.fields),
            "expires_at": clock.to_wire(asked.form.expires_at),
        }
        return Response(form, status=status.HTTP_201_CREATED)


class OneUpload(ApiView):
    scopes = {"GET": "files:read", "DELETE": "files:write"}

    @extend_schema(operation_id="upload", responses=serializers.UploadSerializer)
    def get(self, request: Request, upload_id: UUID) -> Response:
        """How far one's upload has come. One that is in use is none any more."""
        return Response(serializers.upload_wire(selectors.upload_get(self.actor, upload_id)))

    @extend_schema(operation_id="upload_drop", responses={204: None})
    def delete(self, request: Request, upload_id: UUID) -> Response:
        """Do not send it after all."""
        services.upload_drop(self.actor, upload_id, at=clock.now())
        return Response(status=204)


class UploadComplete(ApiView):
    scopes = {"POST": "files:write"}

    @extend_schema(operation_id="upload_complete", request=None, responses=serializers.UploadSerializer)
    def post(self, request: Request, upload_id: UUID) -> Response:
        """The file was sent. It is being checked now; ask again until its status is `ready` or `refused`."""
        return Response(
            serializers.upload_wire(services.upload_complete(self.actor, upload_id, at=clock.now()))
        )
