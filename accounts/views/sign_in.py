"""Signing up and in: allauth's views with our forms and templates, and what they lack."""

from typing import Any

from allauth.account import views as account_views
from django.shortcuts import redirect


def email_confirm(request: Any) -> Any:
    """The code from the mail. Somebody who is signed in has nothing to confirm."""
    if request.actor.is_authenticated:
        return redirect("dashboard")
    return account_views.email_verification_sent(request)
