"""What a therapist, or the practice's desk, tells when they book for a patient."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.types import PersonRef
from bloom.kernel import clock
from scheduling.rules import clock as wall
from scheduling.types import Mode, ServiceView


class BookForForm(forms.Form):
    """Whom, for what, how and when. `pick` is one of the times that were offered in place of a taken one, and
    `exact` the moment on which somebody pressed: the clock may show an hour twice.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    exact = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    pick = forms.CharField(required=False, max_length=40)
    patient = forms.ChoiceField(
        label=_("Patient"),
        error_messages={
            "required": _("Please choose a patient."),
            "invalid_choice": _("Please choose a patient who is in this therapist’s care."),
        },
    )
    service = forms.ChoiceField(label=_("What"), error_messages={"required": _("Please choose a service.")})
    mode = forms.ChoiceField(
        label=_("How you meet"),
        choices=[(Mode.TELEHEALTH.value, _("By video")), (Mode.IN_PERSON.value, _("In person"))],
    )
    on = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(attrs={"type": "date", "class": "input"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Please give a day."),
            "invalid": _("Please give a day, such as 2026-12-03."),
        },
    )
    at = forms.TimeField(
        label=_("Time"),
        widget=forms.TimeInput(attrs={"type": "time", "class": "input", "step": 300}, format="%H:%M"),
        error_messages={
            "required": _("Please give a time."),
            "invalid": _("Please give a time, such as 09:00."),
        },
    )
    note = forms.CharField(
        label=_("Your note"),
        help_text=_("Only you read it. The patient does not."),
        required=False,
        # How long it may be, the service says, and what was typed stays.
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        patients: Sequence[PersonRef],
        services: Sequence[ServiceView],
        zone: ZoneInfo,
        with_note: bool,
        said: Mapping[str, str],
    ) -> None:
        starts_at = moment_read(said.get("starts_at", ""))
        shown = starts_at.astimezone(zone) if starts_at else None
        initial = {
            "key": uuid4(),
            "patient": said.get("patient", ""),
            "service": said.get("service", "") or (str(services[0].id) if len(services) == 1 else ""),
            "on": shown.date() if shown else said.get("on", ""),
            "at": shown.time() if shown else None,
            "exact": clock.to_wire(starts_at) if starts_at else "",
        }
        super().__init__(data, initial=initial)
        self._zone = zone
        choose = [("", _("Please choose"))]
        patient, service = self.fields["patient"], self.fields["service"]
        assert isinstance(patient, forms.ChoiceField)
        assert isinstance(service, forms.ChoiceField)
        patient.choices = [*choose, *((str(each.id), each.name) for each in patients)]
        service.choices = [*choose, *((str(each.id), each.name) for each in services)]
        for name in ("patient", "service", "mode"):
            self.fields[name].widget.attrs["class"] = "select"
        if not with_note:
            del self.fields["note"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        picked = moment_read(data.get("pick", ""))
        on, at = data.get("on"), data.get("at")
        if picked is None and isinstance(on, date) and isinstance(at, time):
            picked = self._moment(on, at, moment_read(data.get("exact", "")))
            if picked is None:
                self.add_error("on", _("Give a day between the years 2000 and 2200."))
        data["starts_at"] = picked
        return data

    def key_renew(self) -> None:
        """Sent again, it is another booking."""
        self.data = {**self.data.dict(), "key": uuid4()}  # type: ignore[attr-defined]

    def _moment(self, on: date, at: time, exact: datetime | None) -> datetime | None:
        if exact is not None:
            shown = exact.astimezone(self._zone)
            if (shown.date(), shown.time().replace(second=0, microsecond=0)) == (on, at):
                return exact
        if not 2000 < on.year < 2199:
            return None
        return wall.moment(self._zone, on, at.hour * 60 + at.minute)

    def ids(self) -> tuple[UUID, UUID]:
        """The patient and the service."""
        return UUID(self.cleaned_data["patient"]), UUID(self.cleaned_data["service"])


def moment_read(raw: str) -> datetime | None:
    """A moment as addresses and buttons carry it; None for none, and for what nobody can mean."""
    try:
        found = clock.from_wire(raw)
    except (ValueError, OverflowError, TypeError):
        return None
    return found if wall.is_near(found) else None
