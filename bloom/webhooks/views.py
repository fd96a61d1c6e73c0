"""A practice's webhooks: a part of its pages, for its owners."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import practice_area
from accounts import services as accounts
from accounts.types import PracticeMay, PracticeView
from bloom.kernel import clock, problems
from bloom.kernel.errors import Conflict, Invalid
from bloom.webhooks import forms, selectors, services
from bloom.webhooks.types import EndpointSecret

_MAY = PracticeMay.MANAGE_WEBHOOKS


def _page(request: Any, practice: PracticeView, template: str, **context: Any) -> HttpResponse:
    return practice_area.page(request, practice, "webhooks", context, template=f"webhooks/{template}.html")


@never_cache
@require_safe
@practice_area.here(_MAY)
def practice_webhooks(request: Any, practice: PracticeView) -> HttpResponse:
    """Where the practice is told of what happens."""
    endpoints = selectors.endpoint_list(request.actor, practice.id)
    return _page(request, practice, "list", endpoints=endpoints, kinds=selectors.kinds())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here(_MAY)
def practice_webhook_new(request: Any, practice: PracticeView) -> HttpResponse:
    """One more. Its secret stands in this answer alone."""
    # Asked for before anything is typed.
    accounts.factor_check(request.actor, at=clock.now())
    form = forms.EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.endpoint_add(
                request.actor,
                practice.id,
                form.cleaned_data["url"],
                form.cleaned_data["events"],
                at=clock.now(),
            )
        except (Invalid, Conflict) as error:
            problems.form_apply(form, error)
        else:
            return _shown(request, practice, made)
    return _page(request, practice, "new", form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here(_MAY)
def practice_webhook(request: Any, practice: PracticeView, endpoint_id: UUID) -> HttpResponse:
    """One of them, and the last that it was told."""
    endpoint = selectors.endpoint_get(request.actor, practice.id, endpoint_id)
    known = {"url": endpoint.url, "events": list(endpoint.events), "on": endpoint.is_on}
    form = forms.EndpointEditForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            services.endpoint_change(
                request.actor,
                practice.id,
                endpoint_id,
                url=form.cleaned_data["url"],
                names=form.cleaned_data["events"],
                is_on=form.cleaned_data["on"],
                at=clock.now(),
            )
        except Invalid as error:
            problems.form_apply(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("practice_webhook", practice.id, endpoint_id)
    deliveries = selectors.delivery_list(request.actor, practice.id, endpoint_id)
    return _page(request, practice, "one", endpoint=endpoint, form=form, deliveries=deliveries)


@never_cache
@require_POST
@practice_area.here(_MAY)
def practice_webhook_secret(request: Any, practice: PracticeView, endpoint_id: UUID) -> HttpResponse:
    """Another secret, in this answer alone."""
    made = services.secret_renew(request.actor, practice.id, endpoint_id, at=clock.now())
    return _shown(request, practice, made)


@require_POST
@practice_area.here(_MAY)
def practice_webhook_test(request: Any, practice: PracticeView, endpoint_id: UUID) -> HttpResponse:
    """Send it something that means nothing."""
    services.endpoint_test(request.actor, practice.id, endpoint_id, at=clock.now())
    messages.success(request, _("A test is on its way. What came of it stands below in a moment."))
    return redirect("practice_webhook", practice.id, endpoint_id)


@require_POST
@practice_area.here(_MAY)
def practice_webhook_again(
    request: Any, practice: PracticeView, endpoint_id: UUID, told_id: UUID
) -> HttpResponse:
    """Send one thing again."""
    services.delivery_again(request.actor, practice.id, endpoint_id, told_id, at=clock.now())
    messages.success(request, _("It is sent again. What came of it stands below in a moment."))
    return redirect("practice_webhook", practice.id, endpoint_id)


@require_POST
@practice_area.here(_MAY)
def practice_webhook_remove(request: Any, practice: PracticeView, endpoint_id: UUID) -> HttpResponse:
    """Tell it nothing any more."""
    services.endpoint_remove(request.actor, practice.id, endpoint_id, at=clock.now())
    messages.success(request, _("Removed. It is told nothing any more."))
    return redirect("practice_webhooks", practice.id)


def _shown(request: Any, practice: PracticeView, made: EndpointSecret) -> HttpResponse:
    return _page(request, practice, "secret", made=made)
