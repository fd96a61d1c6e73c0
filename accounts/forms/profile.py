"""What people tell of themselves."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import selectors
from accounts.forms.shared import PictureField
from accounts.types import NAME_LENGTH, PRONOUNS_LENGTH, ProfileView

PRONOUNS = (_("she/her"), _("he/him"), _("they/them"), _("she/they"), _("he/they"))


class ProfileForm(forms.Form):
    """One's names, pronouns, time zone and language."""

    name = forms.CharField(
        label=_("Legal name"),
        help_text=_("As on your insurance card or license. You see it, and whoever needs it for your care."),
        # Longer than what is kept: the service says how long it may be, and what was typed stays.
        max_length=NAME_LENGTH * 4,
        error_messages={"required": _("Please tell us your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )
    preferred_name = forms.CharField(
        label=_("Preferred name"),
        required=False,
        help_text=_("If you go by another name: everybody you meet in Bloom sees this one instead."),
        max_length=NAME_LENGTH * 4,
        widget=forms.TextInput(attrs={"autocomplete": "nickname", "dir": "auto"}),
    )
    pronouns = forms.CharField(
        label=_("Pronouns"),
        required=False,
        help_text=_("Choose or write your own. They stand beside your name."),
        max_length=PRONOUNS_LENGTH * 4,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "pronouns", "dir": "auto"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=selectors.time_zone_choices,
        help_text=_("Every time that you see in Bloom is in this zone."),
        error_messages={"invalid_choice": _("This is not a time zone we know.")},
    )
    locale = forms.ChoiceField(
        label=_("Language"),
        choices=lambda: settings.LANGUAGES,
        error_messages={"invalid_choice": _("Bloom does not speak this language yet.")},
    )
    shows_presence = forms.BooleanField(
        label=_("Show that I am here"),
        required=False,
        help_text=_(
            "People you have a conversation with see whether you are in Messages now, or away. Nobody else"
            " does. You see others either way."
        ),
    )

    def __init__(self, *args: Any, profile: ProfileView, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(profile, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        if len(settings.LANGUAGES) < 2:
            del self.fields["locale"]
        zones: Any = self.fields["time_zone"]
        zones.choices = selectors.time_zone_choices(profile.time_zone)


class PhotoForm(forms.Form):
    """A picture of oneself. It stands in the form of one's profile, which is saved without one, too."""

    use_required_attribute = False

    photo = PictureField(
        shown="photo-now",
        what_is_done=_("We show the middle of it, and keep nothing else: no place, no date."),
        label=_("Choose a photo"),
        error_messages={"required": _("Please choose a photo first.")},
    )
