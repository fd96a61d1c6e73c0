"""What people are told, and what they want to be told of."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import letters, selectors, services
from bloom.kernel import clock, registry


@require_safe
def notice_list(request: Any) -> HttpResponse:
    """What one was told, newest first."""
    page = selectors.notice_list(request.actor, cursor=request.GET.get("cursor"))
    return render(request, "accounts/notices.html", {"page": page})


@require_POST
def notice_open(request: Any, notice_id: UUID) -> HttpResponse:
    """Follow one: it is read, and leads to what it is about."""
    request.actor.require_user()
    view = services.notice_open(request.actor, notice_id, at=clock.now())
    return HttpResponseRedirect(view.said.url) if view.said.url else redirect("notice_list")


@require_POST
def notices_read(request: Any) -> HttpResponse:
    """All of them are read."""
    services.notices_read(request.actor, at=clock.now())
    return redirect("notice_list")


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def notices_stop(request: Any, token: str) -> HttpResponse:
    """The way out of mails of one kind, for whoever has such a mail, signed in or not. Looking changes
    nothing: programs that scan mail look, too. A press, or the reader's own program, does (RFC 8058); the
    link is the proof, so that it needs no other token.
    """
    named = letters.stop_read(token)
    if named is None or registry.notice_kind.get(named[0]).locked:
        return render(request, "accounts/notices_stop.html", {"kind": None}, status=404)
    if request.method == "POST":
        services.notice_stop(request.actor, named[1], named[0], at=clock.now())
    context = {"kind": registry.notice_kind.get(named[0]), "is_done": request.method == "POST"}
    return render(request, "accounts/notices_stop.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: Any) -> HttpResponse:
    """Switches for each kind of notice; with a script each is kept at once, else with the button."""
    views = selectors.notice_choices(request.actor)
    if request.method == "POST":
        choices = {
            (view.kind, str(view.channel)): view.key in request.POST for view in views if not view.locked
        }
        services.notices_choose(request.actor, choices, at=clock.now())
        if request.htmx:
            return render(request, "accounts/settings/notices_saved.html")
        messages.success(request, _("Saved."))
        return redirect("notices")
    return render(request, "accounts/settings/notices.html", {"notices": views})
