"""The mail that was sent, for whoever builds Bloom (settings.DEV_PAGES)."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import mail

# A mail brings its own styles and nothing else.
_mail_policy: Callable[..., Any] = csp_replace(
    {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "sandbox": ["allow-popups"]}
)


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


@require_GET
def dev_mail_source(request: HttpRequest, name: str) -> HttpResponse:
    """One mail as it was sent, for a mail program: with its calendar part, where it has one."""
    source = mail.mail_source(name)
    if source is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{name}.eml"'}
    return HttpResponse(source, content_type="message/rfc822", headers=headers)


def _mail(name: str) -> mail.Mail:
    found = mail.mail_get(name)
    if found is None:
        raise Http404
    return found
