"""The wishes of who waits, in words."""

from collections.abc import Collection
from typing import Any

from django import template
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.types import TermKind
from scheduling.types import DayPart

register = template.Library()
_PARTS = {
    DayPart.MORNING: gettext_lazy("morning"),
    DayPart.AFTERNOON: gettext_lazy("afternoon"),
    DayPart.EVENING: gettext_lazy("evening"),
}
_KINDS = {
    TermKind.SPECIALTY: gettext_lazy("What it is about"),
    TermKind.INSURANCE: gettext_lazy("Insurance"),
    TermKind.LANGUAGE: gettext_lazy("Language"),
    TermKind.STATE: gettext_lazy("Licensed in"),
}


@register.filter
def parts_said(parts: Collection[tuple[int, DayPart]]) -> str:
    """Parts of a week as people say them: Monday (morning, evening), Friday."""
    if len(parts) == 7 * len(DayPart):
        return _("Every day")
    said = []
    for weekday in range(7):
        chosen = [part for part in DayPart if (weekday, part) in parts]
        if len(chosen) == len(DayPart):
            said.append(str(WEEKDAYS[weekday]))
        elif chosen:
            words = ", ".join(str(_PARTS[part]) for part in chosen)
            said.append(_("%(day)s (%(parts)s)") % {"day": WEEKDAYS[weekday], "parts": words})
    return ", ".join(said)


@register.filter
def kind_word(kind: Any) -> str:
    return str(_KINDS[TermKind(kind)])
