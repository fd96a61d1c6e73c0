"""The shape of what the messages page sends when no script runs."""

from django import forms
from django.utils.translation import gettext_lazy as _


class MessageForm(forms.Form):
    """`client_id` was made when the page was, so that a form that is sent twice is one message."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    body = forms.CharField(strip=False, required=False)


class EditForm(forms.Form):
    """Another text for a message."""

    body = forms.CharField(strip=False, required=False)


class ReactionForm(forms.Form):
    """An emoji, and whether it shall stand."""

    emoji = forms.CharField(max_length=64)
    on = forms.BooleanField(required=False)


class ReadForm(forms.Form):
    """How far somebody has read."""

    seq = forms.IntegerField(min_value=0, max_value=2**31 - 1)


class AlertForm(forms.Form):
    """When the alert was raised that somebody was shown."""

    raised_at = forms.DateTimeField(required=False)


class StartForm(forms.Form):
    """With whom."""

    person = forms.UUIDField()


class ModerationForm(forms.Form):
    """Whether the live service reads a practice's messages."""

    live = forms.ChoiceField(
        label=_("OpenAI’s moderation service"),
        choices=[
            ("yes", _("Looks at messages, beside the rules")),
            ("no", _("Sees nothing; the rules decide alone")),
        ],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Please choose from the list.")},
    )
