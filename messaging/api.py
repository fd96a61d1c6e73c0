"""REST: conversations, their messages, and what is read and revealed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from bloom.files.types import FETCH_LASTS
from bloom.kernel import clock
from bloom.kernel.actor import Actor
from bloom.kernel.api import PAGING, ApiView, body_read, parse_int, parse_moment
from bloom.kernel.errors import Invalid
from messaging import selectors, serializers, services
from messaging.forms import name_clean
from messaging.types import ConversationView, Shelf

_SEQ = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
# After it comes no message.
_BEYOND = 2**31 - 1


def _shelf(archived: str | None) -> Shelf | None:
    """Raises Invalid for anything but true and false."""
    if archived is None:
        return None
    if archived not in {"true", "false"}:
        raise Invalid(errors={"archived": [gettext("Say true or false.")]})
    return Shelf.ARCHIVE if archived == "true" else Shelf.INBOX


def _conversation_wire(actor: Actor, conversation: ConversationView) -> dict[str, Any]:
    away = selectors.away_notices(actor, [conversation], at=clock.now())
    return serializers.conversation_wire(conversation, away[conversation.id])


class Conversations(ApiView):
    scopes = {"GET": "conversations:read", "POST": "conversations:write"}
    refusals = {"POST": (404,)}

    @extend_schema(
        operation_id="conversations",
        parameters=[
            *PAGING,
            OpenApiParameter("archived", bool, description="Only those that one has archived, or has not."),
            OpenApiParameter("name", str, description="Only those with somebody whose name holds it."),
        ],
        responses=serializers.ConversationPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """One's conversations, the one with the newest message first."""
        page = selectors.conversation_list(
            self.actor,
            shelf=_shelf(request.query_params.get("archived")),
            name=name_clean(request.query_params.get("name", "")),
            limit=self.limit,
            cursor=self.cursor,
        )
        away = selectors.away_notices(self.actor, page.items, at=clock.now())
        return self.page_answer(page, lambda each: serializers.conversation_wire(each, away[each.id]))

    @extend_schema(
        operation_id="conversation_open",
        request=serializers.ConversationOpenSerializer,
        responses={
            200: serializers.ConversationSerializer,
            201: serializers.ConversationSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """The conversation with somebody in one's care, or who cares for one; 200 when it was there."""
        given = body_read(serializers.ConversationOpenSerializer, request)
        opened = services.conversation_open(self.actor, given["person"], at=clock.now())
        return Response(
            _conversation_wire(self.actor, opened.conversation),
            status=status.HTTP_201_CREATED if opened.created else status.HTTP_200_OK,
        )


class Conversation(ApiView):
    scopes = {"GET": "conversations:read", "PATCH": "conversations:write"}

    @extend_schema(operation_id="conversation", responses=serializers.ConversationSerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """One conversation that one takes part in."""
        conversation = selectors.conversation_get(self.actor, conversation_id)
        return Response(_conversation_wire(self.actor, conversation))

    @extend_schema(
        operation_id="conversation_arrange",
        request=serializers.ConversationArrangeSerializer,
        responses=serializers.ConversationSerializer,
    )
    def patch(self, request: Request, conversation_id: UUID) -> Response:
        """Archive or mute it, or undo that, for oneself alone. What is not named stays."""
        given = body_read(serializers.ConversationArrangeSerializer, request)
        conversation = services.conversation_arrange(
            self.actor,
            conversation_id,
            archived=given.get("archived"),
            muted=given.get("muted"),
            at=clock.now(),
        )
        return Response(_conversation_wire(self.actor, conversation))


class ConversationRead(ApiView):
    scopes = {"POST": "conversations:write"}

    @extend_schema(
        operation_id="conversation_read",
        request=serializers.ReadSerializer,
        responses=serializers.ReadMarkSerializer,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Everything up to `seq` was read. Never goes back."""
        given = body_read(serializers.ReadSerializer, request)
        mark = services.conversation_read(self.actor, conversation_id, given["seq"], at=clock.now())
        return Response({"read_seq": mark.read_seq, "unread": mark.unread})


class ConversationMessages(ApiView):
    scopes = {"GET": "conversations:read", "POST": "conversations:write"}
    refusals = {"POST": (422,)}

    @extend_schema(
        operation_id="messages",
        parameters=[
            OpenApiParameter("after_seq", _SEQ, description="Only those after this number."),
            OpenApiParameter("before_seq", _SEQ, description="Only those before it. Neither: the newest."),
            OpenApiParameter("at", datetime, description="From the first one sent at that moment or later."),
            PAGING[0],
        ],
        responses=serializers.MessagePageSerializer,
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """Messages, ascending by `seq`. `next` goes on in the direction that was asked for."""
        after_seq, before_seq = (self._seq(name) for name in ("after_seq", "before_seq"))
        at = request.query_params.get("at")
        if at is not None:
            if after_seq is not None or before_seq is not None:
                raise Invalid(errors={"at": [gettext("Give either a number or a moment, not both.")]})
            seq = selectors.message_seq_at(self.actor, conversation_id, parse_moment(at, "at"))
            after_seq = _BEYOND if seq is None else seq - 1
        page = selectors.message_list(
            self.actor, conversation_id, after_seq=after_seq, before_seq=before_seq, limit=self.limit
        )
        following = None
        if page.next is not None:
            query = request.query_params.copy()
            query.pop("at", None)
            query["before_seq" if after_seq is None else "after_seq"] = page.next
            following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        results = [serializers.message_wire(message) for message in page.items]
        return Response({"results": results, "next": following})

    @extend_schema(
        operation_id="message_send",
        request=serializers.MessageSendSerializer,
        responses={
            200: serializers.MessageSerializer,
            201: serializers.MessageSerializer,
        },
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Send a message, once for each `client_id`: a repeat gives the same message again, with 200."""
        given = body_read(serializers.MessageSendSerializer, request)
        sent = services.message_send(
            self.actor,
            conversation_id,
            given["client_id"],
            given["body"],
            attachments=given.get("attachments", ()),
            at=clock.now(),
        )
        return Response(
            serializers.message_wire(sent.message),
            status=status.HTTP_201_CREATED if sent.created else status.HTTP_200_OK,
        )

    def _seq(self, name: str) -> int | None:
        raw = self.request.query_params.get(name)
        return None if raw is None else parse_int(raw, name, least=0)


class Message(ApiView):
    scopes = {"PATCH": "conversations:write", "DELETE": "conversations:write"}
    refusals = {"PATCH": (422,), "DELETE": (409,)}

    @extend_schema(
        operation_id="message_edit",
        request=serializers.MessageEditSerializer,
        responses=serializers.MessageSerializer,
    )
    def patch(self, request: Request, message_id: UUID) -> Response:
        """Give one's own message another text, for a while after it was sent. It is judged like a new one."""
        given = body_read(serializers.MessageEditSerializer, request)
        message = services.message_edit(self.actor, message_id, given["body"], at=clock.now())
        return Response(serializers.message_wire(message))

    @extend_schema(operation_id="message_delete", responses={200: serializers.MessageSerializer})
    def delete(self, request: Request, message_id: UUID) -> Response:
        """Take one's own message back. It stays, without its words, as the marker that it was there."""
        message = services.message_delete(self.actor, message_id, at=clock.now())
        return Response(serializers.message_wire(message))


class MessageHistory(ApiView):
    scopes = {"GET": "conversations:read"}

    @extend_schema(operation_id="message_history", responses=serializers.MessageHistorySerializer)
    def get(self, request: Request, message_id: UUID) -> Response:
        """All that a message said, oldest first: for whoever wrote it and for the conversation's therapists.
        That a therapist looked is recorded.
        """
        history = services.message_history_open(self.actor, message_id, at=clock.now())
        return Response(
            {"results": [serializers.version_wire(each) for each in history.versions], "next": None}
        )


class MessageReactions(ApiView):
    scopes = {"POST": "conversations:write"}

    @extend_schema(
        operation_id="reaction_toggle",
        request=serializers.ReactionToggleSerializer,
        responses=serializers.ReactionsSerializer,
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        """Have one's reaction under a message, or not: any Unicode emoji, each once."""
        given = body_read(serializers.ReactionToggleSerializer, request)
        message = services.reaction_toggle(
            self.actor, message_id, given["emoji"], given["on"], at=clock.now()
        )
        return Response(
            {
                "reactions": serializers.reactions_wire(message),
                "message": str(message.id),
                "change": message.change,
            }
        )


class MessageReveal(ApiView):
    scopes = {"POST": "conversations:write"}

    @extend_schema(operation_id="message_reveal", request=None, responses=serializers.MessageSerializer)
    def post(self, request: Request, message_id: UUID) -> Response:
        """See a message that was hidden from one. It is recorded that one did."""
        message = services.message_reveal(self.actor, message_id, at=clock.now())
        return Response(serializers.message_wire(message))


class Attachment(ApiView):
    scopes = {"GET": "files:read"}

    @extend_schema(operation_id="attachment", responses=serializers.FetchSerializer)
    def get(self, request: Request, attachment_id: UUID) -> Response:
        """Where a message's file can be fetched, for a minute. It is recorded that one asked."""
        at = clock.now()
        link = services.attachment_fetch(self.actor, attachment_id, at=at)
        return Response(
            {"url": request.build_absolute_uri(link), "expires_at": clock.to_wire(at + FETCH_LASTS)}
        )
