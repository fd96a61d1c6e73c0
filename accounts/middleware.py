"""Gives every request its actor."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts import requests, selectors, sessions
from bloom.kernel.actor import Actor


class ActorMiddleware:
    """Sets `request.actor`: the person of the session, as they stand now, or nobody.

    Stands behind authentication and request ids. A REST call with a Bearer token replaces it
    (accounts.authentication). What is answered to a person is kept by no cache, and when they sign out, what
    pages have kept on their device (drafts, unsent messages) goes, too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.actor = session_actor(request)
        was_signed_in = request.actor.is_authenticated
        response = self.get_response(request)
        if request.actor.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        if was_signed_in and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"storage"'
        return response


def session_actor(request: Any) -> Actor:
    """Who asks, by the session of this request."""
    if request.user.is_authenticated:
        session_id = sessions.session_id(request.session.session_key)
        authority = selectors.authority_of_session(session_id)
        if authority is not None:
            request.user.role_names = authority.roles
            return authority.actor(**requests.where(request))
    return Actor.anonymous(**requests.where(request))
