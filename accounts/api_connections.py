"""REST: how care begins. A patient asks, a practice offers, a therapist hands on; who is asked answers."""

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services
from accounts import serializers_connections as serializers
from bloom.kernel import clock
from bloom.kernel.api import PAGING, ApiView, body_read
from bloom.kernel.errors import Invalid


class Connections(ApiView):
    scopes = {"GET": "assignments:read", "POST": "assignments:write"}
    refusals = {"POST": (404,)}

    @extend_schema(
        operation_id="connections",
        parameters=[
            OpenApiParameter("open", bool, description="Only those that wait, or only those that are over."),
            *PAGING,
        ],
        responses=serializers.ConnectionPage,
    )
    def get(self, request: Request) -> Response:
        """What was proposed, as far as one may see it; newest first."""
        raw = request.query_params.get("open")
        if raw not in {None, "true", "false"}:
            raise Invalid(errors={"open": [_("This must be true or false.")]})
        is_open = None if raw is None else raw == "true"
        page = selectors.proposal_list(self.actor, is_open=is_open, limit=self.limit, cursor=self.cursor)
        return self.page_answer(page, serializers.connection_wire)

    @extend_schema(
        operation_id="connection_ask",
        request=serializers.ConnectionAsk,
        responses={201: serializers.Connection},
    )
    def post(self, request: Request) -> Response:
        """Ask a therapist to take one into care; with `patient`, propose that patient to them."""
        given = body_read(serializers.ConnectionAsk, request)
        if given.get("patient") in {None, self.actor.user_id}:
            view = services.proposal_request(
                self.actor,
                given["therapist"],
                given["message"],
                practice_id=given.get("practice"),
                at=clock.now(),
            )
        else:
            view = services.proposal_offer(
                self.actor,
                given["patient"],
                given["therapist"],
                given.get("practice"),
                given["message"],
                at=clock.now(),
            )
        return Response(serializers.connection_wire(view), status=201)


class Connection(ApiView):
    scopes = {"GET": "assignments:read"}

    @extend_schema(operation_id="connection", responses=serializers.Connection)
    def get(self, request: Request, proposal_id: UUID) -> Response:
        """One proposal that one may see."""
        return Response(serializers.connection_wire(selectors.proposal_get(self.actor, proposal_id)))


class ConnectionAccept(ApiView):
    scopes = {"POST": "assignments:write"}

    @extend_schema(
        operation_id="connection_accept",
        request=serializers.ConnectionAnswer,
        responses=serializers.Connection,
    )
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Say yes. With the last yes care begins; `message` goes with it."""
        given = body_read(serializers.ConnectionAnswer, request)
        view = services.proposal_accept(self.actor, proposal_id, given["message"], at=clock.now())
        return Response(serializers.connection_wire(view))


class ConnectionDecline(ApiView):
    scopes = {"POST": "assignments:write"}

    @extend_schema(
        operation_id="connection_decline",
        request=serializers.ConnectionAnswer,
        responses=serializers.Connection,
    )
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Say no, with a message if one likes."""
        given = body_read(serializers.ConnectionAnswer, request)
        view = services.proposal_decline(self.actor, proposal_id, given["message"], at=clock.now())
        return Response(serializers.connection_wire(view))


class ConnectionWithdraw(ApiView):
    scopes = {"POST": "assignments:write"}

    @extend_schema(operation_id="connection_withdraw", request=None, responses=serializers.Connection)
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Take it back before it is answered."""
        view = services.proposal_withdraw(self.actor, proposal_id, at=clock.now())
        return Response(serializers.connection_wire(view))


class AssignmentTransfer(ApiView):
    scopes = {"POST": "assignments:write"}

    @extend_schema(
        operation_id="assignment_transfer",
        request=serializers.Transfer,
        responses={201: serializers.Connection},
    )
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """Propose that the patient goes on with another therapist. The patient is asked first."""
        given = body_read(serializers.Transfer, request)
        view = services.proposal_transfer(
            self.actor,
            assignment_id,
            given["therapist"],
            given["message"],
            practice_id=given.get("practice"),
            at=clock.now(),
        )
        return Response(serializers.connection_wire(view), status=201)
