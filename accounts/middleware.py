"""Gives every request its actor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import devices, requests, selectors, services, sessions
from accounts.types import SessionOver, Standing
from bloom.kernel import clock
from bloom.kernel.actor import Actor

_OVER = {
    SessionOver.IDLE: _("You were signed out, because nobody was here for a while. What was sent is safe."),
    SessionOver.OLD: _("It has been a while since you signed in. Please show once more that it is you."),
}


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Somebody whose session opens one thing only: the second factor that it lacks, or the way back into an
    account that is about to be closed.
    """

    user: Any
    actor: Actor
    standing: Standing

    @property
    def mark(self) -> str:
        """What marks the pages that are there for them."""
        return "for_closing" if self.standing is Standing.CLOSING else "for_awaiting"


class ActorMiddleware:
    """Sets `request.actor`: the person of the session, as they stand now, or nobody.

    Stands behind authentication and request ids. A REST call with a Bearer token replaces it
    (accounts.authentication). What is answered to a person is kept by no cache, and when they sign out, what
    pages have kept on their device (drafts, unsent messages) goes, too.

    A session that lacks the second factor that its person's role needs is nobody's, `request.user` included.
    Only pages that are marked for it (accounts.factors.for_awaiting) see who it is: there a factor is shown
    or added. Where nobody would be sent to sign in, this person is sent there. So it is, with other pages,
    for somebody who is closing their account (for_closing).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.awaiting = None
        request.actor = session_actor(request)
        was_signed_in = request.actor.is_authenticated
        response = self.get_response(request)
        devices.cookie_set(request, response)
        if request.actor.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        if request.awaiting is not None:
            response = _to_their_page(request, response)
        if was_signed_in and not request.user.is_authenticated:
            response.headers["Clear-Site-Data"] = '"storage"'
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        over = getattr(request, "timed_out", None)
        if over is not None and not request.path.startswith("/api/"):
            messages.info(request, _OVER[over])
        if request.awaiting is None:
            return None
        if getattr(view, request.awaiting.mark, False):
            request.user, request.actor = request.awaiting.user, request.awaiting.actor
        elif request.method == "GET" and request.path == resolve_url(settings.LOGIN_URL):
            return HttpResponseRedirect(_their_address(request, request.GET.get("next", "")))
        return None


def session_actor(request: Any) -> Actor:
    """Who asks, by the session of this request."""
    if request.user.is_authenticated:
        session_id = sessions.session_id(request.session.session_key)
        authority = selectors.authority_of_session(session_id)
        if authority is not None:
            request.user.role_names = authority.roles
            actor = authority.actor(**requests.where(request))
            services.session_seen(actor, authority, at=clock.now())
            return actor
        held_back = selectors.authority_held_back(session_id)
        if held_back is not None:
            authority, standing = held_back
            request.awaiting = Awaiting(request.user, authority.actor(**requests.where(request)), standing)
        else:
            _expire(request, session_id)
        request.user = AnonymousUser()
    return Actor.anonymous(**requests.where(request))


def _expire(request: Any, session_id: str) -> None:
    """End a session whose time is over, and say so on the page that comes next."""
    nobody = Actor.anonymous(**requests.where(request))
    over = services.session_expire(nobody, session_id, at=clock.now())
    if over is not None:
        request.session.flush()
        request.timed_out = over


def _to_their_page(request: Any, response: HttpResponse) -> HttpResponse:
    """Who was sent to sign in goes to the one page that is theirs instead."""
    for header in ("Location", "HX-Redirect"):
        place = urlsplit(response.headers.get(header, ""))
        if place.path == resolve_url(settings.LOGIN_URL):
            back = parse_qs(place.query).get("next", [""])[0]
            response.headers[header] = _their_address(request, back)
    return response


def _their_address(request: Any, back: str) -> str:
    if request.awaiting.standing is Standing.CLOSING:
        return reverse("closing")
    return (
        f"{reverse('security_required')}?{urlencode({'next': back})}"
        if back
        else reverse("security_required")
    )
