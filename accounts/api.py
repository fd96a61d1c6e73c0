"""REST: oneself, the directory, and who cares for whom."""

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import api_listings, selectors, serializers, services
from accounts.types import RoleName
from bloom.kernel import clock, fees
from bloom.kernel.api import PAGING, ApiView, body_read
from bloom.kernel.errors import Invalid


class Me(ApiView):
    scopes = {"GET": "profile:read", "PATCH": "profile:write"}

    @extend_schema(operation_id="me", responses=serializers.Profile)
    def get(self, request: Request) -> Response:
        """The person whose token or session this is."""
        return Response(serializers.profile_wire(selectors.profile_get(self.actor)))

    @extend_schema(operation_id="me_change", request=serializers.ProfileChange, responses=serializers.Profile)
    def patch(self, request: Request) -> Response:
        """Change what is given of one's own names, pronouns, time zone and language."""
        change = body_read(serializers.ProfileChange, request)
        profile = services.profile_change(self.actor, **change, at=clock.now())
        return Response(serializers.profile_wire(profile))


class People(ApiView):
    scopes = {"GET": "people:read"}

    @extend_schema(
        operation_id="people",
        parameters=[
            OpenApiParameter(
                "role", str, enum=[role.value for role in RoleName], description="Only those who are this."
            ),
            OpenApiParameter("name", str, description="A part of the name."),
            *api_listings.ASK_PARAMETERS,
            *PAGING,
        ],
        responses=serializers.PeoplePage,
    )
    def get(self, request: Request) -> Response:
        """The people whom one may find: verified therapists, one's colleagues, patients and therapists."""
        role = request.query_params.get("role")
        if role is not None and role not in set(RoleName):
            raise Invalid(errors={"role": [_("This is not a role.")]})
        name = request.query_params.get("name", "")
        if "\x00" in name:
            raise Invalid(errors={"name": [_("This text holds a character that no name has.")]})
        page = selectors.people_list(
            self.actor,
            role=role,
            name=name,
            ask=api_listings.ask_read(request.query_params),
            limit=self.limit,
            cursor=self.cursor,
        )
        return self.page_answer(page, serializers.person_wire)


class Person(ApiView):
    scopes = {"GET": "people:read"}

    @extend_schema(operation_id="person", responses=serializers.Person)
    def get(self, request: Request, person_id: UUID) -> Response:
        """One person whom one may find."""
        return Response(serializers.person_wire(selectors.person_get(self.actor, person_id)))


class Assignments(ApiView):
    scopes = {"GET": "assignments:read", "POST": "assignments:write"}
    refusals = {"POST": (404,)}

    @extend_schema(
        operation_id="assignments",
        parameters=[
            OpenApiParameter(
                "active", bool, description="Only those that last, or only those that are over."
            ),
            *PAGING,
        ],
        responses=serializers.AssignmentPage,
    )
    def get(self, request: Request) -> Response:
        """Who is, and was, in whose care, as far as one may see; newest first."""
        active = _flag(request.query_params.get("active"), "active")
        page = selectors.assignment_list(self.actor, active=active, limit=self.limit, cursor=self.cursor)
        return self.page_answer(page, serializers.assignment_wire)

    @extend_schema(
        operation_id="assignment_start",
        request=serializers.AssignmentStart,
        responses={201: serializers.Assignment},
    )
    def post(self, request: Request) -> Response:
        """Bring a patient into a therapist's care. `practice` may be left out when the therapist has one."""
        given = body_read(serializers.AssignmentStart, request)
        assignment = services.assignment_start(
            self.actor,
            given["patient"],
            given["therapist"],
            given.get("practice"),
            given["reason"],
            at=clock.now(),
        )
        return Response(serializers.assignment_wire(assignment), status=201)


class AssignmentEnd(ApiView):
    scopes = {"POST": "assignments:write"}

    @extend_schema(
        operation_id="assignment_end",
        request=serializers.AssignmentEnd,
        responses=serializers.Assignment,
    )
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """End the care. What was written in it stays readable. What that costs its patient, who ends it, they
        say that they were shown (`late_fee_unseen`).
        """
        given = body_read(serializers.AssignmentEnd, request)
        assignment = services.assignment_end(
            self.actor,
            assignment_id,
            given["reason"],
            fees_seen=fees.of_wire(given["fees_seen"]),
            at=clock.now(),
        )
        return Response(serializers.assignment_wire(assignment))


def _flag(raw: str | None, field: str) -> bool | None:
    if raw is None:
        return None
    if raw not in {"true", "false"}:
        raise Invalid(errors={field: [_("This must be true or false.")]})
    return raw == "true"
