"""Gives every request its actor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import devices, events, letters, requests, selectors, services, sessions
from accounts.types import SessionOver, Standing
from bloom.kernel import clock, problems
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from observability import logs

log = logs.get_logger(__name__)

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


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's, except that only the request that ends a session takes its cookie away.

    With each change of what somebody may do their session gets another key. What another tab had asked with
    the old one is answered a moment later; Django would then remove the cookie of the new one.
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        ended_here = request.session.is_empty() and request.session.modified
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and not cookie.value and not ended_here:
            del response.cookies[settings.SESSION_COOKIE_NAME]
        return response


class ActorMiddleware:
    """Sets `request.actor`: the person of the session, as they stand now, or nobody.

    Stands behind authentication and request ids. A REST call with a Bearer token replaces it
    (accounts.authentication). What is answered to a person is kept by no cache, and when they sign out, what
    pages have kept on their device (drafts, unsent messages, pictures) goes, too.

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
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
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


class LettersMiddleware:
    """Who is told something by a request gets the mail when it is done. What fails, or is cut, leaves with
    the sweep.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with services.letters_gathered() as waiting:
            response = self.get_response(request)
        if waiting:
            try:
                letters.letters_send(at=clock.now(), ids=waiting)
            except Exception:
                # What was asked is done and kept: its answer stands.
                log.exception("accounts.letters_failed")
        return response


class ElsewhereMiddleware:
    """A page about something of another practice of the person, to whom it would be theirs to see there, says
    so and offers the way, instead of being nowhere. To everybody else it stays nowhere.

    Stands behind PageProblemMiddleware, so that it is asked first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: Any, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, NotFound) or request.method not in {"GET", "HEAD"}:
            return None
        actor = problems.actor_of(request)
        if actor.session_id is None or request.path.startswith("/api/") or request.headers.get("HX-Request"):
            return None
        if exception.object_kind is None or exception.object_id is None:
            return None
        is_person = exception.object_kind == events.USER
        practice = (
            selectors.practice_of_person(actor, exception.object_id)
            if is_person
            else selectors.practice_of_row(actor, exception.object_kind, exception.object_id)
        )
        if practice is None:
            return None
        problems.refusal_record(actor, exception, problems.route_of(request))
        context = {"practice": practice, "row_is_there": not is_person, "person_is_there": is_person}
        return render(request, "accounts/practice_elsewhere.html", context, status=404)


def session_actor(request: Any) -> Actor:
    """Who asks, by the session of this request."""
    if request.user.is_authenticated:
        session_id = sessions.session_id(request.session.session_key)
        authority = selectors.authority_of_session(session_id)
        if authority is not None:
            request.user.role_names = authority.roles
            actor = authority.actor(**requests.where(request))
            if not requests.is_unattended(request):
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
