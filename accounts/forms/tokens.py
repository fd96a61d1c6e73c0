"""Credentials for programs: what a new one is called, opens, and for how long."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import rules
from accounts.scope_words import AREAS, PRACTICE_AREAS

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

    def areas(self, *, in_practice: bool) -> list[dict[str, Any]]:
        """The offered scopes as rows of a table: one for each area, with what is ticked. What belongs to a
        practice is offered to who works in one.
        """
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
            if in_practice or area not in PRACTICE_AREAS
        ]
