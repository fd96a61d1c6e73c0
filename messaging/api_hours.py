"""REST: when a practice reads messages, and when a therapist is away."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as accounts_selectors
from bloom.kernel import clock
from bloom.kernel.api import ApiView, body_read
from bloom.kernel.errors import NotAllowed
from messaging import selectors, serializers_hours, services


class PracticeHours(ApiView):
    refusals = {"PUT": (409,)}
    scopes = {"GET": "practices:read", "PUT": "practices:write"}

    @extend_schema(operation_id="practice_message_hours", responses=serializers_hours.HoursSerializer)
    def get(self, request: Request, practice_id: UUID) -> Response:
        """When the practice reads messages, for those who work there."""
        accounts_selectors.practice_get(self.actor, practice_id)
        accounts_selectors.practice_see_check(self.actor, practice_id)
        view = selectors.office_hours_get(self.actor, practice_id)
        return Response(serializers_hours.hours_wire(view))

    @extend_schema(
        operation_id="practice_message_hours_change",
        request=serializers_hours.HoursChangeSerializer,
        responses=serializers_hours.HoursSerializer,
    )
    def put(self, request: Request, practice_id: UUID) -> Response:
        """Other hours and words; for its owners."""
        given = body_read(serializers_hours.HoursChangeSerializer, request)
        accounts_selectors.practice_get(self.actor, practice_id)
        view = services.office_hours_change(
            self.actor,
            practice_id,
            serializers_hours.hours_read(given),
            given["text"],
            version=given["version"],
            at=clock.now(),
        )
        return Response(serializers_hours.hours_wire(view))


class Away(ApiView):
    scopes = {"GET": "conversations:read", "PUT": "conversations:write", "DELETE": "conversations:write"}

    @extend_schema(operation_id="away", responses=serializers_hours.AwaySerializer)
    def get(self, request: Request) -> Response:
        """From when to when one is away, now or soon; for therapists."""
        if not self.actor.has_role("therapist"):
            raise NotAllowed
        return Response(serializers_hours.away_wire(selectors.away_get(self.actor, at=clock.now())))

    @extend_schema(
        operation_id="away_set",
        request=serializers_hours.AwayChangeSerializer,
        responses=serializers_hours.AwaySerializer,
    )
    def put(self, request: Request) -> Response:
        """Be away on these days, both included, instead of what was set before."""
        given = body_read(serializers_hours.AwayChangeSerializer, request)
        given.setdefault("time_zone", accounts_selectors.profile_get(self.actor).time_zone)
        view = services.away_set(self.actor, **given, at=clock.now())
        return Response(serializers_hours.away_wire(view))

    @extend_schema(operation_id="away_end", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Be away no more."""
        services.away_end(self.actor, at=clock.now())
        return Response(status=204)
