"""What a patient says before a session by video."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.telehealth.types_rooms import ArrivalFacts

# How long each may be, the service says, and what was typed stays.
_LONGEST = 1_000


def _text(label: Any, hint: Any = "", **attrs: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=_LONGEST,
        widget=forms.TextInput(attrs={"dir": "auto", **attrs}),
        error_messages={"required": _("Please fill this in.")},
    )


class ConsentForm(forms.Form):
    """Yes, to words of a version."""

    version = forms.CharField(max_length=16, widget=forms.HiddenInput)
    agreed = forms.BooleanField(
        label=_("I have read this, and agree to sessions by video."),
        error_messages={"required": _("Tick this to go on. Without it there is no session by video.")},
    )


class ArrivalForm(forms.Form):
    """Where one is, and whom to call."""

    address = _text(
        _("Where are you right now?"),
        _("Street and city, or what an ambulance would need to find you."),
        autocomplete="street-address",
    )
    region = _text(
        _("State"),
        _("Your therapist may only see you where they are licensed."),
        autocomplete="address-level1",
    )
    contact_name = _text(_("Whom may we call in an emergency?"), autocomplete="off")
    contact_phone = _text(_("Their phone number"), autocomplete="off", inputmode="tel")

    def facts(self) -> ArrivalFacts:
        """What was typed in."""
        return ArrivalFacts(**self.cleaned_data)
