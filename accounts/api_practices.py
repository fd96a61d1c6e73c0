"""REST: the practices in which one works. What stands below a practice answers for the one that the token or
session acts for.
"""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, serializers_practices, services
from accounts.types import LocationChange
from bloom.kernel import clock
from bloom.kernel.api import ApiView, body_read
from bloom.kernel.errors import Invalid
from bloom.kernel.pages import Page


class Practices(ApiView):
    scopes = {"GET": "practices:read"}

    @extend_schema(operation_id="practices", responses=serializers_practices.PracticePage)
    def get(self, request: Request) -> Response:
        """Where one works, longest first, and as what. All on one page."""
        page = Page(selectors.practices_own(self.actor), next=None)
        return self.page_answer(page, serializers_practices.practice_own_wire)


class Practice(ApiView):
    scopes = {"GET": "practices:read", "PATCH": "practices:write"}

    @extend_schema(operation_id="practice", responses=serializers_practices.PracticeOfOwn)
    def get(self, request: Request, practice_id: UUID) -> Response:
        """One practice in which one works."""
        view = selectors.practice_get(self.actor, practice_id)
        return Response(serializers_practices.practice_own_wire(view))

    @extend_schema(
        operation_id="practice_change",
        request=serializers_practices.PracticeChange,
        responses=serializers_practices.PracticeOfOwn,
    )
    def patch(self, request: Request, practice_id: UUID) -> Response:
        """Another name; for its owners."""
        given = body_read(serializers_practices.PracticeChange, request)
        selectors.practice_get(self.actor, practice_id)
        services.practice_rename(self.actor, practice_id, given["name"], at=clock.now())
        view = selectors.practice_get(self.actor, practice_id)
        return Response(serializers_practices.practice_own_wire(view))


class PracticeMembers(ApiView):
    scopes = {"GET": "practices:read"}

    @extend_schema(operation_id="practice_members", responses=serializers_practices.MemberPage)
    def get(self, request: Request, practice_id: UUID) -> Response:
        """Who works there, owners first. All on one page."""
        page = Page(selectors.member_list(self.actor, practice_id), next=None)
        return self.page_answer(page, serializers_practices.member_wire)


class PracticeLocations(ApiView):
    scopes = {"GET": "practices:read", "POST": "practices:write"}

    @extend_schema(operation_id="practice_locations", responses=serializers_practices.LocationPage)
    def get(self, request: Request, practice_id: UUID) -> Response:
        """Where the practice is, those that are retired last. All on one page."""
        page = Page(selectors.location_list(self.actor, practice_id), next=None)
        return self.page_answer(page, serializers_practices.location_wire)

    @extend_schema(
        operation_id="practice_location_add",
        request=serializers_practices.LocationNew,
        responses={201: serializers_practices.Location},
    )
    def post(self, request: Request, practice_id: UUID) -> Response:
        """Another location; for its owners."""
        given = body_read(serializers_practices.LocationNew, request)
        facts = LocationChange(**given)  # type: ignore[typeddict-item] # named as the facts are
        view = services.location_add(self.actor, practice_id, facts, at=clock.now())
        return Response(serializers_practices.location_wire(view), status=201)


class PracticeLocation(ApiView):
    scopes = {"GET": "practices:read", "PATCH": "practices:write"}

    @extend_schema(operation_id="practice_location", responses=serializers_practices.Location)
    def get(self, request: Request, practice_id: UUID, location_id: UUID) -> Response:
        """One location."""
        view = selectors.location_get(self.actor, practice_id, location_id)
        return Response(serializers_practices.location_wire(view))

    @extend_schema(
        operation_id="practice_location_change",
        request=serializers_practices.LocationEdit,
        responses=serializers_practices.Location,
    )
    def patch(self, request: Request, practice_id: UUID, location_id: UUID) -> Response:
        """Change what is given, or retire or reopen it; for its owners. Nothing is ever deleted."""
        given = body_read(serializers_practices.LocationEdit, request)
        retired = given.pop("retired", None)
        if retired is None:
            view = services.location_change(
                self.actor,
                practice_id,
                location_id,
                _change(given),
                version=given.get("version"),
                at=clock.now(),
            )
        elif given:
            raise Invalid(errors={"retired": [_("This comes alone.")]})
        else:
            change = services.location_retire if retired else services.location_reopen
            view = change(self.actor, practice_id, location_id, at=clock.now())
        return Response(serializers_practices.location_wire(view))


class PracticeBilling(ApiView):
    scopes = {"GET": "billing:read", "PATCH": "billing:write"}

    @extend_schema(operation_id="practice_billing", responses=serializers_practices.BillingIdentity)
    def get(self, request: Request, practice_id: UUID) -> Response:
        """Who the practice is to payers; for its owners and billers."""
        view = selectors.billing_get(self.actor, practice_id)
        return Response(serializers_practices.billing_wire(view))

    @extend_schema(
        operation_id="practice_billing_change",
        request=serializers_practices.BillingEdit,
        responses=serializers_practices.BillingIdentity,
    )
    def patch(self, request: Request, practice_id: UUID) -> Response:
        """Change what is given; for its owners, who have shown a second factor within the last 10 minutes.
        That is a session: who holds a token alone gets `fresh_factor_needed`.
        """
        given = body_read(serializers_practices.BillingEdit, request)
        view = services.billing_change(
            self.actor, practice_id, _change(given), version=given.get("version"), at=clock.now()
        )
        return Response(serializers_practices.billing_wire(view))


def _change(given: dict[str, Any]) -> Any:
    return {name: value for name, value in given.items() if name != "version"}
