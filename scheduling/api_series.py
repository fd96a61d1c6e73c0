"""Appointments that come again, by REST."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bloom.kernel import clock, fees
from bloom.kernel.api import ApiView, body_read
from bloom.kernel.errors import NotFound
from scheduling import selectors, services
from scheduling import serializers_series as serializers
from scheduling.types import Scope


class AppointmentRepeat(ApiView):
    scopes = {"POST": "scheduling:write"}

    @extend_schema(
        operation_id="appointment_repeat",
        request=serializers.RepeatSerializer,
        responses={201: serializers.SeriesSerializer},
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Let a confirmed appointment come again; for its therapist, or for the practice's desk. Where
        something stands against a time the answer lists it (`series_conflicts`), and `choices` say what
        becomes of each.
        """
        given = body_read(serializers.RepeatSerializer, request)
        made = services.series_make(
            self.actor,
            appointment_id,
            serializers.rule_read(given),
            serializers.choices_read(given),
            at=clock.now(),
        )
        return Response(serializers.series_wire(made), status=201)


class AppointmentSeries(ApiView):
    scopes = {"GET": "scheduling:read"}

    @extend_schema(operation_id="appointment_series", responses=serializers.SeriesSerializer)
    def get(self, request: Request, appointment_id: UUID) -> Response:
        """The series of an appointment, with what is to come of it."""
        found = selectors.series_of_appointment(self.actor, appointment_id, at=clock.now())
        if found is None:
            raise NotFound
        return Response(serializers.series_wire(found))


class SeriesMove(ApiView):
    scopes = {"POST": "scheduling:write"}

    @extend_schema(
        operation_id="series_move",
        request=serializers.SeriesMoveSerializer,
        responses=serializers.SeriesSerializer,
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Have this appointment at another time, and others of its series likewise; for its therapist."""
        given = body_read(serializers.SeriesMoveSerializer, request)
        moved = services.series_move(
            self.actor,
            appointment_id,
            starts_at=given["starts_at"],
            scope=Scope(given["scope"]),
            choices=serializers.choices_read(given),
            at=clock.now(),
        )
        return Response(serializers.series_wire(moved))


class SeriesEnd(ApiView):
    scopes = {"POST": "scheduling:write"}

    @extend_schema(
        operation_id="series_end",
        request=serializers.SeriesEndSerializer,
        responses=serializers.SeriesEndedSerializer,
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Call off this appointment and those after it, or all that are to come; nothing comes again. What
        that costs its patient they say that they were shown (`late_fee_unseen`).
        """
        given = body_read(serializers.SeriesEndSerializer, request)
        ended = services.series_end(
            self.actor,
            appointment_id,
            Scope(given["scope"]),
            fees_seen=fees.of_wire(given["fees_seen"]),
            at=clock.now(),
        )
        return Response({"cancelled": ended})
