"""What people want to be told of."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import selectors, services
from bloom.kernel import clock


@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: Any) -> HttpResponse:
    """A switch for each kind of notice; with a script each is kept at once, else with the button."""
    views = selectors.notice_list(request.actor)
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
