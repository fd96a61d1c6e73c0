"""What people tell of themselves."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import selectors, services
from accounts.forms import PRONOUNS, ProfileForm
from bloom.kernel import clock, problems
from bloom.kernel.errors import Invalid


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Any) -> HttpResponse:
    """One's names, pronouns, time zone and language."""
    own = selectors.profile_get(request.actor)
    form = ProfileForm(request.POST if request.method == "POST" else None, profile=own)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.profile_change(request.actor, **form.cleaned_data, at=clock.now())
        except Invalid as error:
            problems.form_apply(form, error)
        else:
            messages.success(request, _("Saved."))
            response = redirect("profile")
            if saved.locale != own.locale:
                response.set_cookie(
                    settings.LANGUAGE_COOKIE_NAME,
                    saved.locale,
                    max_age=settings.LANGUAGE_COOKIE_AGE,
                    secure=settings.LANGUAGE_COOKIE_SECURE,
                    httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                    samesite=settings.LANGUAGE_COOKIE_SAMESITE,
                )
            return response
    return render(
        request, "accounts/settings/profile.html", {"form": form, "profile": own, "pronouns": PRONOUNS}
    )
