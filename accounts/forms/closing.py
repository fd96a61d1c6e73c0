"""Closing an account."""

from django import forms
from django.utils.translation import gettext_lazy as _


class CloseForm(forms.Form):
    """That somebody has read what ends."""

    understood = forms.BooleanField(
        label=_("I have read what ends and what stays"),
        error_messages={"required": _("Please read what ends, and tick this.")},
    )
