"""One's own credentials for programs."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import factors, forms, selectors, services
from bloom.kernel import clock, problems
from bloom.kernel.errors import DomainError


@require_GET
def token_list(request: Any) -> HttpResponse:
    """The tokens that one has made, and what each opens."""
    tokens = selectors.token_list(request.actor, at=clock.now())
    return render(request, "accounts/settings/tokens.html", {"tokens": tokens})


@never_cache
@require_http_methods(["GET", "POST"])
@factors.fresh_required
def token_new(request: Any) -> HttpResponse:
    """Make a token. It stands in this answer alone: nothing keeps it."""
    form = forms.TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            token = services.token_issue(
                request.actor,
                request.actor.require_user(),
                data["name"],
                data["scopes"],
                data["days"],
                at=clock.now(),
            )
        except DomainError as error:
            problems.form_apply(form, error)
        else:
            return render(request, "accounts/settings/token_shown.html", {"token": token})
    areas = form.areas(in_practice=request.actor.practice_id is not None)
    return render(request, "accounts/settings/token_new.html", {"form": form, "areas": areas})


@require_POST
def token_revoke(request: Any, token_id: UUID) -> HttpResponse:
    """Make a token open nothing any more."""
    request.actor.require_user()
    services.token_revoke(request.actor, token_id, at=clock.now())
    messages.success(request, _("Revoked. It opens nothing any more."))
    return redirect("tokens")
