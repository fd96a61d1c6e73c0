"""What somebody tells who waits for a time."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.types import TERMS, TermKind
from scheduling.types import WAITLIST_TERMS, DayPart, Mode, Wishes

PART_WORDS = {
    DayPart.MORNING: gettext_lazy("Mornings"),
    DayPart.AFTERNOON: gettext_lazy("Afternoons"),
    DayPart.EVENING: gettext_lazy("Evenings"),
}
_MODES = (
    ("", gettext_lazy("Either way")),
    (Mode.TELEHEALTH.value, gettext_lazy("By video")),
    (Mode.IN_PERSON.value, gettext_lazy("In person")),
)


def part_code(weekday: int, part: DayPart) -> str:
    return f"{weekday}-{part.value}"


_PARTS = {part_code(weekday, part): (weekday, part) for weekday in range(7) for part in DayPart}


class WaitForm(forms.Form):
    """When one could come, and how. Nothing ticked: any time."""

    parts = forms.MultipleChoiceField(
        choices=[(code, code) for code in _PARTS], required=False, widget=forms.CheckboxSelectMultiple
    )
    first_on = forms.DateField(
        label=gettext_lazy("Not before"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last_on = forms.DateField(
        label=gettext_lazy("Not after"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    mode = forms.ChoiceField(label=gettext_lazy("How you would like to meet"), choices=_MODES, required=False)

    def wishes(self, time_zone: str) -> Wishes:
        """What was told, by the clock of its person."""
        given = self.cleaned_data
        return Wishes(
            time_zone=time_zone,
            parts=frozenset(_PARTS[code] for code in given["parts"]),
            first_on=given["first_on"],
            last_on=given["last_on"],
            mode=Mode(given["mode"]) if given["mode"] else None,
        )

    def rows(self) -> list[dict[str, Any]]:
        """The week as a table of boxes: each day with its three parts, ticked as they were."""
        chosen = set(self["parts"].value() or ())
        return [
            {
                "day": WEEKDAYS[weekday],
                "cells": [
                    {
                        "code": part_code(weekday, part),
                        "label": _("%(day)s, %(part)s") % {"day": WEEKDAYS[weekday], "part": word},
                        "is_chosen": part_code(weekday, part) in chosen,
                    }
                    for part, word in PART_WORDS.items()
                ],
            }
            for weekday in range(7)
        ]


def terms_read(query: QueryDict) -> dict[TermKind, tuple[str, ...]]:
    """What somebody looks for, of a search or a form. Codes that are no more are left out."""
    found = {
        kind: tuple(dict.fromkeys(code for code in query.getlist(kind.value) if code in TERMS[kind]))
        for kind in WAITLIST_TERMS
    }
    return {kind: codes for kind, codes in found.items() if codes}
