"""What a link in an invitation's mail leads to: opened by reading, answered by a press."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors, services, sessions
from accounts.errors import InvitationOver
from accounts.types import InvitationState
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded


@never_cache
@require_safe
def invitation(request: Any, secret: str) -> HttpResponse:
    """Who asks whom to what; and what the one who looks can do about it."""
    here = reverse("invitation", args=[secret])
    if request.awaiting is not None:
        return redirect(f"{reverse('security_required')}?{urlencode({'next': here})}")
    opened = selectors.invitation_opened(request.actor, secret, at=clock.now())
    context = {
        "opened": opened,
        "secret": secret,
        "next": urlencode({"next": here}),
        "is_open": opened.state is InvitationState.OPEN,
        "is_signed_in": request.actor.is_authenticated,
    }
    return render(request, "accounts/invitation.html", context)


@require_POST
def invitation_accept(request: Any, secret: str) -> HttpResponse:
    """Say yes: the session works in the practice from now on. What is over meanwhile says what became of
    it.
    """
    try:
        notice = services.invitation_accept(request.actor, secret, at=clock.now())
    except InvitationOver:
        return redirect("invitation", secret)
    except FreshFactorNeeded:
        here = reverse("invitation", args=[secret])
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': here})}")
    request.session.cycle_key()
    request.session[sessions.PRACTICE_KEY] = str(notice.practice_id)
    welcome = _("Welcome. You are working in %(practice)s now.") % {"practice": notice.practice}
    messages.success(request, welcome)
    return redirect("practice", notice.practice_id)


@require_POST
def invitation_decline(request: Any, secret: str) -> HttpResponse:
    """Say no."""
    try:
        services.invitation_decline(request.actor, secret, at=clock.now())
    except InvitationOver:
        return redirect("invitation", secret)
    messages.success(request, _("You said no, and we have told them."))
    return redirect("dashboard")
