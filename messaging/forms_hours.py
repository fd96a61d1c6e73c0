"""The forms of a practice's hours and of a therapist's time away."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts_selectors
from messaging import services
from messaging.rules import hours as rules
from messaging.types import DATES_MOST, AwayView, OfficeHours, OfficeHoursView, Span, Spans

DAYS = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip
# Two stretches: before and after a break. More come over REST and are kept.
_STRETCHES = 2
_BLANK_DATES = 3


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "input"}, format="%H:%M"),
        error_messages={"invalid": _("Please give a time, such as 09:00.")},
    )


def _zone_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Time zone"),
        choices=accounts_selectors.time_zone_choices,
        error_messages={"invalid_choice": _("This is not a time zone we know.")},
    )


def _text_field(label: Any, hint: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=False,
        # How long it may be, the service says, and what was typed stays.
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )


class OfficeHoursForm(forms.Form):
    """A week, days apart, and words. A day without times is closed; 00:00 as an end is midnight."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    time_zone = _zone_field()
    text = _text_field(
        _("Away notice"),
        _("Patients read it before they write. The line about danger always stands beside it."),
    )

    def __init__(self, *args: Any, view: OfficeHoursView, zone: str, **kwargs: Any) -> None:
        hours = view.hours or OfficeHours(time_zone=zone, week=((),) * 7)
        kwargs["initial"] = {"version": view.version, "time_zone": hours.time_zone, "text": view.text}
        super().__init__(*args, **kwargs)
        zones: Any = self.fields["time_zone"]
        # Also one that goes by an old name, as it came over REST.
        zones.choices = accounts_selectors.time_zone_choices(hours.time_zone)
        self.rows = min(DATES_MOST, len(hours.dates) + _BLANK_DATES)
        if self.is_bound:
            sent = sum(f"date{number}" in self.data for number in range(DATES_MOST))
            self.rows = max(sent, 1)
        for number, day in enumerate(DAYS):
            self._stretches(f"day{number}", day, hours.week[number])
        known: list[tuple[date | None, Spans]] = [*sorted(hours.dates.items()), *[(None, ())] * DATES_MOST]
        for number, (apart, spans) in enumerate(known[: self.rows]):
            self.fields[f"date{number}"] = forms.DateField(
                label=_("Day"),
                required=False,
                initial=apart,
                widget=forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d"),
                error_messages={"invalid": _("Please give a day of the calendar.")},
            )
            self._stretches(f"date{number}", _("Day"), spans, most=1)

    def _stretches(self, name: str, label: Any, spans: Spans, *, most: int = _STRETCHES) -> None:
        for each in range(most):
            span = sorted(spans)[each] if each < len(spans) else None
            begins, ends = _time(_("from")), _time(_("until"))
            if span is not None:
                begins.initial, ends.initial = _clock(span.start), _clock(span.end)
            self.fields[f"{name}_from{each}"] = begins
            self.fields[f"{name}_until{each}"] = ends

    def week_rows(self) -> Iterator[tuple[Any, list[tuple[Any, Any]]]]:
        """Each day of the week with its pairs of fields."""
        for number, day in enumerate(DAYS):
            yield day, self._pairs(f"day{number}", _STRETCHES)

    def date_rows(self) -> Iterator[tuple[Any, list[tuple[Any, Any]]]]:
        """The field of each day apart with its pairs of fields."""
        for number in range(self.rows):
            yield self[f"date{number}"], self._pairs(f"date{number}", 1)

    def _pairs(self, name: str, most: int) -> list[tuple[Any, Any]]:
        return [(self[f"{name}_from{each}"], self[f"{name}_until{each}"]) for each in range(most)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        week = tuple(self._spans(given, f"day{number}", _STRETCHES) for number in range(7))
        dates: dict[date, Spans] = {}
        for number in range(self.rows):
            spans = self._spans(given, f"date{number}", 1)
            day = given.get(f"date{number}")
            if day in dates:
                self.add_error(f"date{number}", _("This day stands here twice."))
            elif day is not None:
                dates[day] = spans
            elif spans:
                self.add_error(f"date{number}", _("Which day?"))
        given["hours"] = OfficeHours(time_zone=given.get("time_zone") or "UTC", week=week, dates=dates)
        return given

    def _spans(self, given: dict[str, Any], name: str, most: int) -> Spans:
        spans: list[Span] = []
        for each in range(most):
            begins, ends = given.get(f"{name}_from{each}"), given.get(f"{name}_until{each}")
            if begins is None and ends is None:
                continue
            if begins is None or ends is None:
                missing = f"{name}_from{each}" if begins is None else f"{name}_until{each}"
                if missing not in self.errors:
                    self.add_error(missing, _("From when, and until when?"))
                continue
            spans.append(Span(_minutes(begins), _minutes(ends) or rules.DAY_MINUTES))
        fault = rules.spans_fault(spans)
        if fault is not None:
            self.add_error(f"{name}_from0", services.spans_say(fault))
            return ()
        return tuple(spans)


class AwayForm(forms.Form):
    """From when to when somebody is away, both days included."""

    starts_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    text = _text_field(
        _("What your patients read"),
        _("Say who can be reached instead. Leave out why you are away if it is nobody’s business."),
    )

    def __init__(self, *args: Any, away: AwayView | None, **kwargs: Any) -> None:
        if away is not None:
            kwargs["initial"] = {"starts_on": away.starts_on, "ends_on": away.ends_on, "text": away.text}
        super().__init__(*args, **kwargs)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
