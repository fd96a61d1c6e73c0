"""REST: when a therapist works, and what they offer."""

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from bloom.kernel import clock
from bloom.kernel.api import ApiView, body_read
from bloom.kernel.errors import Invalid
from scheduling import selectors, serializers, serializers_availability, services
from scheduling.types import ExceptionKind, Modes


class Availability(ApiView):
    scopes = {"GET": "scheduling:read", "PATCH": "scheduling:write"}

    @extend_schema(operation_id="availability", responses=serializers_availability.AvailabilitySerializer)
    def get(self, request: Request) -> Response:
        """A therapist's own week at the practice that they act for; `version` 0 before they told of one."""
        return Response(
            serializers_availability.availability_wire(selectors.availability_get(self.actor, at=clock.now()))
        )

    @extend_schema(
        operation_id="availability_set",
        request=serializers_availability.AvailabilityChangeSerializer,
        responses=serializers_availability.AvailabilitySerializer,
    )
    def patch(self, request: Request) -> Response:
        """The whole week and its rules. What is booked stands."""
        given = body_read(serializers_availability.AvailabilityChangeSerializer, request)
        told = services.availability_set(
            self.actor,
            time_zone=given["time_zone"],
            blocks=serializers_availability.blocks_read(given["week"]),
            rules=serializers_availability.rules_read(given),
            version=given["version"],
            at=clock.now(),
        )
        return Response(serializers_availability.availability_wire(told))


class Exceptions(ApiView):
    scopes = {"POST": "scheduling:write"}

    @extend_schema(
        operation_id="availability_exception_add",
        request=serializers_availability.ExceptionAddSerializer,
        responses={201: serializers_availability.ExceptionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Days off, or with extra hours. What is booked on them stands."""
        given = body_read(serializers_availability.ExceptionAddSerializer, request)
        added = services.exception_add(
            self.actor,
            kind=ExceptionKind(given["kind"]),
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            starts_minute=None
            if given["from"] is None
            else serializers_availability.minutes_read(given["from"]),
            ends_minute=None
            if given["until"] is None
            else serializers_availability.minutes_read(given["until"]),
            modes=Modes(given["modes"]),
            location_id=given["location"],
            at=clock.now(),
        )
        return Response(serializers_availability.exception_wire(added), status=status.HTTP_201_CREATED)


class DayApart(ApiView):
    scopes = {"DELETE": "scheduling:write"}
    refusals = {"DELETE": (409,)}

    @extend_schema(operation_id="availability_exception_remove", responses={204: None})
    def delete(self, request: Request, exception_id: UUID) -> Response:
        """These days are like others again."""
        services.exception_remove(self.actor, exception_id, at=clock.now())
        return Response(status=204)


class Services(ApiView):
    scopes = {"GET": "scheduling:read", "POST": "scheduling:write"}

    @extend_schema(
        operation_id="services",
        parameters=[
            OpenApiParameter("therapist", OpenApiTypes.UUID, description="Whose; one's own unless told.")
        ],
        responses=serializers.ServicePageSerializer,
    )
    def get(self, request: Request) -> Response:
        """What a therapist offers; of others, what one can book. All on one page."""
        raw = request.query_params.get("therapist")
        try:
            therapist_id = UUID(raw) if raw else self.actor.require_user()
        except ValueError:
            raise Invalid(errors={"therapist": [_("This is not an id.")]}) from None
        found = selectors.service_list(self.actor, therapist_id)
        return Response({"results": [serializers.service_wire(each) for each in found], "next": None})

    @extend_schema(
        operation_id="service_add",
        request=serializers.ServiceFactsSerializer,
        responses={201: serializers.ServiceSerializer},
    )
    def post(self, request: Request) -> Response:
        """Offer something at the practice that one acts for."""
        given = body_read(serializers.ServiceFactsSerializer, request)
        added = services.service_add(self.actor, serializers.facts_read(given), at=clock.now())
        return Response(serializers.service_wire(added), status=status.HTTP_201_CREATED)


class Service(ApiView):
    scopes = {"GET": "scheduling:read", "PATCH": "scheduling:write", "DELETE": "scheduling:write"}
    refusals = {"DELETE": (409,)}

    @extend_schema(operation_id="service", responses=serializers.ServiceSerializer)
    def get(self, request: Request, service_id: UUID) -> Response:
        """One service that one may see."""
        return Response(serializers.service_wire(selectors.service_get(self.actor, service_id)))

    @extend_schema(
        operation_id="service_change",
        request=serializers.ServiceChangeSerializer,
        responses=serializers.ServiceSerializer,
    )
    def patch(self, request: Request, service_id: UUID) -> Response:
        """All of it anew. What is booked stands as it was agreed."""
        given = body_read(serializers.ServiceChangeSerializer, request)
        changed = services.service_change(
            self.actor,
            service_id,
            serializers.facts_read(given),
            version=given["version"],
            at=clock.now(),
        )
        return Response(serializers.service_wire(changed))

    @extend_schema(operation_id="service_retire", responses={204: None})
    def delete(self, request: Request, service_id: UUID) -> Response:
        """Nobody books it any more; what is booked stands."""
        services.service_retire(self.actor, service_id, at=clock.now())
        return Response(status=204)
