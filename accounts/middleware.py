"""Gives every request its actor."""

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from accounts import selectors, sessions
from bloom.kernel.actor import Actor, Via

DEVICE_LENGTH = 200


class ActorMiddleware:
    """Sets `request.actor`: the person of the session, as they stand now, or nobody.

    Stands after authentication and request ids. REST views with a Bearer token replace it
    (accounts.authentication).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = actor_of(request)  # type: ignore[attr-defined]  # the house's own attribute
        return self.get_response(request)


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, by the session of this request."""
    where = {"via": via_of(request), "request_id": request_id_of(request), "ip": ip_of(request), "device": device_of(request)}
    key = request.session.session_key if request.user.is_authenticated else None
    authority = selectors.authority_of_session(sessions.session_id(key)) if key else None
    if authority is None:
        return Actor.anonymous(**where)
    request.user.role_names = authority.roles
    return authority.actor(**where)
