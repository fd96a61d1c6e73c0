"""Where a practice works, what it is to payers, and its logo.

How long a text may be and what it may hold is decided by the service: what is sent stays as it was typed.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import practice_words, selectors
from accounts.forms.shared import PictureField
from accounts.types import (
    ADDRESS_FIELDS,
    PLACES_OF_SERVICE,
    STATES,
    BillingChange,
    BillingIdentityView,
    LocationChange,
    LocationView,
    TaxKind,
)

_TYPED = 300
_CHOICE = {"invalid_choice": _("Please choose from the list.")}


def _text(
    label: Any, *, required: bool = True, hint: Any = "", blank: Any = "", **attrs: str
) -> forms.CharField:
    field = forms.CharField(
        label=label,
        required=required,
        help_text=hint,
        max_length=_TYPED,
        widget=forms.TextInput(attrs={"autocomplete": "off", **attrs}),
    )
    if blank:
        field.error_messages["required"] = blank
    return field


def _states() -> list[tuple[str, str]]:
    return [("", ""), *sorted(STATES.items(), key=lambda pair: pair[1])]


class _AddressForm(forms.Form):
    """An address, and which version of the whole somebody has seen."""

    line1 = _text(_("Street and number"), blank=_("Please write the street and the number."))
    line2 = _text(_("Suite, floor, building"), required=False)
    city = _text(_("City"), blank=_("Please write the city."), dir="auto")
    region = forms.ChoiceField(
        label=_("State"),
        choices=_states,
        error_messages={**_CHOICE, "required": _("Please choose the state.")},
    )
    postal_code = _text(_("ZIP code"), blank=_("Please write the ZIP code."))
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class LocationForm(_AddressForm):
    """A location of a practice."""

    # As it stands on the page: what is wrong is listed in this order.
    field_order = ["name"]

    name = _text(
        _("Name of the location"),
        hint=_("As patients and colleagues call it, such as Downtown."),
        blank=_("Please give the location a name."),
        dir="auto",
    )
    phone = _text(_("Telephone"), required=False, inputmode="tel")
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=selectors.time_zone_choices,
        help_text=_("Opening hours and appointments here are in this zone."),
        error_messages={"invalid_choice": _("This is not a time zone we know.")},
    )
    place_of_service = forms.ChoiceField(
        label=_("Place of service"),
        choices=lambda: [(code, practice_words.place_words(code)) for code in PLACES_OF_SERVICE],
        help_text=_("What a claim says of a session here in person. For most practices it is an office."),
        error_messages=_CHOICE,
    )

    def __init__(
        self, *args: Any, location: LocationView | None = None, zone: str = "UTC", **kwargs: Any
    ) -> None:
        kwargs["initial"] = (
            {name: getattr(location, name) for name in ("name", "time_zone", "place_of_service", "version")}
            | {name: getattr(location.address, name) for name in ADDRESS_FIELDS}
            | {"phone": location.phone_shown}
            if location
            else {"time_zone": zone, "version": 0}
        )
        super().__init__(*args, **kwargs)
        known: Any = self.fields["time_zone"]
        zone = location.time_zone if location else zone
        known.choices = selectors.time_zone_choices(zone)

    def change(self) -> LocationChange:
        """What the form says, for the service."""
        told = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return LocationChange(**told)  # type: ignore[typeddict-item] # the fields are named as the facts are


class BillingForm(_AddressForm):
    """What a practice is to payers. The tax number is never shown again: left empty, it stays."""

    field_order = ["legal_name", "npi", "tax_kind", "tax_number"]

    legal_name = _text(
        _("Legal name"),
        hint=_("As on the letter from the IRS. It stands on every claim and statement."),
        blank=_("Please write the name as the IRS knows it."),
        dir="auto",
    )
    npi = _text(
        "NPI",
        required=False,
        hint=_("The practice’s own (type 2). If you work alone and have none, your personal NPI."),
        inputmode="numeric",
    )
    tax_kind = forms.ChoiceField(
        label=_("Kind of tax number"),
        required=False,
        choices=lambda: [("", ""), *((kind.value, practice_words.TAX_WORDS[kind]) for kind in TaxKind)],
        error_messages=_CHOICE,
    )
    tax_number = _text(_("Tax number"), required=False, inputmode="numeric")

    def __init__(self, *args: Any, identity: BillingIdentityView, **kwargs: Any) -> None:
        kwargs["initial"] = (
            {name: getattr(identity, name) for name in ("legal_name", "npi", "version")}
            | {name: getattr(identity.address, name) for name in ADDRESS_FIELDS}
            | {"tax_kind": identity.tax_kind or ""}
        )
        super().__init__(*args, **kwargs)
        self.fields["line1"].help_text = _("A street, not a P.O. box: payers refuse those.")
        self.fields["postal_code"].help_text = _("All nine digits, if you know them.")
        if identity.tax_last_four:
            self.fields["tax_number"].help_text = _("It ends in %(digits)s. Leave this empty to keep it.") % {
                "digits": identity.tax_last_four
            }
        for name in ADDRESS_FIELDS:
            # An address is whole or not there: that is said by the service.
            self.fields[name].required = False

    def change(self) -> BillingChange:
        """What the form says, for the service."""
        told = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return BillingChange(**told)  # type: ignore[typeddict-item] # the fields are named as the facts are


class LogoForm(forms.Form):
    """A picture for a practice."""

    logo = PictureField(
        shown="logo-now",
        what_is_done=_("All of it is shown, on white."),
        label=_("Choose a picture"),
        error_messages={"required": _("Please choose a picture first.")},
    )
