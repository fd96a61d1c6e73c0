"""What an admin says before they do something to somebody's account."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DeedForm(forms.Form):
    """That they are sure."""

    sure = forms.BooleanField(error_messages={"required": _("Please say so first.")})
