"""The shape of what the pages of video accounts take in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.telehealth.keys import LONGEST_FILE
from scheduling.telehealth.types import MeetAccount, ZoomAccount

_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
_LONGEST = 200


def _text(label: Any, hint: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=_LONGEST,
        widget=forms.TextInput(attrs=_PLAIN),
        error_messages={"required": _("Please fill this in.")},
    )


def _secret(label: Any, hint: Any = "", *, required: bool = True) -> forms.CharField:
    # What was typed comes back after an error, to this person alone and over this connection alone.
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=_LONGEST,
        widget=forms.PasswordInput(attrs={**_PLAIN, "autocomplete": "new-password"}, render_value=True),
        error_messages={"required": _("Please fill this in.")},
    )


class _Own(forms.Form):
    """An account of one's own may make meetings in the name of another address than one has here."""

    def __init__(self, *args: Any, is_own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_own:
            del self.fields["host"]


class ZoomForm(_Own):
    """A server-to-server app of a Zoom account."""

    account_id = _text(_("Account ID"))
    client_id = _text(_("Client ID"))
    client_secret = _secret(_("Client secret"))
    hook_secret = _secret(
        _("Secret token of the event subscriptions"),
        _("So that Zoom can tell when a session begins and ends. It can be added later."),
        required=False,
    )
    host = forms.EmailField(
        label=_("Your address at Zoom"),
        help_text=_("Leave it empty if it is the one that you sign in with here."),
        required=False,
        max_length=_LONGEST,
    )

    def account(self) -> ZoomAccount:
        """What was typed in."""
        return ZoomAccount(**self.cleaned_data)


class MeetForm(_Own):
    """A service account of a Google Workspace."""

    service_account = forms.CharField(
        label=_("Key file of the service account"),
        help_text=_("Paste the whole JSON file, as Google handed it out."),
        max_length=LONGEST_FILE,
        widget=forms.Textarea(attrs={**_PLAIN, "rows": 6}),
        error_messages={"required": _("Please fill this in.")},
    )
    host = forms.EmailField(
        label=_("Your address at Google"),
        help_text=_("Leave it empty if it is the one that you sign in with here."),
        required=False,
        max_length=_LONGEST,
    )
    topic = _text(
        _("Pub/Sub topic"),
        _("So that Google can tell when a session begins and ends, such as projects/practice/topics/meet."),
        required=False,
    )
    push_email = forms.EmailField(
        label=_("Service account of the push subscription"),
        help_text=_("As whom Google signs what it tells."),
        required=False,
        max_length=_LONGEST,
    )

    def account(self) -> MeetAccount:
        """What was typed in."""
        return MeetAccount(**self.cleaned_data)
