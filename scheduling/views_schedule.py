"""A therapist's week, days apart, and what they offer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors as accounts_selectors
from bloom.kernel import clock, problems
from bloom.kernel.errors import Conflict, DomainError, Invalid
from scheduling import selectors, services
from scheduling.forms_schedule import ExceptionForm, ServiceForm, WeekForm
from scheduling.types import AvailabilityView, ExceptionKind, ExceptionView


@require_safe
def schedule(request: Any) -> HttpResponse:
    """Where one's hours are."""
    request.actor.require_user()
    return redirect("availability")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def availability(request: Any) -> HttpResponse:
    """The whole week and its rules; what patients can book by it stands beside."""
    request.actor.require_user()
    at = clock.now()
    view = selectors.availability_get(request.actor, at=at)
    form = WeekForm(
        request.POST if request.method == "POST" else None, view=view, locations=_locations(request, view)
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.availability_set(
                request.actor,
                time_zone=form.cleaned_data["time_zone"],
                blocks=form.cleaned_data["blocks"],
                rules=form.rules(),
                version=form.cleaned_data["version"],
                at=at,
            )
        except Conflict as error:
            form.add_error(None, str(error.detail))
            status = 409
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved. Patients can book by these hours from now on."))
            return redirect("availability")
    return _page(request, view, form, ExceptionForm(), status=status)


@require_POST
def exception_add(request: Any) -> HttpResponse:
    """Days off, or extra hours."""
    request.actor.require_user()
    at = clock.now()
    form = ExceptionForm(request.POST)
    before = selectors.availability_get(request.actor, at=at)
    if form.is_valid():
        begins, ends = form.times()
        try:
            added = services.exception_add(
                request.actor,
                kind=ExceptionKind(form.cleaned_data["kind"]),
                starts_on=form.cleaned_data["starts_on"],
                ends_on=form.cleaned_data["ends_on"] or form.cleaned_data["starts_on"],
                starts_minute=begins,
                ends_minute=ends,
                at=at,
            )
        except (Invalid, Conflict) as error:
            form.refuse(error)
        else:
            _say_added(request, before, added)
            return redirect("availability")
    week = WeekForm(None, view=before, locations=_locations(request, before))
    return _page(request, before, week, form, status=200)


def _say_added(request: Any, before: AvailabilityView, added: ExceptionView) -> None:
    lost_before = selectors.extras_off(before)
    view = selectors.availability_get(request.actor, at=clock.now())
    if added in before.exceptions:
        messages.info(request, _("That stands here already. Nothing was added."))
    elif selectors.extras_off(view) - lost_before:
        messages.warning(
            request,
            _("Saved. Time off and extra hours meet on these days: time off wins, and nobody can book it."),
        )
    else:
        messages.success(request, _("Saved. What is booked on these days stands."))


@require_POST
def exception_remove(request: Any, exception_id: UUID) -> HttpResponse:
    """These days are like others again."""
    request.actor.require_user()
    services.exception_remove(request.actor, exception_id, at=clock.now())
    messages.success(request, _("These days are like others again."))
    return redirect("availability")


@never_cache
@require_safe
def service_list(request: Any) -> HttpResponse:
    """What one offers, and what one offered."""
    actor = request.actor
    actor.require_user()
    selectors.practice_here(actor)
    context = {
        "services": selectors.service_list(actor, actor.user_id),
        "has_calendar": selectors.availability_get(actor, at=clock.now()).version > 0,
    }
    return render(request, "scheduling/services.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def service_new(request: Any) -> HttpResponse:
    """Offer something."""
    request.actor.require_user()
    selectors.practice_here(request.actor)
    form = ServiceForm(request.POST if request.method == "POST" else None, view=None)
    if request.method == "POST" and form.is_valid():
        try:
            services.service_add(request.actor, form.facts(), at=clock.now())
        except DomainError as error:
            return _service_page(request, form, None, status=problems.form_answer(form, error))
        messages.success(request, _("Patients can book it from now on."))
        return redirect("service_list")
    return _service_page(request, form, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def service(request: Any, service_id: UUID) -> HttpResponse:
    """Offer it otherwise. What is booked stands as it was agreed."""
    request.actor.require_user()
    view = selectors.service_own(request.actor, service_id)
    form = ServiceForm(request.POST if request.method == "POST" else None, view=view)
    if request.method == "POST" and form.is_valid():
        try:
            services.service_change(
                request.actor,
                service_id,
                form.facts(),
                version=form.cleaned_data["version"],
                at=clock.now(),
            )
        except DomainError as error:
            return _service_page(request, form, view, status=problems.form_answer(form, error))
        messages.success(request, _("Saved. What is booked stands as it was agreed."))
        return redirect("service_list")
    return _service_page(request, form, view)


@require_POST
def service_retire(request: Any, service_id: UUID) -> HttpResponse:
    """Nobody books it any more."""
    request.actor.require_user()
    services.service_retire(request.actor, service_id, at=clock.now())
    messages.success(request, _("Nobody can book it any more. What is booked stands."))
    return redirect("service_list")


def _page(request: Any, view: Any, form: WeekForm, days: ExceptionForm, *, status: int) -> HttpResponse:
    actor, at = request.actor, clock.now()
    context = {
        "view": view,
        "form": form,
        "days_form": days,
        "extras_off": selectors.extras_off(view),
        "preview": selectors.slot_preview(actor, at=at),
        "has_services": any(each.retired_at is None for each in selectors.service_list(actor, actor.user_id)),
    }
    return render(request, "scheduling/availability.html", context, status=status)


def _service_page(request: Any, form: ServiceForm, view: Any, *, status: int = 200) -> HttpResponse:
    return render(request, "scheduling/service.html", {"form": form, "service": view}, status=status)


def _locations(request: Any, view: Any) -> list[Any]:
    found = accounts_selectors.location_list(request.actor, view.practice_id)
    return [place for place in found if not place.is_retired]
