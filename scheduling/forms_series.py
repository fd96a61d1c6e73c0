"""How often an appointment comes again, when a whole series is, and what becomes of each time that is not
possible.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bloom.kernel import clock
from scheduling.rules import clock as wall
from scheduling.types import (
    SERIES_COUNT_MOST,
    Choice,
    Choices,
    Frequency,
    Occurrence,
    OccurrenceFault,
    Scope,
    SeriesPlan,
    SeriesRule,
    Take,
)

_EVERY = {
    "weekly:1": _("Every week"),
    "weekly:2": _("Every 2 weeks"),
    "weekly:3": _("Every 3 weeks"),
    "weekly:4": _("Every 4 weeks"),
    "monthly:1": _("Every month, on the same weekday"),
}
_ENDS = {
    "never": _("Until you end it"),
    "count": _("After so many times"),
    "until": _("On a day"),
}
_FAULTS = {
    OccurrenceFault.TAKEN: _("Something else stands there."),
    OccurrenceFault.PATIENT_BUSY: _("The patient has another appointment then."),
    OccurrenceFault.CLOSED: _("These are not hours of work."),
    OccurrenceFault.PAST: _("This time is over."),
    OccurrenceFault.DAY_FULL: _("The day has as many sessions as the therapist takes."),
}
_PREFIX = "on-"


class RepeatForm(forms.Form):
    """How often, and until when."""

    every = forms.ChoiceField(label=_("How often"), choices=list(_EVERY.items()))
    ends = forms.ChoiceField(label=_("How long"), choices=list(_ENDS.items()), initial="never")
    count = forms.IntegerField(
        label=_("How many times"),
        help_text=_("Where it ends after so many; the first one counts."),
        required=False,
        min_value=2,
        max_value=SERIES_COUNT_MOST,
        widget=forms.NumberInput(attrs={"class": "input"}),
    )
    until = forms.DateField(
        label=_("The last day"),
        help_text=_("Where it ends on a day."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("every", "ends"):
            self.fields[name].widget.attrs["class"] = "select"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        ends = data.get("ends")
        if ends == "count" and not data.get("count") and "count" not in self.errors:
            self.add_error("count", _("Please say how many times."))
        if ends == "until" and not data.get("until") and "until" not in self.errors:
            self.add_error("until", _("Please say which day is the last one."))
        return data

    def rule(self) -> SeriesRule:
        """What a valid form says."""
        data = self.cleaned_data
        frequency, interval = data["every"].split(":")
        return SeriesRule(
            frequency=Frequency(frequency),
            interval=int(interval),
            count=data["count"] if data["ends"] == "count" else None,
            until=data["until"] if data["ends"] == "until" else None,
        )


class SeriesMoveForm(forms.Form):
    """When this one is from now on, and which others go along."""

    day = forms.DateField(
        label=_("Day of this appointment"),
        widget=forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d"),
    )
    time = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput(attrs={"type": "time", "class": "input", "step": 300}, format="%H:%M"),
        error_messages={"invalid": _("Please give a time, such as 09:00.")},
    )
    scope = forms.ChoiceField(
        label=_("Which ones move"),
        choices=[
            (Scope.FOLLOWING.value, _("This one and those after it")),
            (Scope.ALL.value, _("All that are to come")),
        ],
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["scope"].widget.attrs["class"] = "select"

    def clean_day(self) -> date:
        """Zones and calendars end where nobody means a day any more."""
        day: date = self.cleaned_data["day"]
        if not 2000 < day.year < 2199:
            raise forms.ValidationError(_("Please choose a day that will come."))
        return day


@dataclass(frozen=True, slots=True)
class Way:
    """Something that can become of a time: its value in the form, and whether it is chosen now."""

    value: str
    take: Take
    starts_at: datetime | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """A time against which something stands, why in words, and the ways out."""

    occurrence: Occurrence
    name: str
    why: Any
    ways: tuple[Way, ...]


def choices_read(data: Mapping[str, Any]) -> dict[date, Choice]:
    """What was chosen, by day; what makes no sense is no choice."""
    found: dict[date, Choice] = {}
    for name, raw in data.items():
        if not name.startswith(_PREFIX):
            continue
        try:
            on = date.fromisoformat(name.removeprefix(_PREFIX))
            take, _colon, moment = str(raw).partition(":")
            starts_at = clock.from_wire(moment) if moment else None
            choice = Choice(take=Take(take), starts_at=starts_at)
        except ValueError:
            continue
        if starts_at is not None and not wall.is_near(starts_at):
            continue
        if (choice.take is Take.AT) is (starts_at is not None):
            found[on] = choice
    return found


def conflicts_of(plan: SeriesPlan, choices: Choices) -> list[Conflict]:
    """The conflicts of a plan as a page asks about them, with what was chosen, or else the nearest time."""
    return [_conflict(each, choices.get(each.on), may_keep=plan.may_keep) for each in plan.conflicts]


def _conflict(each: Occurrence, chosen: Choice | None, *, may_keep: bool) -> Conflict:
    ways: list[tuple[Take, datetime | None]] = []
    if each.nearest is not None:
        ways.append((Take.AT, each.nearest))
    if each.fault is OccurrenceFault.CLOSED and may_keep:
        ways.append((Take.KEEP, None))
    ways.append((Take.SKIP, None))
    wanted = (chosen.take, chosen.starts_at) if chosen else None
    if wanted not in ways:
        wanted = ways[0] if ways[0][0] is Take.AT else (Take.SKIP, None)
    assert each.fault is not None
    return Conflict(
        occurrence=each,
        name=f"{_PREFIX}{each.on.isoformat()}",
        why=_FAULTS[each.fault],
        ways=tuple(
            Way(
                value=take.value if moment is None else f"{take.value}:{clock.to_wire(moment)}",
                take=take,
                starts_at=moment,
                is_chosen=(take, moment) == wanted,
            )
            for take, moment in ways
        ),
    )
