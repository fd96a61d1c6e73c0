"""What a therapist types about themselves, for the directory."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from accounts import terms
from accounts.types import (
    APPROACH_LENGTH,
    CITY_LENGTH,
    HEADLINE_LENGTH,
    LICENCES_MOST,
    REFUSAL_LENGTH,
    STATES,
    LicenceFacts,
    ListingChange,
    ListingOwn,
    TermKind,
)

_NOBODY = [("", "")]
_REQUIRED_TERMS = {"required": _("Please choose at least one.")}


def _fee(label: Any) -> forms.DecimalField:
    amount = _("Please write an amount such as 180 or 180.50.")
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=Decimal(0),
        decimal_places=2,
        max_digits=8,
        error_messages={
            "invalid": amount,
            "min_value": _("A fee cannot be less than nothing."),
            "max_decimal_places": amount,
            "max_digits": amount,
            "max_whole_digits": _("This is more than a fee can be."),
        },
    )


def _terms(kind: TermKind, label: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    field = forms.MultipleChoiceField(
        label=label, help_text=help_text, required=False, widget=forms.CheckboxSelectMultiple
    )
    field.choices = lazy(lambda: terms.choices(kind), list)
    return field


def _states() -> list[tuple[str, str]]:
    return [*_NOBODY, *sorted(STATES.items(), key=lambda pair: pair[1])]


class _ListingForm(forms.Form):
    """The facts that both pages share, and as many licences as there may be.

    How long, how many and whether at all is decided by the service: what a form sends stays as it was typed.
    """

    npi = forms.CharField(
        label=_("NPI"),
        required=False,
        max_length=30,
        help_text=_("Ten digits. We look you up in the national registry with it."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    page: tuple[str, ...] = ()
    specialties = _terms(TermKind.SPECIALTY, _("What you help with"))
    languages = _terms(TermKind.LANGUAGE, _("Languages in which you work"))
    formats = _terms(TermKind.FORMAT, _("Where you meet"))

    def __init__(self, *args: Any, own: ListingOwn | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {**_initial(own), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        for number in range(LICENCES_MOST):
            for field_name, field in _licence_fields().items():
                self.fields[f"licence_{number}_{field_name}"] = field
        self.order_fields(self._page_order())

    def _page_order(self) -> list[str]:
        """The fields as they stand on the page: what is wrong is listed in this order."""
        licences = [name for name in self.fields if name.startswith("licence_")]
        return [name for each in self.page for name in (licences if each == "licences" else [each])]

    @property
    def licence_rows(self) -> list[dict[str, Any]]:
        """The fields of each licence, and whether anything stands in them."""
        rows = []
        for number in range(LICENCES_MOST):
            fields = {name: self[f"licence_{number}_{name}"] for name in ("state", "type", "number")}
            filled = any(field.value() or field.errors for field in fields.values())
            rows.append({**fields, "is_filled": filled or number == 0})
        return rows

    @property
    def licences(self) -> tuple[LicenceFacts, ...]:
        """Those of which anything was typed."""
        rows = (
            LicenceFacts(
                **{
                    name: self.cleaned_data.get(f"licence_{number}_{name}") or ""
                    for name in ("state", "type", "number")
                }
            )
            for number in range(LICENCES_MOST)
        )
        return tuple(row for row in rows if row.state or row.type or row.number.strip())

    def change(self) -> ListingChange:
        """What the form says, for the service."""
        told: dict[str, Any] = {"licences": self.licences}
        for name in self.fields:
            if name.startswith("licence_"):
                continue
            value: Any = self.cleaned_data.get(name)
            if isinstance(value, list):
                value = tuple(value)
            if name in {"fee_from", "fee_to"}:
                value = None if value is None else int((value * 100).to_integral_value())
            told[name] = value
        return ListingChange(**told)  # type: ignore[typeddict-item] # the fields are named as the facts are

    def add_error(self, field: str | None, error: Any) -> None:
        """What is wrong with licences is said at the first field that lacks something."""
        super().add_error(self._licence_wrong() if field == "licences" else field, error)

    def _licence_wrong(self) -> str:
        for number in range(LICENCES_MOST):
            names = [f"licence_{number}_{name}" for name in ("type", "state", "number")]
            empty = [name for name in names if not str(self[name].value() or "").strip()]
            if empty and (number == 0 or len(empty) < len(names)):
                return empty[0]
        return "licence_0_number"


class WelcomeForm(_ListingForm):
    """The least that a check and a first visitor need."""

    page = ("licences", "npi", "specialties", "languages", "formats")


class ListingForm(_ListingForm):
    """All that a therapist tells of themselves."""

    page = (
        "headline",
        "approach",
        "specialties",
        "modalities",
        "languages",
        "formats",
        "accepts_new",
        "fee_from",
        "fee_to",
        "sliding_scale",
        "insurance",
        "city",
        "region",
        "practising_since",
        "gender",
        "licences",
        "npi",
    )
    headline = forms.CharField(
        label=_("In one line"),
        required=False,
        max_length=HEADLINE_LENGTH * 2,
        help_text=_("The first thing that people read, such as “Grief, loss and illness”."),
    )
    approach = forms.CharField(
        label=_("How you work"),
        required=False,
        max_length=APPROACH_LENGTH * 2,
        help_text=_(
            "As you would tell somebody who has never been in therapy: what you do, and why it helps."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    modalities = _terms(TermKind.MODALITY, _("Your ways of working"))
    insurance = _terms(
        TermKind.INSURANCE,
        _("Insurance you accept"),
        _("Leave it empty when you would rather talk about it."),
    )
    accepts_new = forms.BooleanField(
        label=_("I take new patients"), required=False, help_text=_("People still find you without it.")
    )
    fee_from = _fee(_("Fee per session, from"))
    fee_to = _fee(_("Fee per session, up to"))
    sliding_scale = forms.BooleanField(
        label=_("I have places on a sliding scale"),
        required=False,
        help_text=_("For people who cannot pay the whole fee."),
    )
    practising_since = forms.IntegerField(
        label=_("In practice since"), required=False, help_text=_("The year in which you began.")
    )
    gender = forms.ChoiceField(
        label=_("Gender"), required=False, help_text=_("Some people look for this. Yours to say or not.")
    )
    city = forms.CharField(label=_("City"), required=False, max_length=CITY_LENGTH * 2)
    region = forms.ChoiceField(label=_("State"), required=False, choices=_states)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        gender: Any = self.fields["gender"]
        gender.choices = [("", _("I would rather not say")), *terms.gender_choices()]


class RefusalForm(forms.Form):
    """Why a listing is not accepted, in words that its therapist reads."""

    reason = forms.CharField(
        label=_("What is wrong, and what they can do"),
        max_length=REFUSAL_LENGTH,
        error_messages={"required": _("Please say what is wrong: the therapist reads it.")},
    )


def _licence_fields() -> dict[str, forms.Field]:
    return {
        "type": forms.ChoiceField(
            label=_("Type"), required=False, choices=lambda: [*_NOBODY, *terms.licence_choices()]
        ),
        "state": forms.ChoiceField(label=_("State"), required=False, choices=_states),
        "number": forms.CharField(
            label=_("Number"),
            required=False,
            max_length=80,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        ),
    }


def _initial(own: ListingOwn | None) -> dict[str, Any]:
    """What stands there now."""
    if own is None:
        return {"languages": ["en"], "accepts_new": True}
    view = own.view
    initial: dict[str, Any] = {
        "npi": own.npi,
        "specialties": list(view.specialties),
        "modalities": list(view.modalities),
        "languages": list(view.languages),
        "insurance": list(view.insurance),
        "formats": list(view.formats),
        "headline": view.headline,
        "approach": view.approach,
        "accepts_new": view.accepts_new,
        "fee_from": _dollars(view.fee_from),
        "fee_to": _dollars(view.fee_to),
        "sliding_scale": view.sliding_scale,
        "practising_since": view.practising_since,
        "gender": view.gender,
        "city": view.city,
        "region": view.region,
    }
    for number, licence in enumerate(view.licences):
        initial[f"licence_{number}_state"] = licence.state
        initial[f"licence_{number}_type"] = licence.type
        initial[f"licence_{number}_number"] = licence.number
    return initial


def _dollars(money: Any) -> Decimal | None:
    if money is None:
        return None
    amount = Decimal(money.amount) / 100
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount
