"""What the session of a browser knows of second factors; for the doors.

allauth notes in the session how somebody signed in; what Bloom asks about, a column of the session's row, is
set here, and django-otp is told which device it was.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import django_otp
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.webauthn.internal import auth as webauthn
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from fido2.utils import websafe_encode

from accounts import selectors, services, sessions
from accounts.models import FactorDevice
from accounts.types import CodeUse, PasskeyFacts, SignInMethod
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded
from bloom.kernel.referrers import came_from

TRANSPORTS = frozenset({"usb", "nfc", "ble", "hybrid", "internal", "smart-card", "cable"})

View = Callable[..., Any]


def factor_shown(request: Any, at: datetime, factor_id: int | None = None) -> None:
    """Note that a second factor was shown in a session that is signed in. A recovery code stands for the
    device that it replaces.
    """
    request.session[sessions.FACTOR_KEY] = at.isoformat()
    devices = FactorDevice.objects.filter(user_id=request.user.pk).order_by("type", "id")
    device = devices.filter(pk=factor_id).first() if factor_id else devices.first()
    django_otp.login(request, device)


def sign_in_note(request: Any, user: Any) -> SignInMethod:
    """When a session begins: since when, and whether this person has shown a second factor on the way in.
    How they signed in.
    """
    request.session[sessions.STARTED_KEY] = time.time()
    records = get_authentication_records(request, user)
    shown = [each for each in records if each["method"] == "mfa"]
    if shown:
        factor_shown(request, datetime.fromtimestamp(shown[-1]["at"], UTC), shown[-1].get("id"))
    else:
        request.session.pop(sessions.FACTOR_KEY, None)
    return _method(records)


def _method(records: list[Any]) -> SignInMethod:
    """How somebody signed in, by allauth's notes of it."""
    for each in records:
        if each["method"] == "password":
            return SignInMethod.PASSWORD
        if each["method"] == "socialaccount":
            known = {method.value for method in SignInMethod}
            provider = each.get("provider", "")
            return SignInMethod(provider) if provider in known else SignInMethod.OTHER
        if each["method"] == "mfa" and each.get("passwordless"):
            return SignInMethod.PASSKEY
    return SignInMethod.OTHER


def code_note(request: Any, user: Any, use: CodeUse, *, again: bool) -> None:
    """Tell allauth's notes that somebody has shown a code."""
    known = {"type": str(use.kind), "id": use.factor_id, "reauthenticated": again or None}
    record_authentication(request, user, "mfa", **known)
    if again:
        factor_shown(request, clock.now(), use.factor_id)


def is_fresh(request: Any, *, at: datetime) -> bool:
    """Has this person shown within the last 10 minutes that it is they: by their second factor when they have
    one, else by what they sign in with?
    """
    try:
        services.factor_check(request.actor, at=at)
    except FreshFactorNeeded:
        return False
    return True


def passkey_read(credential: Any) -> PasskeyFacts:
    """What a browser says of a new passkey, verified: challenge, origin, and that its owner was there.

    Raises ValidationError and what fido2 raises for nonsense.
    """
    webauthn.parse_registration_response(credential)
    made = webauthn.complete_registration(credential)
    if made.credential_data is None or not made.is_user_verified():
        raise ValueError("a passkey without its owner")
    transports = credential.get("response", {}).get("transports") or ()
    return PasskeyFacts(
        credential=credential,
        credential_id=websafe_encode(made.credential_data.credential_id),
        aaguid=UUID(bytes=bytes(made.credential_data.aaguid)),
        sign_count=made.counter,
        is_synced=made.is_backed_up(),
        transports=tuple(each for each in transports if each in TRANSPORTS),
    )


def fresh_required(view: View) -> View:
    """A page for somebody who has just shown that it is they; others do so first, and come back.

    What was posted is not kept meanwhile: it may hold a password.
    """

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
        request.actor.require_user()
        if is_fresh(request, at=clock.now()):
            return view(request, *args, **kwargs)
        # A form is not sent again: back leads to the page on which it stands.
        back = request.get_full_path() if request.method == "GET" else came_from(request)
        query = urlencode({"next": back or reverse("security")})
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{query}")

    return guarded


def factor_asked(view: View) -> View:
    """A page of allauth's that changes how somebody signs in: who has a second factor shows it first."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.actor.is_authenticated and selectors.factor_is_held(request.user.pk):
            return fresh_required(view)(request, *args, **kwargs)
        return view(request, *args, **kwargs)

    return guarded


def for_awaiting(view: View) -> View:
    """Marks a page that is also there for a session that awaits its second factor (accounts.middleware)."""
    return _marked(view, "for_awaiting")


def for_closing(view: View) -> View:
    """Marks a page that is also there for somebody who is closing their account (accounts.middleware)."""
    return _marked(view, "for_closing")


def _marked(view: View, mark: str) -> View:
    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    setattr(marked, mark, True)
    return marked


def for_held_back(view: View) -> View:
    """Both: ways to show who one is, and the way out."""
    return for_closing(for_awaiting(view))
