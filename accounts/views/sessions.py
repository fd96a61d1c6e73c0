"""Where somebody is signed in, and what has happened to their way in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import selectors, services
from bloom.kernel import clock


@require_GET
def session_list(request: Any) -> HttpResponse:
    """The browsers in which one is signed in, each with the way to sign out of it."""
    sessions = selectors.session_list(request.actor, at=clock.now())
    return render(request, "accounts/settings/sessions.html", {"sessions": sessions})


@require_POST
def session_end(request: Any, session_id: UUID) -> HttpResponse:
    """Sign out of one browser; of this one by the ordinary way out."""
    if session_id.hex == request.actor.session_id:
        return redirect("account_logout")
    services.session_end(request.actor, session_id, at=clock.now())
    messages.success(request, _("Signed out there."))
    return redirect("sessions")


@require_POST
def sessions_end_others(request: Any) -> HttpResponse:
    """Sign out of every browser but this one."""
    request.actor.require_user()
    services.sessions_end_others(request.actor, at=clock.now())
    messages.success(request, _("Signed out everywhere else."))
    return redirect("sessions")


@require_GET
def activity(request: Any) -> HttpResponse:
    """Sign-ins and changes to one's way in, newest first."""
    page = selectors.activity_list(request.actor, cursor=request.GET.get("cursor"))
    return render(request, "accounts/settings/activity.html", {"page": page})
