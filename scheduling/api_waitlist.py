"""REST: waiting for a time."""

from uuid import UUID

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as accounts_selectors
from bloom.kernel import clock
from bloom.kernel.api import ApiView, body_read
from bloom.kernel.errors import Invalid
from scheduling import selectors, serializers, services
from scheduling import serializers_waitlist as shapes
from scheduling.types import Mode


def _of_practice(of: str) -> bool:
    if of not in {"mine", "practice"}:
        raise Invalid(errors={"of": [gettext("Say mine or practice.")]})
    return of == "practice"


class Waitlist(ApiView):
    scopes = {"GET": "scheduling:read", "POST": "scheduling:write"}

    @extend_schema(
        operation_id="waitlist",
        parameters=[
            OpenApiParameter(
                "of", str, enum=["mine", "practice"], description="Where you wait, or who waits there."
            )
        ],
        responses=shapes.EntryPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Where one waits; or (`of=practice`) who waits for the therapists whose schedules one sees. All on
        one page. Raises Invalid for anything else.
        """
        of_practice = _of_practice(request.query_params.get("of", "mine"))
        found = selectors.waitlist_line(self.actor) if of_practice else selectors.waitlist_own(self.actor)
        return Response({"results": [shapes.entry_wire(each) for each in found], "next": None})

    @extend_schema(
        operation_id="waitlist_join", request=shapes.JoinSerializer, responses={201: shapes.EntrySerializer}
    )
    def post(self, request: Request) -> Response:
        """Wait for a time of a service, or of whoever fits."""
        given = body_read(shapes.JoinSerializer, request)
        person_id = self.actor.require_user()
        own = accounts_selectors.person_refs(self.actor, [person_id])[person_id]
        joined = services.waitlist_join(
            self.actor,
            wishes=shapes.wishes_of(given, own.time_zone),
            service_id=given["service"],
            terms=shapes.terms_of(given),
            at=clock.now(),
        )
        return Response(shapes.entry_wire(joined), status=status.HTTP_201_CREATED)


class WaitlistEntry(ApiView):
    scopes = {"GET": "scheduling:read", "DELETE": "scheduling:write"}

    @extend_schema(operation_id="waitlist_entry", responses=shapes.EntrySerializer)
    def get(self, request: Request, entry_id: UUID) -> Response:
        """One place in a line."""
        return Response(shapes.entry_wire(selectors.waitlist_get(self.actor, entry_id)))

    @extend_schema(operation_id="waitlist_leave", responses={204: None})
    def delete(self, request: Request, entry_id: UUID) -> Response:
        """Wait no more; for whose place it is."""
        services.waitlist_leave(self.actor, entry_id, at=clock.now())
        return Response(status=204)


class WaitlistResume(ApiView):
    scopes = {"POST": "scheduling:write"}

    @extend_schema(operation_id="waitlist_resume", request=None, responses=shapes.EntrySerializer)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Still waiting, after offers went unanswered; at the place that one had."""
        return Response(shapes.entry_wire(services.waitlist_resume(self.actor, entry_id, at=clock.now())))


class OfferAccept(ApiView):
    scopes = {"POST": "scheduling:write"}

    @extend_schema(
        operation_id="waitlist_offer_accept",
        request=shapes.AcceptSerializer,
        responses={200: serializers.AppointmentSerializer, 201: serializers.AppointmentSerializer},
    )
    def post(self, request: Request, offer_id: UUID) -> Response:
        """Make an appointment of what one is offered, once: a repeat gives it again, with 200."""
        given = body_read(shapes.AcceptSerializer, request)
        mode = Mode(given["mode"]) if given["mode"] else None
        booked = services.offer_accept(self.actor, offer_id, terms=given["terms"], mode=mode, at=clock.now())
        return Response(
            serializers.appointment_wire(booked.appointment),
            status=status.HTTP_201_CREATED if booked.is_new else status.HTTP_200_OK,
        )


class OfferDecline(ApiView):
    scopes = {"POST": "scheduling:write"}

    @extend_schema(operation_id="waitlist_offer_decline", request=None, responses={204: None})
    def post(self, request: Request, offer_id: UUID) -> Response:
        """Not this time; one keeps one’s place for another."""
        services.offer_decline(self.actor, offer_id, at=clock.now())
        return Response(status=204)
