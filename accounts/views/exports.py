"""A copy of one's own data, and copies of single things."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts import events, factors, selectors, services
from accounts.types import ExportView
from bloom.kernel import clock
from bloom.kernel.errors import DomainError, NotFound
from bloom.kernel.streams import stream_answer

# Three seconds apart.
LOOKS_MOST = 160


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
    export = selectors.export_latest(request.actor)
    context = {"export": export, "frame": frame, "look_again": _look_again(request, export)}
    return render(request, "accounts/settings/data.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: Any, topic: str, about_id: UUID) -> HttpResponse:
    """A copy of one thing that one sees: asked for, made by the worker, fetched."""
    request.actor.require_user()
    # Who does not see it learns nothing, not even that it would ask for a factor.
    title = selectors.copy_topic(topic).title(request.actor, about_id)
    return _copy(request, topic, about_id, title)


@factors.fresh_required
def _copy(request: Any, topic: str, about_id: UUID, title: str) -> HttpResponse:
    known = selectors.copy_topic(topic)
    if request.method == "POST":
        try:
            services.copy_ask(request.actor, topic, about_id, request.POST.get("format", ""), at=clock.now())
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, _("Your copy is being made. We write to you when it is ready."))
        return redirect("copy", topic, about_id)
    export = selectors.copy_latest(request.actor, topic, about_id)
    context = {
        "title": title,
        "hint": known.hint,
        "back": known.back(about_id),
        "formats": known.formats.items(),
        "export": export,
        "look_again": _look_again(request, export),
    }
    return render(request, "accounts/export/copy.html", context)


def _look_again(request: Any, export: ExportView | None) -> int:
    """Which look by itself the page takes next, while its copy is being made; none when it is there, or when
    it takes so long that whoever waits would have to show again that it is they.
    """
    if export is None or not export.is_under_way:
        return 0
    looks = int(said) if (said := request.GET.get("looks", "")).isdecimal() and len(said) < 4 else 0
    return looks + 1 if looks < LOOKS_MOST else 0


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
    name, content_type = selectors.export_file(request.actor, export_id)
    return stream_answer(request, pieces, name=name % f"{at:%Y-%m-%d}", content_type=content_type)
