"""Closing an account, and the way back into one that is closing."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import endings, factors, forms, selectors, services
from accounts.types import RoleName
from bloom.kernel import clock, fees, problems
from bloom.kernel.errors import DomainError
from bloom.kernel.fees import LateFeeUnseen
from bloom.kernel.registry import Ending, EndingKind


@never_cache
@require_http_methods(["GET", "POST"])
@factors.fresh_required
def close(request: Any) -> HttpResponse:
    """What ends and what stays, and the button."""
    form = forms.CloseForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            seen = fees.read(request.POST.get("fees_seen", ""))
            until = services.account_close(request.actor, fees_seen=seen, at=clock.now())
        except LateFeeUnseen as error:
            status = problems.form_answer(form, error)
        except DomainError as error:
            problems.form_apply(form, error)
        else:
            day = date_format(until, "j F Y")
            request.session.flush()
            messages.success(
                request,
                _("Your account closes on %(day)s. Sign in before if you want to keep it.") % {"day": day},
            )
            return redirect("landing")
    ends = endings.told(request.actor, Ending(kind=EndingKind.ACCOUNT), at=clock.now())
    context = {
        "form": form,
        "days": settings.CLOSING_GRACE.days,
        "ends": ends.said,
        "fees_seen": fees.write(ends.owed),
        "is_patient": request.actor.has_role(RoleName.PATIENT),
        "is_therapist": request.actor.has_role(RoleName.THERAPIST),
        "has_tokens": selectors.tokens_open(request.actor.require_user(), at=clock.now()),
    }
    return render(request, "accounts/settings/close.html", context, status=status)


@factors.for_closing
@never_cache
@require_GET
def closing(request: Any) -> HttpResponse:
    """All that somebody sees who is closing their account: when, and the way back."""
    request.actor.require_user()
    if not request.awaiting:
        return redirect("dashboard")
    context = {"until": request.user.closing_at, "export": selectors.export_latest(request.actor)}
    return render(request, "accounts/settings/closing.html", context)


@factors.for_closing
@require_POST
def keep(request: Any) -> HttpResponse:
    """Come back."""
    request.actor.require_user()
    if request.awaiting:
        services.account_keep(request.actor, at=clock.now())
        messages.success(request, _("Welcome back. Your account stays open."))
    return redirect("dashboard")
