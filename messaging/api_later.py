"""REST: messages that go later."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from bloom.kernel import clock
from bloom.kernel.api import ApiView, body_read
from messaging import selectors, serializers, serializers_later, services


class ConversationScheduled(ApiView):
    scopes = {"GET": "conversations:read", "POST": "conversations:write"}

    @extend_schema(operation_id="scheduled_messages", responses=serializers_later.ScheduledPageSerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """What one has planned here and has not gone, the next one first. All on one page."""
        found = selectors.scheduled_list(self.actor, conversation_id)
        return Response({"results": [serializers_later.scheduled_wire(each) for each in found], "next": None})

    @extend_schema(
        operation_id="scheduled_message_plan",
        request=serializers_later.ScheduledPlanSerializer,
        responses={200: serializers_later.ScheduledSerializer, 201: serializers_later.ScheduledSerializer},
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Have a message sent later, once for each `client_id`: a repeat gives the same again, with 200."""
        given = body_read(serializers_later.ScheduledPlanSerializer, request)
        planned = services.scheduled_plan(
            self.actor,
            conversation_id,
            given["client_id"],
            given["body"],
            given["send_at"],
            attachments=given.get("attachments", ()),
            at=clock.now(),
        )
        return Response(
            serializers_later.scheduled_wire(planned.scheduled),
            status=status.HTTP_201_CREATED if planned.created else status.HTTP_200_OK,
        )


class Scheduled(ApiView):
    refusals = {"DELETE": (409,)}
    scopes = {"GET": "conversations:read", "PATCH": "conversations:write", "DELETE": "conversations:write"}

    @extend_schema(operation_id="scheduled_message", responses=serializers_later.ScheduledSerializer)
    def get(self, request: Request, scheduled_id: UUID) -> Response:
        """One of one's own; for a month after it went, what it became."""
        return Response(serializers_later.scheduled_wire(selectors.scheduled_get(self.actor, scheduled_id)))

    @extend_schema(
        operation_id="scheduled_message_change",
        request=serializers_later.ScheduledChangeSerializer,
        responses=serializers_later.ScheduledSerializer,
    )
    def patch(self, request: Request, scheduled_id: UUID) -> Response:
        """Another text, another time, other files, until it goes. What could not go waits again."""
        given = body_read(serializers_later.ScheduledChangeSerializer, request)
        changed = services.scheduled_change(
            self.actor,
            scheduled_id,
            body=given.get("body"),
            due_at=given.get("send_at"),
            attachments=given.get("attachments"),
            at=clock.now(),
        )
        return Response(serializers_later.scheduled_wire(changed))

    @extend_schema(operation_id="scheduled_message_cancel", responses={204: None})
    def delete(self, request: Request, scheduled_id: UUID) -> Response:
        """Take it back before it goes."""
        services.scheduled_cancel(self.actor, scheduled_id, at=clock.now())
        return Response(status=204)


class ScheduledSend(ApiView):
    refusals = {"POST": (422,)}
    scopes = {"POST": "conversations:write"}

    @extend_schema(
        operation_id="scheduled_message_send",
        request=None,
        responses=serializers.MessageSerializer,
    )
    def post(self, request: Request, scheduled_id: UUID) -> Response:
        """Send it now. Once more gives the message that it became."""
        message = services.scheduled_send(self.actor, scheduled_id, at=clock.now())
        return Response(serializers.message_wire(message))
