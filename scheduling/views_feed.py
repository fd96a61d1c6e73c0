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

from accounts import selectors as accounts_selectors
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.errors import NotFound
from scheduling import selectors, services
from scheduling.forms_outside import OutsideFileForm, OutsideForm

# Where a session has an address between its making and the page that shows it.
_MADE = "scheduling:feed_made"


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
    """Whether a program reads along, and how one begins or ends that. An address that was just made stands on
    the first look at it alone.
    """
    person_id = request.actor.require_user()
    sealed = request.session.pop(_MADE, None) if request.method == "GET" else None
    address = accounts_selectors.secret_open(person_id, sealed) if sealed else ""
    return _settings_page(request, address=address, asks="anew" in request.GET)


@require_POST
def feed_make(request: Any) -> HttpResponse:
    """Make an address, or another one in its place, which is asked first. The page to which this leads shows
    it once, so that to load that page again makes no other; until then the session has it, sealed.
    """
    person_id = request.actor.require_user()
    if selectors.feed_get(request.actor) is not None and not request.POST.get("anew"):
        return redirect(f"{reverse('calendar_settings')}?anew")
    secret = services.feed_make(request.actor, at=clock.now())
    address = settings.SITE_URL + reverse("calendar_feed", args=[secret])
    request.session[_MADE] = accounts_selectors.secret_seal(person_id, address)
    return redirect("calendar_settings")


@require_POST
def feed_end(request: Any) -> HttpResponse:
    """The address opens nothing any more."""
    request.actor.require_user()
    services.feed_end(request.actor, at=clock.now())
    messages.success(request, _("The address opens nothing any more."))
    return redirect("calendar_settings")


def _settings_page(request: Any, **more: Any) -> HttpResponse:
    return render(request, "scheduling/settings/calendar.html", page_context(request, **more))


def page_context(request: Any, *, address: str = "", asks: bool = False, **forms: Any) -> dict[str, Any]:
    """What the page of calendars shows; `forms` are those that were sent and not taken."""
    is_therapist = request.actor.has_role(RoleName.THERAPIST)
    outside = selectors.outside_list(request.actor)
    return {
        "feed": selectors.feed_get(request.actor),
        "address": address,
        "asks": asks,
        "is_therapist": is_therapist,
        "outside": outside,
        "outside_awaited": any(each.is_awaited for each in outside),
        "url_form": OutsideForm(),
        "file_form": OutsideFileForm(),
        **forms,
    }
