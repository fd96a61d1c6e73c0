"""A calendar elsewhere, by its address or as a file."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class OutsideForm(forms.Form):
    """Where it is read; whether it may be, the service says."""

    name = forms.CharField(
        label=_("What you call it"), max_length=200, widget=forms.TextInput(attrs={"class": "input"})
    )
    url = forms.CharField(
        label=_("Its address"),
        help_text=_("The secret or public address in iCal format, from the settings of that calendar."),
        max_length=2_000,
        widget=forms.TextInput(
            attrs={"class": "input", "inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"auto_id": "outside_%s", **more})


class OutsideFileForm(forms.Form):
    """The same, saved to a file."""

    name = forms.CharField(
        label=_("What you call it"), max_length=200, widget=forms.TextInput(attrs={"class": "input"})
    )
    file = forms.FileField(
        label=_("The file"),
        allow_empty_file=True,
        error_messages={"required": _("Please choose a file first.")},
        widget=forms.FileInput(attrs={"class": "input", "accept": ".ics,text/calendar"}),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"auto_id": "outside_file_%s", **more})
