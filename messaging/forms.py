"""The shape of what the messages page sends when no script runs."""

from django import forms
from django.utils.translation import gettext_lazy as _

NAME_LIMIT = 100


def name_clean(text: str) -> str:
    """What somebody looks for, as it can be asked of any database."""
    return " ".join(text.replace("\0", " ").split())[:NAME_LIMIT]


class ArrangeForm(forms.Form):
    """What to do with a conversation, for oneself."""

    do = forms.ChoiceField(choices=[(each, each) for each in ("archive", "unarchive", "mute", "unmute")])


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


class DayForm(forms.Form):
    """A day of the calendar, as a date field gives it."""

    on = forms.DateField(input_formats=["%Y-%m-%d"])


class AlertForm(forms.Form):
    """When the alert was raised that somebody was shown."""

    raised_at = forms.DateTimeField(required=False)


class CaseNoteForm(forms.Form):
    """What staff write down about a verdict."""

    body = forms.CharField(
        label=_("Add a note for your colleagues"),
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "w-full"}),
    )


class CaseAssignForm(forms.Form):
    """Who of the staff looks at a verdict."""

    person = forms.UUIDField(required=False)


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
