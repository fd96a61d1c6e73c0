"""Signing up and in: allauth's views with our forms and templates, and what they lack."""

from typing import Any

from allauth.account import views as account_views
from allauth.core.exceptions import ImmediateHttpResponse, RateLimited
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _


class EmailConfirmView(account_views.ConfirmEmailVerificationCodeView):
    """The code from the mail. One that was mistyped too often opens nothing any more, but a new one goes out
    and its person stays here, as long as a new code may be sent at all.
    """

    def _verify_form_invalid(self, form: Any) -> HttpResponse:
        process = self._process
        if process.state["failed_attempts"] + 1 < process.max_attempts:
            return super()._verify_form_invalid(form)
        if not process.can_resend:
            process.abort()
            messages.error(
                self.request,
                _("These were too many codes. Sign in with your address and password: then we send another."),
            )
            return redirect("account_login")
        process.state["failed_attempts"] += 1
        form.errors.clear()
        if self._sent_anew():
            form.add_error(None, _("This code is used up. We sent a new one."))
        else:
            form.add_error(None, _("This code is used up. Wait a moment, then ask for a new one below."))
        return self.render_to_response(self.get_context_data(form=form))

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
    """The code from the mail. Somebody who is signed in has nothing to confirm."""
    if request.actor.is_authenticated:
        return redirect("dashboard")
    return EmailConfirmView.as_view()(request)
