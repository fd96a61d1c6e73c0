"""REST: copies of a conversation, for its members."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as accounts_selectors
from accounts import services as accounts
from accounts.types import ExportView
from bloom.kernel import clock
from bloom.kernel.api import ApiView, body_read
from bloom.kernel.errors import NotFound
from bloom.kernel.streams import stream_answer
from messaging import serializers_copies

_TOPIC = "conversation"


def _wire(request: Request, conversation_id: UUID, view: ExportView) -> dict[str, Any]:
    link = reverse("api_conversation_copy_file", args=[conversation_id, view.id])
    return serializers_copies.copy_wire(view, request.build_absolute_uri(link))


class ConversationCopies(ApiView):
    scopes = {"GET": "conversations:read", "POST": "conversations:read"}

    @extend_schema(operation_id="conversation_copy", responses=serializers_copies.LatestCopySerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """The copy of this conversation that one asked for last, and how far it is."""
        view = accounts_selectors.copy_latest(self.actor, _TOPIC, conversation_id)
        return Response({"copy": _wire(request, conversation_id, view) if view else None})

    @extend_schema(
        operation_id="conversation_copy_ask",
        request=serializers_copies.CopyAskSerializer,
        responses={202: serializers_copies.CopySerializer},
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Have a copy made of all messages as one sees them: within a minute or so, kept for two days.
        Asks for a fresh second factor, which no token shows for a person who has one.
        """
        given = body_read(serializers_copies.CopyAskSerializer, request)
        view = accounts.copy_ask(self.actor, _TOPIC, conversation_id, given["format"], at=clock.now())
        return Response(_wire(request, conversation_id, view), status=status.HTTP_202_ACCEPTED)


class ConversationCopyFile(ApiView):
    scopes = {"GET": "conversations:read"}

    @extend_schema(
        operation_id="conversation_copy_fetch",
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "application/pdf"): OpenApiTypes.BINARY,
        },
    )
    def get(self, request: Request, conversation_id: UUID, copy_id: UUID) -> HttpResponseBase:
        """The copy itself, for whoever asked for it and still sees the conversation; on record."""
        latest = accounts_selectors.copy_latest(self.actor, _TOPIC, conversation_id)
        if latest is None or latest.id != copy_id:
            raise NotFound
        at = clock.now()
        pieces = accounts.export_fetch(self.actor, copy_id, at=at)
        name, content_type = accounts_selectors.export_file(self.actor, copy_id)
        return stream_answer(
            request._request, pieces, name=name % f"{at:%Y-%m-%d}", content_type=content_type
        )
