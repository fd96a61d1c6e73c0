"""The address where clients without a cookie get a ticket for the socket."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from bloom.kernel import clock, limits
from bloom.kernel.api import ApiView
from bloom.realtime import tickets
from bloom.realtime.serializers import TicketSerializer

TICKETS_PER_MINUTE = 60


class TicketsView(ApiView):
    """Buy a ticket for the socket with the credential of this request."""

    scopes = {"POST": tickets.SCOPE}
    # A ticket is used once: a second answer with the same one would be worth nothing.
    idempotent = False

    @extend_schema(operation_id="realtime_ticket_create", request=None, responses={201: TicketSerializer})
    def post(self, request: Request) -> Response:
        """A single-use ticket, good for thirty seconds, bound to the person and the credential."""
        limits.limit_check(f"ticket:{self.actor.require_user()}", TICKETS_PER_MINUTE, 60)
        ticket = tickets.ticket_issue(self.actor, at=clock.now())
        answer = {"ticket": ticket.value, "expires_at": clock.to_wire(ticket.expires_at)}
        return Response(answer, status=status.HTTP_201_CREATED)
