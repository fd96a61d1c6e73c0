"""A therapist's own listing: the first words at sign-up, and all of it in the settings."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import rules, selectors, services
from accounts.forms import ListingForm, WelcomeForm
from accounts.types import RoleName
from bloom.kernel import clock, problems
from bloom.kernel.errors import DomainError, Invalid, NotAllowed

_NEEDS = {
    "licences": gettext_lazy("Please name a license: its state, type and number."),
    "npi": gettext_lazy("Please write your NPI."),
    "specialties": gettext_lazy("Please choose at least one."),
    "languages": gettext_lazy("Please choose at least one."),
    "formats": gettext_lazy("Please choose at least one."),
}


@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: Any) -> HttpResponse:
    """The second step of a therapist's sign-up. What was typed is kept, finished or not."""
    _therapist(request)
    own = selectors.listing_own(request.actor)
    if own is not None and not own.missing and own.submitted_at is not None:
        return redirect("listing_settings")
    form = WelcomeForm(request.POST or None, own=own)
    if request.method == "POST" and form.is_valid():
        later = "later" in request.POST
        told: Any = form.change()
        own = _saved(request, form)
        if own is None and not later:
            # What is wrong and what is missing are said in one go.
            _needs_say(form, rules.listing_missing(**{name: told[name] for name in _NEEDS}))
        if own is not None and later:
            messages.success(request, _("Kept. You can go on whenever you like."))
            return redirect("dashboard")
        if own is not None and _sent(request, form, own):
            messages.success(request, _("Thank you. We are checking your license now."))
            return redirect("listing_settings")
    return render(request, "accounts/welcome_listing.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Any) -> HttpResponse:
    """Everything that a therapist tells of themselves."""
    _therapist(request)
    own = selectors.listing_own(request.actor)
    form = ListingForm(request.POST or None, own=own)
    if request.method == "POST" and form.is_valid():
        before = own.state if own else None
        saved = _saved(request, form)
        if saved is not None:
            if saved.state != before and saved.state == "awaiting":
                messages.success(request, _("Saved. We check your license again before patients find you."))
            else:
                messages.success(request, _("Saved."))
            return redirect("listing_settings")
    return render(request, "accounts/settings/listing.html", {"form": form, "own": own})


@require_POST
def submit(request: Any) -> HttpResponse:
    """Send it to be checked."""
    _therapist(request)
    try:
        services.listing_submit(request.actor, at=clock.now())
    except DomainError as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, _("Sent. We write to you when it is checked."))
    return redirect("listing_settings")


@require_POST
def hide(request: Any) -> HttpResponse:
    """Leave the directory, or come back."""
    _therapist(request)
    hidden = request.POST.get("hidden") == "1"
    services.listing_hide(request.actor, hidden=hidden, at=clock.now())
    messages.success(
        request, _("Patients do not find you any more.") if hidden else _("You are shown again.")
    )
    return redirect("listing_settings")


@require_safe
def preview(request: Any) -> HttpResponse:
    """One's own page and card, as patients see them."""
    _therapist(request)
    own = selectors.listing_own(request.actor)
    if own is None:
        return redirect("listing_settings")
    return render(
        request,
        "accounts/therapist.html",
        {"person": own.view, "care": None, "is_own": True, "own": own},
    )


def _therapist(request: Any) -> None:
    request.actor.require_user()
    if not request.actor.has_role(RoleName.THERAPIST):
        raise NotAllowed


def _saved(request: Any, form: Any) -> Any:
    """The listing with what the form says, or None when the form now says what is wrong."""
    try:
        return services.listing_change(request.actor, form.change(), at=clock.now())
    except Invalid as error:
        for name, texts in problems.problem_of(error).errors.items():
            for text in texts:
                form.add_error(name, text)
        return None


def _needs_say(form: Any, missing: Iterable[str]) -> None:
    for name in missing:
        form.add_error(name, _NEEDS[name])


def _sent(request: Any, form: Any, own: Any) -> bool:
    _needs_say(form, own.missing)
    if own.missing:
        return False
    services.listing_submit(request.actor, at=clock.now())
    return True
