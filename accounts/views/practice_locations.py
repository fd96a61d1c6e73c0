"""Where a practice works."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import errors, forms, practice_area, selectors, services
from accounts.types import PracticeMay, PracticeView
from accounts.views import typed_over
from bloom.kernel import clock, problems
from bloom.kernel.errors import Conflict, Invalid


@require_safe
@practice_area.here()
def locations(request: Any, view: PracticeView) -> HttpResponse:
    """All of them."""
    found = selectors.location_list(request.actor, view.id)
    return practice_area.page(request, view, "locations", {"locations": found})


@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here(PracticeMay.EDIT_PRACTICE)
def location_new(request: Any, view: PracticeView) -> HttpResponse:
    """Another one."""
    zone = selectors.profile_get(request.actor).time_zone
    form = forms.LocationForm(request.POST if request.method == "POST" else None, zone=zone)
    if request.method == "POST" and form.is_valid():
        try:
            services.location_add(request.actor, view.id, form.change(), at=clock.now())
        except (Conflict, Invalid) as error:
            _say(form, error)
        else:
            messages.success(request, _("Added."))
            return redirect("practice_locations", view.id)
    return practice_area.page(request, view, "location", {"form": form, "location": None})


@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here(PracticeMay.EDIT_PRACTICE)
def location(request: Any, view: PracticeView, location_id: UUID) -> HttpResponse:
    """One of them, to be changed."""
    found = selectors.location_get(request.actor, view.id, location_id)
    form = forms.LocationForm(request.POST if request.method == "POST" else None, location=found)
    others: list[Any] = []
    if request.method == "POST" and form.is_valid():
        try:
            services.location_change(
                request.actor,
                view.id,
                location_id,
                form.change(),
                version=form.cleaned_data["version"],
                at=clock.now(),
            )
        except errors.ChangedMeanwhile:
            found = selectors.location_get(request.actor, view.id, location_id)
            others = typed_over.compare(form, forms.LocationForm(location=found))
        except (Conflict, Invalid) as error:
            _say(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("practice_locations", view.id)
    return practice_area.page(request, view, "location", {"form": form, "location": found, "others": others})


@require_POST
def location_retire(request: Any, practice_id: UUID, location_id: UUID) -> HttpResponse:
    """Begin nothing new there."""
    practice_area.current(request, practice_id)
    services.location_retire(request.actor, practice_id, location_id, at=clock.now())
    messages.success(request, _("Retired. What happened there stays."))
    return redirect("practice_locations", practice_id)


@require_POST
def location_reopen(request: Any, practice_id: UUID, location_id: UUID) -> HttpResponse:
    """Work there again."""
    practice_area.current(request, practice_id)
    try:
        services.location_reopen(request.actor, practice_id, location_id, at=clock.now())
    except Conflict as error:
        messages.error(request, str(error.detail))
        return redirect("practice_location", practice_id, location_id)
    messages.success(request, _("Open again."))
    return redirect("practice_locations", practice_id)


def _say(form: forms.LocationForm, error: Conflict | Invalid) -> None:
    if isinstance(error, errors.LocationNamed):
        form.add_error("name", str(error.detail))
    else:
        problems.form_apply(form, error)
