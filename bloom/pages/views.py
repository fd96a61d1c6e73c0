"""Pages that span apps: landing, dashboard, help, theme, style guide, and what a stale form is told."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts import selectors as accounts_selectors
from accounts.types import NAME_LENGTH
from bloom.kernel import clock, errors, limits, problems
from bloom.pages import context, selectors, theme, words

# As fast as somebody types, and no way to read the whole list of people.
FINDS_PER_MINUTE = 60
PEOPLE_FOUND = 8
NAME_LEAST = 2


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What Bloom is. Who is signed in goes on to the dashboard."""
    if problems.actor_of(request).is_authenticated:
        return redirect("dashboard")
    return render(request, "pages/landing.html", {"demo": settings.DEMO})


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Today for a therapist, home for a patient, the way to the console for staff."""
    shell = context.Shell(request)
    if shell.person is None:
        raise errors.Unauthenticated
    view = selectors.dashboard_get(problems.actor_of(request), shell.person, at=clock.now())
    return render(request, "pages/dashboard.html", {"view": view, "shell": shell})


@require_safe
def help_lines(request: HttpRequest) -> HttpResponse:
    """Lines to call, also for whoever has no script and is not signed in."""
    return render(request, "pages/help.html")


@require_POST
def people_find(request: HttpRequest) -> HttpResponse:
    """People whom one may find, for the command palette. By POST, so that no name stands in an address."""
    actor = problems.actor_of(request)
    limits.limit_check(f"pages.people_find:{actor.require_user()}", FINDS_PER_MINUTE, 60)
    name = request.POST.get("q", "").replace("\x00", "").strip()[:NAME_LENGTH]
    found = accounts_selectors.people_find(actor, name, limit=PEOPLE_FOUND) if len(name) >= NAME_LEAST else []
    rows = [(each.person, words.found_words(each)) for each in found]
    return render(request, "pages/palette_people.html", {"rows": rows})


@require_safe
def settings_index(request: HttpRequest) -> HttpResponse:
    """All sections of the settings."""
    problems.actor_of(request).require_user()
    return render(request, "pages/settings.html")


@require_safe
def appearance(request: HttpRequest) -> HttpResponse:
    """Light or dark."""
    problems.actor_of(request).require_user()
    return render(request, "pages/appearance.html")


@require_POST
def theme_choose(request: HttpRequest) -> HttpResponse:
    """Keep a theme and go back to where the choice was made."""
    wanted = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("landing")
    response = HttpResponseRedirect(back)
    if wanted in theme.THEMES:
        theme.keep(response, wanted)
    return response


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in every state; routed only where settings.DEV_PAGES."""
    return render(request, "pages/styleguide.html", selectors.styleguide_get())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or stale; what was wrong is for the log, not for the page."""
    return render(request, "403.html", {"stale_form": True}, status=403)
