"""A copy of one's own data."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from channels.db import database_sync_to_async
from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import events, factors, selectors, services
from bloom.kernel import clock
from bloom.kernel.errors import DomainError, NotFound


@factors.for_closing
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
    # Who is closing their account sees it in one column.
    frame = "accounts/settings/awaiting.html" if request.awaiting else ""
    context = {"export": selectors.export_latest(request.actor), "frame": frame}
    return render(request, "accounts/settings/data.html", context)


@factors.for_closing
@never_cache
@require_GET
def data_fetch(request: Any, link: str) -> StreamingHttpResponse:
    """The zip, for whoever has the signed link and is the person whose data it holds."""
    request.actor.require_user()
    export_id = selectors.export_of_link(link)
    if export_id is None:
        raise NotFound(object_kind=events.EXPORT)
    at = clock.now()
    pieces = services.export_fetch(request.actor, export_id, at=at)
    # In each world the way that keeps no more than a piece in memory.
    body = _pieces(pieces) if isinstance(request, ASGIRequest) else pieces
    response = StreamingHttpResponse(body, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="bloom-data-{at:%Y-%m-%d}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response


async def _pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = database_sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
