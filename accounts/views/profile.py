"""What people tell of themselves."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors, services
from accounts.forms import PRONOUNS, PhotoForm, ProfileForm
from accounts.types import ProfileView
from bloom.files.errors import ImageRefused
from bloom.files.types import IMAGE_BYTES_MOST
from bloom.kernel import clock, problems
from bloom.kernel.errors import Invalid, RateLimited


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Any) -> HttpResponse:
    """One's names, pronouns, time zone and language; and the photo, which is sent with them."""
    own = selectors.profile_get(request.actor)
    form = ProfileForm(request.POST if request.method == "POST" else None, profile=own)
    photo_form = PhotoForm()
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.profile_change(request.actor, **form.cleaned_data, at=clock.now())
        except Invalid as error:
            problems.form_apply(form, error)
        else:
            if "remove_photo" in request.POST:
                return photo_remove(request)
            if "show_photo" in request.POST or "photo" in request.FILES:
                photo_form = _photo_saved(request)
                if photo_form.errors:
                    return _page(request, selectors.profile_get(request.actor), form, photo_form)
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
    return _page(request, own, form, photo_form)


@require_POST
def photo(request: Any) -> HttpResponse:
    """Another photo of oneself."""
    form = _photo_saved(request)
    if not form.errors:
        return redirect("profile")
    own = selectors.profile_get(request.actor)
    return _page(request, own, ProfileForm(profile=own), form)


def _photo_saved(request: Any) -> PhotoForm:
    """The form of the photo that was sent: with what is wrong in it, or kept and shown from now on."""
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        # One byte more than may be is enough to say that it is too large.
        content = form.cleaned_data["photo"].read(IMAGE_BYTES_MOST + 1)
        try:
            services.photo_change(request.actor, content, at=clock.now())
        except (ImageRefused, RateLimited) as error:
            form.add_error("photo", str(error.detail))
        else:
            messages.success(request, _("Your photo is shown from now on."))
    return form


@require_POST
def photo_remove(request: Any) -> HttpResponse:
    """No photo."""
    services.photo_remove(request.actor, at=clock.now())
    messages.success(request, _("Your photo is removed."))
    return redirect("profile")


def _page(request: Any, own: ProfileView, form: ProfileForm, photo_form: PhotoForm) -> HttpResponse:
    context = {"form": form, "photo_form": photo_form, "profile": own, "pronouns": PRONOUNS}
    return render(request, "accounts/settings/profile.html", context)
