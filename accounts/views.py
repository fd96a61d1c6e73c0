"""The pages of accounts. Those for signing in are allauth's views with our forms and templates."""

from collections.abc import Callable
from typing import Any

from allauth.account import views as account_views
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_safe

from accounts import mail, selectors
from accounts.types import RoleName
from bloom.kernel.errors import NotAllowed

# A mail brings its own styles and nothing else.
_mail_policy: Callable[..., Any] = csp_replace(
    {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "sandbox": ["allow-popups"]}
)


def email_confirm(request: Any) -> Any:
    """The code from the mail. Somebody who is signed in has nothing to confirm."""
    if request.actor.is_authenticated:
        return redirect("dashboard")
    return account_views.email_verification_sent(request)


@require_safe
def patients(request: Any) -> HttpResponse:
    """A therapist's patients, now or (`?past=1`) before."""
    request.actor.require_user()
    if not request.actor.has_role(RoleName.THERAPIST):
        raise NotAllowed
    past = request.GET.get("past") == "1"
    page = selectors.assignment_list(
        request.actor,
        therapist_id=request.actor.user_id,
        active=not past,
        limit=200,
        cursor=request.GET.get("cursor"),
    )
    return render(request, "accounts/patients.html", {"page": page, "past": past})


# For whoever builds Bloom (settings.DEV_PAGES) -------------------------------------------------------------


@require_GET
def dev_mail_list(request: HttpRequest) -> HttpResponse:
    """The mail that was sent, newest first; `?to=` keeps one address."""
    to = request.GET.get("to", "")
    return render(request, "accounts/dev_mail_list.html", {"mails": mail.mail_list(to), "to": to})


@require_GET
def dev_mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail as text."""
    return render(request, "accounts/dev_mail.html", {"mail": _mail(name)})


@require_GET
@_mail_policy
def dev_mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """One mail as its reader sees it, with nothing that could run."""
    return HttpResponse(_mail(name).html)


def _mail(name: str) -> mail.Mail:
    found = mail.mail_get(name)
    if found is None:
        raise Http404
    return found
