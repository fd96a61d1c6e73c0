"""What a practice is to payers."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import errors, factors, forms, practice_area, selectors, services
from accounts.types import PracticeMay, PracticeView
from accounts.views import typed_over
from bloom.kernel import clock, limits, problems
from bloom.kernel.errors import FreshFactorNeeded, Invalid

_OPENED_PER_HOUR = 20


@never_cache
@require_safe
@practice_area.here()
def billing(request: Any, view: PracticeView) -> HttpResponse:
    """What it is, with four digits of the tax number."""
    identity = selectors.billing_get(request.actor, view.id)
    return practice_area.page(request, view, "billing", {"identity": identity})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here(PracticeMay.EDIT_BILLING)
def billing_edit(request: Any, view: PracticeView) -> HttpResponse:
    """Change it, after one has shown that it is still oneself. Who takes longer than that keeps what was
    typed.
    """
    is_fresh = factors.is_fresh(request, at=clock.now())
    if request.method != "POST" and not is_fresh:
        return redirect(_again(request.path))
    identity = selectors.billing_get(request.actor, view.id)
    form = forms.BillingForm(request.POST if request.method == "POST" else None, identity=identity)
    others: list[Any] = []
    if request.method == "POST" and is_fresh and form.is_valid():
        try:
            services.billing_change(
                request.actor,
                view.id,
                form.change(),
                version=form.cleaned_data["version"],
                at=clock.now(),
            )
        except FreshFactorNeeded:
            is_fresh = False
        except errors.ChangedMeanwhile:
            identity = selectors.billing_get(request.actor, view.id)
            others = typed_over.compare(form, forms.BillingForm(identity=identity))
            others = [each for each in others if each["label"] != form["tax_number"].label]
        except Invalid as error:
            problems.form_apply(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("practice_billing", view.id)
    context = {
        "form": form,
        "identity": identity,
        "others": others,
        "again": "" if is_fresh else _again(reverse("practice_billing", args=[view.id])),
    }
    return practice_area.page(request, view, "billing_edit", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@practice_area.here(PracticeMay.OPEN_TAX_NUMBER)
def tax_number(request: Any, view: PracticeView) -> HttpResponse:
    """The whole tax number: by reading what it means, and a press."""
    identity = selectors.billing_get(request.actor, view.id)
    if not identity.tax_last_four:
        return redirect("practice_billing", view.id)
    if not factors.is_fresh(request, at=clock.now()):
        return redirect(_again(request.path))
    opened = None
    if request.method == "POST":
        limits.limit_check(f"accounts.tax_number:{request.actor.require_user()}", _OPENED_PER_HOUR, 3600)
        opened = services.tax_number_open(request.actor, view.id, at=clock.now())
    return practice_area.page(request, view, "tax_number", {"identity": identity, "opened": opened})


def _again(back: str) -> str:
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}"
