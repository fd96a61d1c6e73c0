"""Signing in with Google or Zoom, signing up with them, and connecting them in the settings."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.account.internal.flows.signup import complete_signup, prevent_enumeration
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import errors, factors, forms, providers, requests, selectors, services
from accounts.integrations.oauth import http
from accounts.models import User
from accounts.types import (
    ProviderAim,
    ProviderIdentity,
    ProviderName,
    ProviderRefusal,
    RoleName,
)
from bloom.kernel import clock, limits
from bloom.kernel.errors import NotFound

# How the page about it answers: to a person they are all the same, to whoever counts them not.
_STATUS = {
    ProviderRefusal.STATE: 400,
    ProviderRefusal.DENIED: 403,
    ProviderRefusal.UNBELIEVED: 403,
    ProviderRefusal.STALE: 403,
    ProviderRefusal.UNAVAILABLE: 503,
    ProviderRefusal.EMAIL_KNOWN: 409,
    ProviderRefusal.ELSEWHERE: 409,
    ProviderRefusal.OTHER_PERSON: 409,
    ProviderRefusal.HELD: 409,
}
View = Callable[..., Any]


def with_providers(view: View) -> View:
    """A page with buttons that lead to a provider: chromium asks form-action about the redirect, too."""
    policy: View = csp_update({"form-action": settings.PROVIDER_ORIGINS})(view)
    return policy


# Signing in -------------------------------------------------------------------------------------------------


@require_POST
def start(request: Any, provider: ProviderName) -> HttpResponse:
    """Send somebody to a provider to sign in, or up."""
    if request.actor.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return _sent(request, provider, ProviderAim.SIGN_IN, get_next_redirect_url(request))


@factors.for_awaiting
@never_cache
@require_GET
def callback(request: Any, provider: ProviderName) -> HttpResponse:
    """The provider's answer. Whatever it is, it belongs to a question that this browser was sent with."""
    _limit(request)
    if provider not in selectors.providers_configured():
        raise Http404
    state = http.state_take(request, provider, request.GET.get("state", ""))
    if state is None:
        return _refused(request, provider, ProviderRefusal.STATE)
    aim, back = ProviderAim(state["process"]), state.get("next") or ""
    if not _is_of(request, state["person"]):
        return _refused(request, provider, ProviderRefusal.OTHER_PERSON, aim)
    # RFC 9207: an answer that another provider sent here.
    if request.GET.get("iss", settings.VENDOR_URLS.get(f"{provider}_issuer")) != settings.VENDOR_URLS.get(
        f"{provider}_issuer"
    ):
        return _refused(request, provider, ProviderRefusal.UNBELIEVED, aim)
    if request.GET.get("error") == "access_denied":
        messages.info(request, _("Nothing was done: you came back without signing in there."))
        return redirect(_origin(aim, provider))
    if "error" in request.GET or "code" not in request.GET:
        return _refused(request, provider, ProviderRefusal.DENIED, aim)
    try:
        identity = http.identity_fetch(request, provider, request.GET["code"], state)
    except http.ProviderUnavailable:
        return _refused(request, provider, ProviderRefusal.UNAVAILABLE, aim)
    except http.ProviderStale:
        return _refused(request, provider, ProviderRefusal.STALE, aim)
    except http.ProviderUnbelieved:
        return _refused(request, provider, ProviderRefusal.UNBELIEVED, aim)
    return _ARRIVED[aim](request, identity, back)


def _sign_in(request: Any, identity: ProviderIdentity, back: str) -> HttpResponse:
    """Through the same doors as a password: second factor, closed accounts, the address's confirmation."""
    user = selectors.provider_holder(identity)
    if user is not None:
        services.provider_used(request.actor, identity, at=clock.now())
        record_authentication(request, user, "socialaccount", provider=str(identity.provider))
        return _response(perform_login(request, Login(user=user, redirect_url=back or None)))
    if identity.is_verified and selectors.address_is_taken(identity.email):
        # They have shown at the provider that the address is theirs, so they may know.
        return _refused(
            request, identity.provider, ProviderRefusal.EMAIL_KNOWN, ProviderAim.SIGN_IN, identity.email
        )
    providers.pending_put(request, identity, back)
    return redirect("provider_signup")


@never_cache
@require_http_methods(["GET", "POST"])
def signup(request: Any) -> HttpResponse:
    """What we still need to know of somebody who comes from a provider for the first time."""
    if request.actor.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    found = providers.pending_get(request)
    if found is None:
        return redirect("account_signup")
    identity, back, shown_at = found
    form = forms.ProviderSignupForm(request.POST or None, identity)
    if request.method == "POST" and form.is_valid():
        _limit(request)
        return _signed_up(request, identity, form.cleaned_data, back, shown_at)
    return render(request, "accounts/provider_signup.html", {"form": form, "identity": identity})


def _signed_up(
    request: Any, identity: ProviderIdentity, data: dict[str, Any], back: str, shown_at: float
) -> HttpResponse:
    providers.pending_drop(request)
    email = data["email"]
    try:
        if selectors.address_is_taken(email):
            raise errors.EmailTaken
        person_id = services.provider_sign_up(
            request.actor,
            identity,
            email=email,
            name=data["name"],
            role=RoleName(data["role"]),
            time_zone=data["time_zone"],
            locale=requests.locale_now(),
            at=clock.now(),
        )
    except errors.ProviderTaken:
        return _refused(request, identity.provider, ProviderRefusal.ELSEWHERE, ProviderAim.SIGN_IN)
    except errors.EmailTaken:
        if identity.is_vouched:
            return _refused(
                request, identity.provider, ProviderRefusal.EMAIL_KNOWN, ProviderAim.SIGN_IN, email
            )
        # Whoever only typed the address learns nothing: its owner is told by mail.
        return _response(prevent_enumeration(request, email=email))
    user = User.objects.get(id=person_id)
    if selectors.provider_holder(identity) is None:
        providers.linking_put(request, identity, person_id)
    # They have shown who they are at the provider, not by this form.
    record_authentication(request, user, "socialaccount", provider=str(identity.provider), at=shown_at)
    return _response(complete_signup(request, user=user, redirect_url=back or None))


# Showing that it is still you -------------------------------------------------------------------------------


@factors.for_awaiting
@never_cache
@require_http_methods(["GET", "POST"])
def again(request: Any, provider: ProviderName) -> HttpResponse:
    """For somebody who has neither password nor factor: the provider tells that it is still they."""
    request.actor.require_user()
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not any(way["url"] == request.path for way in ways):
        return redirect("account_reauthenticate")
    if request.method == "POST":
        return _sent(request, provider, ProviderAim.AGAIN, get_next_redirect_url(request))
    context = {"provider": provider, "next": get_next_redirect_url(request) or "", "ways": ways}
    return render(request, "accounts/provider_again.html", context)


def _confirmed(request: Any, identity: ProviderIdentity, back: str) -> HttpResponse:
    if not services.provider_confirmed(request.actor, identity, at=clock.now()):
        return _refused(request, identity.provider, ProviderRefusal.OTHER_PERSON, ProviderAim.AGAIN)
    record_authentication(
        request, request.user, "socialaccount", provider=str(identity.provider), reauthenticated=True
    )
    return HttpResponseRedirect(back or resolve_url(settings.LOGIN_REDIRECT_URL))


# Settings ---------------------------------------------------------------------------------------------------


@require_GET
def connected(request: Any) -> HttpResponse:
    """Which accounts elsewhere open this one, and whether there is a password."""
    request.actor.require_user()
    return render(
        request, "accounts/settings/connected.html", {"connected": selectors.connected_get(request.actor)}
    )


@never_cache
@require_GET
@factors.fresh_required
def connected_provider(request: Any, provider: ProviderName) -> HttpResponse:
    """One provider: connect it, or take it away."""
    found = selectors.connected_get(request.actor)
    row = next((each for each in found.rows if each.provider == provider), None)
    if row is None:
        raise NotFound
    return render(request, "accounts/settings/connected_provider.html", {"row": row, "connected": found})


@require_POST
@factors.fresh_required
def connect(request: Any, provider: ProviderName) -> HttpResponse:
    """Send somebody who is signed in to a provider, to connect it."""
    return _sent(request, provider, ProviderAim.CONNECT, None)


def _connected(request: Any, identity: ProviderIdentity, back: str) -> HttpResponse:
    if not factors.is_fresh(request, at=clock.now()):
        # They took their time: once more from the page, which asks who they are.
        return redirect("connected_provider", provider=identity.provider)
    try:
        services.provider_link(request.actor, identity, at=clock.now())
    except errors.ProviderTaken:
        return _refused(request, identity.provider, ProviderRefusal.ELSEWHERE, ProviderAim.CONNECT)
    except errors.ProviderHeld:
        return _refused(request, identity.provider, ProviderRefusal.HELD, ProviderAim.CONNECT)
    messages.success(request, providers.linked_title(identity))
    return redirect("connected")


@require_POST
@factors.fresh_required
def disconnect(request: Any, provider: ProviderName) -> HttpResponse:
    """Take a provider away."""
    try:
        services.provider_unlink(request.actor, provider, at=clock.now())
    except errors.LastWayIn:
        # The page says what to do first.
        return redirect("connected_provider", provider=provider)
    title = _("%(provider)s was removed") % {"provider": provider.label}
    messages.success(request, title)
    return redirect("connected")


@factors.for_awaiting
@never_cache
@require_http_methods(["GET", "POST"])
def password_set(request: Any) -> HttpResponse:
    """For somebody without a password: a mail with which they choose one."""
    request.actor.require_user()
    if request.user.has_usable_password():
        return redirect("account_change_password")
    if request.method == "POST":
        limits.limit_check(f"accounts.password_set:{request.actor.user_id}", 3, 600)
        services.password_reset_asked(request.actor, request.user.email, at=clock.now())
        request_password_reset(request, request.user.email, [request.user], None)
        return render(request, "accounts/settings/password_set_sent.html", {"frame": _frame(request)})
    return render(request, "accounts/settings/password_set.html", {"frame": _frame(request)})


# What stands behind them ------------------------------------------------------------------------------------


_ARRIVED: dict[ProviderAim, Callable[[Any, ProviderIdentity, str], HttpResponse]] = {
    ProviderAim.SIGN_IN: _sign_in,
    ProviderAim.CONNECT: _connected,
    ProviderAim.AGAIN: _confirmed,
}


def _frame(request: Any) -> str:
    return f"accounts/settings/{'awaiting' if request.awaiting else 'base'}.html"


def _sent(request: Any, provider: ProviderName, aim: ProviderAim, back: str | None) -> HttpResponse:
    _limit(request)
    answer = http.begin(request, provider, aim, back=back, person=str(request.actor.user_id or ""))
    if answer is None:
        raise Http404
    return answer


def _is_of(request: Any, person: str) -> bool:
    """Is whoever is signed in now the one who was sent away, and nobody when nobody was?"""
    now: UUID | None = request.actor.user_id
    return person == (str(now) if now else "")


def _limit(request: Any) -> None:
    """From one place, as often as signing in with a password."""
    limits.limit_check(
        f"accounts.provider.ip:{requests.place_of(request)}",
        settings.SIGN_INS_PER_MINUTE * 6,
        60,
        closed=True,
    )


def _origin(aim: ProviderAim, provider: ProviderName) -> str:
    """Where somebody was when they were sent to the provider."""
    if aim is ProviderAim.SIGN_IN:
        return resolve_url(settings.LOGIN_URL)
    return reverse("connected") if aim is ProviderAim.CONNECT else reverse("provider_again", args=[provider])


def _refused(
    request: Any,
    provider: ProviderName,
    reason: ProviderRefusal,
    aim: ProviderAim | None = None,
    email: str = "",
) -> HttpResponse:
    """Say what happened and what to do, and leave it on record."""
    services.provider_refused(request.actor, provider, reason, at=clock.now(), aim=aim, email=email)
    # No link of this page's carries the code and the state on.
    request.META["QUERY_STRING"] = ""
    context = {
        "provider": provider,
        "reason": reason,
        "email": email,
        "signed_in": request.actor.is_authenticated,
    }
    return render(request, "accounts/provider_refused.html", context, status=_STATUS[reason])


def _response(answer: Any) -> HttpResponse:
    response: HttpResponse = answer
    return response
