"""The forms of messages that go later."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from messaging.rules import later as rules
from messaging.rules import moments
from messaging.rules.later import Morning
from messaging.types import ScheduledView


class WhenForm(forms.Form):
    """A day and a time by its reader's clock."""

    day = forms.DateField(
        label=_("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Please give a day of the calendar.")},
    )
    time = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Please give a time, such as 09:00.")},
    )

    def __init__(self, *args: Any, zone: str, at: datetime, **kwargs: Any) -> None:
        self.zone, self.at = zone, at
        super().__init__(*args, **kwargs)

    def moment(self, given: dict[str, Any]) -> datetime | None:
        """When that is; None with what is wrong said beside it. Of a time that comes twice, the first."""
        day, time = given.get("day"), given.get("time")
        for name, value in (("day", day), ("time", time)):
            if value is None and name not in self.errors:
                self.add_error(name, _("Choose a day and a time."))
        if day is None or time is None:
            return None
        try:
            return moments.moment_of(ZoneInfo(self.zone), day, time)
        except moments.NoSuchTime:
            self.add_error(
                "time", _("The clocks are set forward that night: this time does not exist. Choose another.")
            )
        except OverflowError:
            self.add_error("day", _("Please give a day of the calendar."))
        return None


class PlanForm(WhenForm):
    """What to send later, and when: one of the offered moments, or a day and a time."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    body = forms.CharField(strip=False, required=False)
    when = forms.ChoiceField(choices=[(each, each) for each in (*Morning, "then")])
    attachments = forms.TypedMultipleChoiceField(required=False, coerce=UUID, empty_value=[])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whichever uploads are named: whose they are, the service sees.
        named = self.data.getlist("attachments") if isinstance(self.data, QueryDict) else []
        self.fields["attachments"].choices = [(each, each) for each in named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        which = given.get("when")
        if which == "then":
            given["due_at"] = self.moment(given)
        elif which:
            given["due_at"] = rules.morning(Morning(which), self.zone, at=self.at)
        return given


class ScheduledForm(WhenForm):
    """Another text, another time, fewer files."""

    body = forms.CharField(
        label=_("Message"),
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )

    attachments = forms.TypedMultipleChoiceField(
        label=_("Files that go along"),
        required=False,
        coerce=UUID,
        empty_value=[],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "input"}),
        error_messages={"invalid_choice": _("Please choose from the list.")},
    )

    def __init__(self, *args: Any, scheduled: ScheduledView, zone: str, at: datetime, **kwargs: Any) -> None:
        due = scheduled.due_at.astimezone(ZoneInfo(zone))
        kwargs["initial"] = {
            "body": scheduled.body or "",
            "day": due.date(),
            "time": due.time(),
            "attachments": [str(each.id) for each in scheduled.files],
        }
        super().__init__(*args, zone=zone, at=at, **kwargs)
        named = [(str(each.id), each.name) for each in scheduled.files]
        self.fields["attachments"].choices = named  # type: ignore[attr-defined]
        self.due_at = scheduled.due_at

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        due = self.due_at.astimezone(ZoneInfo(self.zone)).replace(second=0, microsecond=0)
        # Untouched, it stays the moment that it is: the clock may show it twice.
        same = (given.get("day"), given.get("time")) == (
            due.date(),
            due.time().replace(second=0, microsecond=0),
        )
        given["due_at"] = self.due_at if same else self.moment(given)
        return given
