"""One's appointments in a calendar program of one's own."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.errors import NotFound
from scheduling import selectors, services
from scheduling.forms_outside import OutsideFileForm, OutsideForm


@require_safe
def feed(request: Any, secret: str) -> HttpResponse:
    """What a calendar program reads; whoever has the address is nobody else to Bloom."""
    try:
        read = services.feed_read(request.actor, secret, at=clock.now())
    except NotFound:
        # Nobody is refused by name, and the page says no more than any that is not there.
        raise Http404 from None
    mark = f'"{read.mark}"'
    answer: HttpResponse
    if mark in request.headers.get("If-None-Match", ""):
        answer = HttpResponseNotModified()
    else:
        answer = HttpResponse(read.text, content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'inline; filename="bloom.ics"'
    answer["ETag"] = mark
    answer["Cache-Control"] = "private, no-cache"
    answer["X-Robots-Tag"] = "noindex"
    return answer


@never_cache
@require_safe
def calendar_settings(request: Any) -> HttpResponse:
    """Whether a program reads along, and how one begins or ends that."""
    request.actor.require_user()
    return _settings_page(request)


@never_cache
@require_POST
def feed_make(request: Any) -> HttpResponse:
    """Make an address, or another one in its place. It stands in this answer alone: nothing keeps it."""
    request.actor.require_user()
    secret = services.feed_make(request.actor, at=clock.now())
    return _settings_page(request, address=settings.SITE_URL + reverse("calendar_feed", args=[secret]))


@require_POST
def feed_end(request: Any) -> HttpResponse:
    """The address opens nothing any more."""
    request.actor.require_user()
    services.feed_end(request.actor, at=clock.now())
    messages.success(request, _("The address opens nothing any more."))
    return redirect("calendar_settings")


def _settings_page(request: Any, *, address: str = "") -> HttpResponse:
    return render(request, "scheduling/settings/calendar.html", page_context(request, address=address))


def page_context(request: Any, *, address: str = "", **forms: Any) -> dict[str, Any]:
    """What the page of calendars shows; `forms` are those that were sent and not taken."""
    is_therapist = request.actor.has_role(RoleName.THERAPIST)
    outside = selectors.outside_list(request.actor)
    return {
        "feed": selectors.feed_get(request.actor),
        "address": address,
        "is_therapist": is_therapist,
        "outside": outside,
        "outside_awaited": any(each.is_awaited for each in outside),
        "url_form": OutsideForm(),
        "file_form": OutsideFileForm(),
        **forms,
    }
