"""A practice's name, the people whom it asks, its places and its numbers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import practice_words
from accounts.types import NAME_LENGTH, MembershipRole


def _roles(*, owner: bool) -> list[tuple[str, Any]]:
    return [
        (role.value, practice_words.ROLE_WORDS[role])
        for role in MembershipRole
        if owner or role is not MembershipRole.OWNER
    ]


class PracticeNameForm(forms.Form):
    """What the practice is called."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)


class InvitationForm(forms.Form):
    """Whom to ask, and as what."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": _("This does not look like an email address.")},
    )
    role = forms.ChoiceField(
        label=_("Role"),
        initial=MembershipRole.CLINICIAN.value,
        error_messages={"invalid_choice": _("Please choose from the list.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role: Any = self.fields["role"]
        role.choices = _roles(owner=True)


class MemberRoleForm(forms.Form):
    """Another role for somebody who works here."""

    role = forms.ChoiceField(
        label=_("Role"), error_messages={"invalid_choice": _("Please choose from the list.")}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role: Any = self.fields["role"]
        role.choices = _roles(owner=True)
