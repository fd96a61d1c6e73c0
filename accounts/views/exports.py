"""A copy of one's own data."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import events, factors, selectors, services
from bloom.kernel import clock
from bloom.kernel.errors import DomainError, NotFound


@never_cache
@require_http_methods(["GET", "POST"])
@factors.fresh_required
def data(request: Any) -> HttpResponse:
    """Ask for a copy, see how far it is, and fetch it."""
    if request.method == "POST":
        try:
            services.export_ask(request.actor, at=clock.now())
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, _("Your copy is being made. We write to you when it is ready."))
        return redirect("data")
    return render(request, "accounts/settings/data.html", {"export": selectors.export_latest(request.actor)})


@never_cache
@require_GET
def data_fetch(request: Any, link: str) -> HttpResponse:
    """The zip, for whoever has the signed link and is the person whose data it holds."""
    request.actor.require_user()
    export_id = selectors.export_of_link(link)
    if export_id is None:
        raise NotFound(object_kind=events.EXPORT)
    at = clock.now()
    response = HttpResponse(
        services.export_fetch(request.actor, export_id, at=at), content_type="application/zip"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="bloom-data-{at:%Y-%m-%d}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response
