"""What a patient says before a session by video."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.types import STATES
from scheduling.telehealth.rules import arrivals
from scheduling.telehealth.types_rooms import ArrivalFacts

# How long each may be, the service says, and what was typed stays.
_LONGEST = 1_000
# Of no state of the United States: the country is said in words.
_OUTSIDE = "outside"


def _text(
    label: Any, hint: Any = "", *, required: bool = True, longest: int = _LONGEST, **attrs: str
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=hint,
        max_length=longest,
        widget=forms.TextInput(attrs={"dir": "auto", **attrs}),
        error_messages={
            "required": _("Please fill this in."),
            "max_length": _("Please write at most %(limit_value)d characters."),
        },
    )


def _regions() -> list[tuple[str, Any]]:
    """What is kept is the name that a person reads, in an emergency too."""
    named: list[tuple[str, Any]] = [(name, name) for name in sorted(STATES.values())]
    return [("", ""), *named, (_OUTSIDE, _("Outside the United States"))]


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
    region = forms.ChoiceField(
        label=_("State"),
        help_text=_("Your therapist may only see you where they are licensed."),
        choices=_regions,
        error_messages={
            "required": _("Please choose the state."),
            "invalid_choice": _("Please choose from the list."),
        },
        widget=forms.Select(attrs={"autocomplete": "address-level1"}),
    )
    country = _text(
        _("Country"),
        _("Only if you are outside the United States."),
        required=False,
        # It is kept in the place of the state, and said here if it is too long for that.
        longest=arrivals.LONGEST,
        autocomplete="country-name",
    )
    contact_name = _text(_("Whom may we call in an emergency?"), autocomplete="off")
    contact_phone = _text(_("Their phone number"), autocomplete="off", inputmode="tel")

    @staticmethod
    def said(facts: ArrivalFacts) -> dict[str, str]:
        """What the fields hold of what was said before: what is no state is a country."""
        told = {name: value for name, value in asdict(facts).items() if name != "region"}
        is_state = facts.region in STATES.values()
        return told | {
            "region": facts.region if is_state else _OUTSIDE,
            "country": "" if is_state else facts.region,
        }

    def clean(self) -> dict[str, Any]:
        """Who is in no state says in which country."""
        told = super().clean() or self.cleaned_data
        if told.get("region") == _OUTSIDE and not told.get("country") and "country" not in self.errors:
            self.add_error("country", _("Please write the country."))
        return told

    def facts(self) -> ArrivalFacts:
        """What was chosen and typed in."""
        told = dict(self.cleaned_data)
        country = told.pop("country")
        return ArrivalFacts(**told | {"region": country if told["region"] == _OUTSIDE else told["region"]})
