"""Calendars of a therapist elsewhere."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.types import RoleName
from bloom.kernel import clock, problems
from bloom.kernel.errors import DomainError, NotAllowed
from scheduling import services
from scheduling.forms_outside import OutsideFileForm, OutsideForm
from scheduling.views_feed import page_context


@never_cache
@require_POST
def outside_add(request: Any) -> HttpResponse:
    """Read a calendar by its address, from now on."""
    _therapist_check(request)
    form, status = OutsideForm(request.POST), 200
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.outside_add(request.actor, data["name"], data["url"], at=clock.now())
        except DomainError as error:
            status = problems.form_answer(form, error)
        else:
            messages.success(request, _("It is added, and read within a minute."))
            return redirect("calendar_settings")
    return _page(request, status, url_form=form)


@never_cache
@require_POST
def outside_send(request: Any) -> HttpResponse:
    """Take one from a file, once."""
    _therapist_check(request)
    form, status = OutsideFileForm(request.POST, request.FILES), 200
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.outside_send(request.actor, data["name"], data["file"].read(), at=clock.now())
        except DomainError as error:
            status = problems.form_answer(form, error)
        else:
            messages.success(
                request, _("The file is here, and read within a minute. This page says what came of it.")
            )
            return redirect("calendar_settings")
    return _page(request, status, file_form=form)


@require_POST
def outside_again(request: Any, calendar_id: UUID) -> HttpResponse:
    """Have it read soon."""
    request.actor.require_user()
    services.outside_again(request.actor, calendar_id, at=clock.now())
    messages.success(request, _("It is read within a minute."))
    return redirect("calendar_settings")


@require_POST
def outside_remove(request: Any, calendar_id: UUID) -> HttpResponse:
    """It is read no more, and its times are free."""
    request.actor.require_user()
    services.outside_remove(request.actor, calendar_id, at=clock.now())
    messages.success(request, _("It is removed. Its times stand against nothing any more."))
    return redirect("calendar_settings")


def _therapist_check(request: Any) -> None:
    request.actor.require_user()
    if not request.actor.has_role(RoleName.THERAPIST):
        raise NotAllowed


def _page(request: Any, status: int, **forms: Any) -> HttpResponse:
    context = page_context(request, **forms)
    return render(request, "scheduling/settings/calendar.html", context, status=status)
