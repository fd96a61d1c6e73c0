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
    if request.method == "POST":
        sends_photo = "show_photo" in request.POST or "photo" in request.FILES
        # Without the photo that somebody chose nothing else is kept either.
        if sends_photo and "remove_photo" not in request.POST:
            photo_form = PhotoForm(request.POST, request.FILES)
        saved = _saved(request, form, photo_form)
        if saved is not None:
            return _done(request, own, saved)
        if photo_form.is_bound and not photo_form.errors:
            photo_form.add_error("photo", _("Please choose your photo once more: nothing is saved yet."))
    return _page(request, own, form, photo_form)


def _saved(request: Any, form: ProfileForm, photo_form: PhotoForm) -> ProfileView | None:
    """The profile as it is from now on; or nothing, with what is wrong said in the forms."""
    is_valid = form.is_valid()
    if photo_form.is_bound and not photo_form.is_valid():
        is_valid = False
    if not is_valid:
        return None
    actor, at = request.actor, clock.now()
    try:
        if photo_form.is_bound:
            return services.profile_photo_change(actor, _content(photo_form), **form.cleaned_data, at=at)
        return services.profile_change(actor, **form.cleaned_data, at=at)
    except (ImageRefused, RateLimited) as error:
        photo_form.add_error("photo", str(error.detail))
    except Invalid as error:
        problems.form_apply(form, error)
    return None


def _done(request: Any, before: ProfileView, saved: ProfileView) -> HttpResponse:
    if "remove_photo" in request.POST:
        return photo_remove(request)
    if saved.photo_id != before.photo_id:
        messages.success(request, _("Your photo is shown from now on."))
    else:
        messages.success(request, _("Saved."))
    response = redirect("profile")
    if saved.locale != before.locale:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            saved.locale,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )
    return response


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
        try:
            services.photo_change(request.actor, _content(form), at=clock.now())
        except (ImageRefused, RateLimited) as error:
            form.add_error("photo", str(error.detail))
        else:
            messages.success(request, _("Your photo is shown from now on."))
    return form


def _content(form: PhotoForm) -> bytes:
    # One byte more than may be is enough to say that it is too large.
    content: bytes = form.cleaned_data["photo"].read(IMAGE_BYTES_MOST + 1)
    return content


@require_POST
def photo_remove(request: Any) -> HttpResponse:
    """No photo."""
    services.photo_remove(request.actor, at=clock.now())
    messages.success(request, _("Your photo is removed."))
    return redirect("profile")


def _page(request: Any, own: ProfileView, form: ProfileForm, photo_form: PhotoForm) -> HttpResponse:
    context = {"form": form, "photo_form": photo_form, "profile": own, "pronouns": PRONOUNS}
    return render(request, "accounts/settings/profile.html", context)
