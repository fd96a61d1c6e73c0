"""Signing up with an account that somebody has elsewhere."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import rules, services
from accounts.types import NAME_LENGTH, ProviderIdentity, RoleName
from bloom.kernel.errors import Invalid


class ProviderSignupForm(forms.Form):
    """What the provider does not know: what you came for; and an address, unless it vouches for one."""

    role = forms.ChoiceField(
        label=_("I am here as"),
        choices=[(RoleName.PATIENT.value, _("A patient")), (RoleName.THERAPIST.value, _("A therapist"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one."), "invalid_choice": _("Please choose one.")},
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Email address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    # What the browser says about itself; without JavaScript it stays empty and means UTC.
    time_zone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-time-zone": ""})
    )

    def __init__(self, data: Any, identity: ProviderIdentity) -> None:
        super().__init__(data, initial={"name": identity.name, "email": identity.email})
        # The provider's word, whatever was posted; but an address that we take from nobody is not taken so.
        self.fields["email"].disabled = identity.is_vouched and not rules.email_problem(
            rules.email_normal(identity.email)
        )

    def clean_name(self) -> str:
        name = rules.name_normal(self.cleaned_data["name"])
        try:
            services.name_check(name)
        except Invalid as error:
            raise ValidationError(error.errors["name"]) from error
        return name

    def clean_email(self) -> str:
        return str(get_adapter().clean_email(self.cleaned_data["email"]))
