"""REST: one's own listing in the directory, and what a list of people is narrowed by."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, serializers_listings, services
from accounts.types import SEARCH_LENGTH, TERMS, DirectoryAsk, ListingOwn, RoleName, TermKind
from bloom.kernel import clock
from bloom.kernel.api import ApiView, body_read
from bloom.kernel.errors import Invalid, NotAllowed, NotFound

ASK_PARAMETERS = [
    *(
        OpenApiParameter(
            kind.value,
            str,
            many=True,
            enum=list(TERMS[kind]),
            description="Verified therapists with any of these; may be repeated.",
        )
        for kind in TermKind
    ),
    OpenApiParameter("accepts_new", bool, description="Only verified therapists who take new patients."),
    OpenApiParameter(
        "q", str, description="Words in a verified therapist's name, headline, approach, specialties."
    ),
]


def ask_read(query: Any) -> DirectoryAsk:
    """The therapists whom a client looks for. Raises Invalid for what nobody can be found by."""
    chosen: dict[TermKind, tuple[str, ...]] = {}
    for kind in TermKind:
        codes = tuple(dict.fromkeys(query.getlist(kind.value)))
        if any(code not in TERMS[kind] for code in codes):
            raise Invalid(errors={kind.value: [_("Please choose from the list.")]})
        if codes:
            chosen[kind] = codes
    accepts = query.get("accepts_new")
    if accepts not in {None, "true", "false"}:
        raise Invalid(errors={"accepts_new": [_("This must be true or false.")]})
    text = query.get("q", "").strip()
    if "\x00" in text or len(text) > SEARCH_LENGTH:
        raise Invalid(
            errors={"q": [_("Please use at most %(count)s characters.") % {"count": SEARCH_LENGTH}]}
        )
    return DirectoryAsk(text=text, terms=chosen, accepts_new=accepts == "true")


class MyListing(ApiView):
    scopes = {"GET": "profile:read", "PATCH": "profile:write"}
    refusals = {"GET": (404,)}

    @extend_schema(operation_id="my_listing", responses=serializers_listings.ListingOfOwn)
    def get(self, request: Request) -> Response:
        """A therapist's own listing; 404 before there is one."""
        own = selectors.listing_own(self.actor) if self.actor.has_role(RoleName.THERAPIST) else None
        if own is None:
            raise NotFound
        return Response(serializers_listings.listing_own_wire(own))

    @extend_schema(
        operation_id="my_listing_change",
        request=serializers_listings.ListingEdit,
        responses=serializers_listings.ListingOfOwn,
    )
    def patch(self, request: Request) -> Response:
        """Change what is given. When NPI or licences change, it is checked again before patients find it."""
        if not self.actor.has_role(RoleName.THERAPIST):
            raise NotAllowed
        given = body_read(serializers_listings.ListingEdit, request)
        own: ListingOwn = services.listing_change(
            self.actor, serializers_listings.listing_change(given), at=clock.now()
        )
        if "hidden" in given:
            own = services.listing_hide(self.actor, hidden=given["hidden"], at=clock.now())
        return Response(serializers_listings.listing_own_wire(own))


class MyListingSubmit(ApiView):
    scopes = {"POST": "profile:write"}

    @extend_schema(
        operation_id="my_listing_submit", request=None, responses=serializers_listings.ListingOfOwn
    )
    def post(self, request: Request) -> Response:
        """Send one's listing to be checked."""
        own = services.listing_submit(self.actor, at=clock.now())
        return Response(serializers_listings.listing_own_wire(own))
