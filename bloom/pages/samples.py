"""Sample data for the style guide: tokens, icons, and a form in every state."""

from pathlib import Path

from django import forms
from django.utils.translation import gettext_lazy as _

from bloom.pages.types import Swatch

SWATCHES = (
    Swatch(name="background", meaning=_("paper")),
    Swatch(name="card", meaning=_("what lies on it")),
    Swatch(name="primary", meaning=_("evergreen: the one next step")),
    Swatch(name="secondary", meaning=_("quiet surfaces")),
    Swatch(name="muted", meaning=_("quieter still")),
    Swatch(name="accent", meaning=_("blossom: warmth, never alarm")),
    Swatch(name="good", meaning=_("went well")),
    Swatch(name="notice", meaning=_("look here")),
    Swatch(name="danger", meaning=_("went wrong")),
    Swatch(name="bubble", meaning=_("one's own words")),
)


class SampleForm(forms.Form):
    email = forms.EmailField(label=_("Email"), help_text=_("We write to it only about your account."))
    name = forms.CharField(label=_("Name"))
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    zone = forms.ChoiceField(
        label=_("Time zone"), choices=[("", _("Choose one")), ("America/Chicago", "Chicago")]
    )
    remember = forms.BooleanField(label=_("Keep me signed in"), required=False)


def form() -> SampleForm:
    """A form that was sent with something wrong in it, so that its errors show."""
    sample = SampleForm({"email": "maya@", "name": "Maya Lindqvist"})
    sample.full_clean()
    sample.add_error(None, _("We could not save this yet. What you typed is still here."))
    return sample


def icons(root: Path) -> list[str]:
    """The names of every icon that `ui.icon` knows."""
    return sorted(path.stem for path in (root / "templates/icons").glob("*.svg"))
