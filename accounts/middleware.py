"""Gives every request its actor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse

from accounts import requests, selectors, sessions
from bloom.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Somebody whose session lacks the second factor that their role needs."""

    user: Any
    actor: Actor


class ActorMiddleware:
    """Sets `request.actor`: the person of the session, as they stand now, or nobody.

    Stands behind authentication and request ids. A REST call with a Bearer token replaces it
    (accounts.authentication). What is answered to a person is kept by no cache, and when they sign out, what
    pages have kept on their device (drafts, unsent messages) goes, too.

    A session that lacks the second factor that its person's role needs is nobody's, `request.user` included.
    Only pages that are marked for it (accounts.factors.for_awaiting) see who it is: there a factor is shown
    or added. Where nobody would be sent to sign in, this person is sent there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.awaiting = None
        request.actor = session_actor(request)
        was_signed_in = request.actor.is_authenticated
        response = self.get_response(request)
        if request.actor.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        if request.awaiting is not None:
            response = _to_factor(request, response)
        if was_signed_in and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"storage"'
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.awaiting is None:
            return None
        if getattr(view, "for_awaiting", False):
            request.user, request.actor = request.awaiting.user, request.awaiting.actor
        elif request.method == "GET" and request.path == resolve_url(settings.LOGIN_URL):
            return HttpResponseRedirect(_factor_address(request.GET.get("next", "")))
        return None


def session_actor(request: Any) -> Actor:
    """Who asks, by the session of this request."""
    if request.user.is_authenticated:
        session_id = sessions.session_id(request.session.session_key)
        authority = selectors.authority_of_session(session_id)
        if authority is not None:
            request.user.role_names = authority.roles
            return authority.actor(**requests.where(request))
        waiting = selectors.authority_awaiting(session_id)
        if waiting is not None:
            request.awaiting = Awaiting(request.user, waiting.actor(**requests.where(request)))
        request.user = AnonymousUser()
    return Actor.anonymous(**requests.where(request))


def _to_factor(request: Any, response: HttpResponse) -> HttpResponse:
    """Who was sent to sign in goes to show or add their factor instead."""
    for header in ("Location", "HX-Redirect"):
        place = urlsplit(response.headers.get(header, ""))
        if place.path == resolve_url(settings.LOGIN_URL):
            back = parse_qs(place.query).get("next", [""])[0]
            response.headers[header] = _factor_address(back)
    return response


def _factor_address(back: str) -> str:
    return (
        f"{reverse('security_required')}?{urlencode({'next': back})}"
        if back
        else reverse("security_required")
    )
