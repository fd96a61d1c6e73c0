"""Another address, and the code that shows that it is one's own."""

from allauth.account.adapter import get_adapter
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.factors import code_field


class EmailChangeForm(forms.Form):
    """The address to be reached by from now on."""

    email = forms.EmailField(
        label=_("New email address"),
        max_length=254,
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={
            "required": _("Please type the new address."),
            "invalid": _("This is no complete address. Please look once more."),
            "max_length": _("This is longer than an address can be."),
        },
    )

    def clean_email(self) -> str:
        return str(get_adapter().clean_email(self.cleaned_data["email"]))


class EmailCodeForm(forms.Form):
    """The code from the mail to the new address."""

    code = code_field(_("Code from the mail"))
