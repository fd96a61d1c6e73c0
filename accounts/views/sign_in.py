"""Signing up and in: allauth's views with our forms and templates, and what they lack."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from allauth.account import views as account_views
from allauth.account.internal.flows.email_verification_by_code import EmailVerificationProcess
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse, RateLimited
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import forms, services
from bloom.kernel import clock


class PasswordResetView(account_views.PasswordResetView):
    """A mail with which a new password is chosen; that it was asked for is on record."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            services.password_reset_asked(self.request.actor, form.cleaned_data["email"], at=clock.now())
        return answer


class EmailConfirmView(account_views.ConfirmEmailVerificationCodeView):
    """The code from the mail. One that was mistyped too often opens nothing any more, but a new one goes out
    and its person stays here, as long as a new code may be sent at all.
    """

    def _verify_form_invalid(self, form: Any) -> HttpResponse:
        process = self._process
        if form.data.get("code"):
            # Nobody's, where a code was only said to be sent.
            person = None if process.state.get("account_already_exists") else process.user
            user_id = None if person is None else person.pk
            services.email_code_failed(self.request.actor, user_id, at=clock.now())
        if process.state["failed_attempts"] + 1 < process.max_attempts:
            return super()._verify_form_invalid(form)
        if not process.can_resend:
            process.abort()
            messages.error(
                self.request,
                _("These were too many codes. Sign up once more: then we send another."),
            )
            return signing_up_again(self.request)
        process.state["failed_attempts"] += 1
        form.errors.clear()
        if self._sent_anew():
            form.add_error(None, _("This code is used up. We sent a new one."))
        else:
            form.add_error(None, _("This code is used up. Wait a moment, then ask for a new one below."))
        return self.render_to_response(self.get_context_data(form=form))

    def _verify_form_valid(self, form: Any) -> HttpResponse:
        forms.sign_up_forget(self.request)
        answer: HttpResponse = super()._verify_form_valid(form)
        return answer

    def _resend_form_valid(self, form: Any) -> HttpResponse:
        if not self._sent_anew():
            messages.error(self.request, _("We have just sent one. Wait a moment, then ask again."))
        return redirect(self.passthrough_next_url(self.request.path))

    def _sent_anew(self) -> bool:
        """A new code, with its own tries; False when the last is too young. The old one is over."""
        try:
            self._process.resend()
        except (ImmediateHttpResponse, RateLimited):
            self._process.persist()
            return False
        self._process.state["failed_attempts"] = 0
        self._process.persist()
        return True


def email_confirm(request: Any) -> Any:
    """The code from the mail. Somebody who is signed in has nothing to confirm; whose code is over begins
    again with what they typed.
    """
    if request.actor.is_authenticated:
        return redirect("dashboard")
    if EmailVerificationProcess.resume(request) is None and forms.sign_up_typed(request):
        messages.error(request, _("This code is over. Sign up once more: then we send another."))
        return signing_up_again(request)
    return EmailConfirmView.as_view()(request)


@require_POST
def sign_up_again(request: Any) -> HttpResponse:
    """Another address than the one that was typed; the rest is still there."""
    if request.actor.is_authenticated:
        return redirect("dashboard")
    process = EmailVerificationProcess.resume(request)
    if process is not None:
        process.abort()
    return signing_up_again(request)


def signing_up_again(request: Any) -> HttpResponse:
    """To the form, as it was filled in before."""
    forms.sign_up_repeat(request)
    following = get_next_redirect_url(request)
    query = f"?{urlencode({REDIRECT_FIELD_NAME: following})}" if following else ""
    return redirect(f"{reverse('account_signup')}{query}")
