"""Credentials for programs: what a new one is called, opens, and for how long."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import rules

# What each area of scopes is about. An area that nothing answers to yet is not offered.
AREAS = {
    "profile": _("Your profile"),
    "people": _("People whom you may find"),
    "assignments": _("Who is in whose care"),
    "conversations": _("Conversations"),
    "practices": _("Your practices, their people and locations"),
    "billing": _("What a practice is to payers"),
}
_DAYS = {
    30: _("30 days"),
    90: _("90 days"),
    180: _("half a year"),
    365: _("a year"),
}


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=100,
        error_messages={"required": _("Give it a name by which you will know it.")},
    )
    days = forms.TypedChoiceField(
        label=_("It ends by itself after"), choices=list(_DAYS.items()), coerce=int, initial=90
    )
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"),
        choices=[(scope, scope) for scope in sorted(rules.SCOPES)],
        error_messages={
            "required": _("Choose at least one thing that it may do."),
            "invalid_choice": _("Please choose from the list."),
        },
    )

    def areas(self) -> list[dict[str, Any]]:
        """The offered scopes as rows of a table: one for each area, with what is ticked."""
        ticked = set(self["scopes"].value() or ())
        return [
            {
                "title": title,
                "choices": [
                    {"scope": f"{area}:{verb}", "verb": verb, "ticked": f"{area}:{verb}" in ticked}
                    for verb in ("read", "write")
                ],
            }
            for area, title in AREAS.items()
        ]
