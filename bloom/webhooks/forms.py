"""The shape of what the pages of webhooks take in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bloom.kernel import addresses
from bloom.webhooks import selectors


class EndpointForm(forms.Form):
    """Where a practice is told, and of what."""

    url = forms.CharField(
        label=_("Address"),
        max_length=addresses.URL_LENGTH,
        help_text=_("Of your own program, such as https://example.org/bloom."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Please give the address of your program.")},
    )
    events = forms.MultipleChoiceField(
        label=_("What shall it be told of?"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "input"}),
        error_messages={
            "required": _("Please choose at least one from the list."),
            "invalid_choice": _("Please choose at least one from the list."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["events"].choices = list(selectors.kinds().items())  # type: ignore[attr-defined]


class EndpointEditForm(EndpointForm):
    """The same of one that is there, and whether it is on."""

    on = forms.BooleanField(label=_("Switched on"), required=False)
