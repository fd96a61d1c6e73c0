"""Changing one's address, and taking it back by the old one."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import errors, factors, forms, links, notices, rules, selectors, services
from accounts.models import User
from accounts.types import EmailChangeAsked, EmailCodeVerdict
from bloom.kernel import clock, limits, problems
from bloom.kernel.errors import DomainError, NotFound

UNDO = "email_undo"


@never_cache
@require_http_methods(["GET", "POST"])
@factors.fresh_required
def email(request: Any) -> HttpResponse:
    """One's address, and the way to another one."""
    person_id = request.actor.require_user()
    form = forms.EmailChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data["email"]
        try:
            limits.limit_check(f"accounts.email_change:{person_id}", settings.EMAIL_CHANGES_PER_HOUR, 3600)
            limits.limit_check(f"accounts.email_change.to:{wanted}", settings.EMAIL_CHANGES_PER_HOUR, 3600)
            asked = services.email_change_ask(request.actor, wanted, at=clock.now())
        except DomainError as error:
            problems.form_apply(form, error)
        else:
            _asked_tell(request, asked)
            return redirect("email")
    return _page(request, form, forms.EmailCodeForm())


@never_cache
@require_POST
def email_confirm(request: Any) -> HttpResponse:
    """The code from the mail to the new address."""
    person_id = request.actor.require_user()
    form = forms.EmailCodeForm(request.POST)
    if form.is_valid():
        try:
            limits.limit_check(f"accounts.email_code:{person_id}", settings.FACTOR_TRIES_PER_MINUTE, 60)
            use = services.email_change_confirm(request.actor, form.cleaned_data["code"], at=clock.now())
        except errors.EmailTaken:
            # Who took the address is nobody's business; a code that is over says as much.
            form.add_error("code", _code_words(EmailCodeVerdict.OVER))
        except DomainError as error:
            problems.form_apply(form, error)
        else:
            if use.verdict is EmailCodeVerdict.RIGHT and use.change_id is not None:
                for address in (use.old_email, use.email):
                    is_old = address == use.old_email
                    context = {
                        "masked": rules.email_masked(use.email),
                        "undo_url": _undo_url(use.change_id) if is_old else "",
                        "has_tokens": use.tokens_ended,
                    }
                    notices.mail_send("email_changed", address, context)
                messages.success(
                    request,
                    _("This is your address now. Other devices are signed out, and API tokens are revoked.")
                    if use.tokens_ended
                    else _("This is your address now. Other devices are signed out."),
                )
                return redirect("email")
            form.add_error("code", _code_words(use.verdict))
    return _page(request, forms.EmailChangeForm(), form)


@require_POST
def email_cancel(request: Any) -> HttpResponse:
    """Keep the address that one has."""
    services.email_change_cancel(request.actor, at=clock.now())
    messages.success(request, _("Your address stays as it was."))
    return redirect("email")


@never_cache
@require_http_methods(["GET", "POST"])
def email_undo(request: Any, token: str) -> HttpResponse:
    """ "This was not me", from a mail to the old address. Looking changes nothing: programs that scan mail
    look, too.
    """
    change_id = links.link_read(UNDO, token)
    undo = selectors.email_undo_get(change_id, at=clock.now()) if change_id else None
    if change_id is None or undo is None:
        return render(request, "accounts/email_undo.html", {"undo": None}, status=404)
    if request.method != "POST":
        return render(request, "accounts/email_undo.html", {"undo": undo, "token": token})
    try:
        person_id = services.email_change_undo(request.actor, change_id, at=clock.now())
    except (NotFound, errors.EmailTaken):
        return render(request, "accounts/email_undo.html", {"undo": None}, status=404)
    user = User.objects.get(pk=person_id)
    # Who was signed in here may be the one who should not be.
    request.session.flush()
    key = default_token_generator.make_token(user)
    return redirect("account_reset_password_from_key", uidb36=user_pk_to_url_str(user), key=key)


def _page(request: Any, form: Any, code_form: Any) -> HttpResponse:
    change = selectors.email_change_get(request.actor, at=clock.now())
    context = {"form": form, "code_form": code_form, "change": change}
    return render(request, "accounts/settings/email.html", context)


def _asked_tell(request: Any, asked: EmailChangeAsked) -> None:
    """The code to the new address, or word to whoever has it; and word to the old address."""
    if asked.code is None:
        notices.mail_send("email_change_taken", asked.email, {})
    else:
        shown = f"{asked.code[:4]}-{asked.code[4:]}".upper()
        notices.mail_send("email_change", asked.email, {"code": shown})
    context = {"masked": rules.email_masked(asked.email), "undo_url": _undo_url(asked.id)}
    notices.mail_send("email_change_asked", asked.old_email, context)


def _undo_url(change_id: Any) -> str:
    return settings.SITE_URL + reverse("email_undo", args=[links.link_write(UNDO, change_id)])


def _code_words(verdict: EmailCodeVerdict) -> str:
    if verdict is EmailCodeVerdict.WRONG:
        return _("This is not the code from the mail. Please look once more.")
    return _("This code does not hold any more. Please ask for a new one above.")
