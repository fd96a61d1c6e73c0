"""The shape of what people write when care is asked for, answered, handed on or ended."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.types import MESSAGE_LENGTH

REASON_LENGTH = 500


def _words(label: Any, help_text: Any = "", *, length: int = MESSAGE_LENGTH, rows: int = 5) -> Any:
    widget = forms.Textarea(attrs={"rows": rows, "class": "textarea"})
    # Both are said: how many it may have, and how many it has.
    too_long = _("Please use at most %(limit_value)s characters. These are %(show_value)s.")
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=length,
        widget=widget,
        error_messages={"max_length": too_long},
    )


class AskForm(forms.Form):
    """A patient to a therapist."""

    message = _words(
        _("What brings you"),
        _("A few sentences are enough. Only this therapist reads them."),
        rows=6,
    )
    practice = forms.UUIDField(required=False, widget=forms.HiddenInput)


class AnswerForm(forms.Form):
    """Yes or no, with a few words."""

    message = _words(_("A few words"), rows=4)
    answer = forms.ChoiceField(
        choices=[("accept", "accept"), ("decline", "decline")], widget=forms.HiddenInput
    )


class EndForm(forms.Form):
    """Why care ends."""

    reason = _words(
        _("Reason"),
        _("For the two of you and the owner of the practice. It is stored sealed."),
        length=REASON_LENGTH,
        rows=3,
    )


class TransferForm(forms.Form):
    """To whom a patient shall go."""

    therapist = forms.UUIDField(error_messages={"required": _("Choose a therapist.")})
    message = _words(
        _("What both should know"),
        _("Your patient reads this first. If they agree, so does the new therapist."),
        rows=5,
    )


class BringTogetherForm(forms.Form):
    """A patient and a therapist, proposed or begun at once."""

    patient = forms.UUIDField(error_messages={"required": _("Choose a patient.")})
    therapist = forms.UUIDField(error_messages={"required": _("Choose a therapist.")})
    practice = forms.UUIDField(required=False)
    how = forms.ChoiceField(choices=[("propose", "propose"), ("start", "start")])
    message = _words(_("What they should know"), length=REASON_LENGTH, rows=4)
