"""The forms of a therapist's week, days apart and services."""

from collections.abc import Iterator, Sequence
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts_selectors
from accounts.types import LocationView
from bloom.kernel import problems
from bloom.kernel.errors import DomainError, Invalid
from bloom.kernel.money import Money
from scheduling.types import (
    DAY_MINUTES,
    QUANTUM_MINUTES,
    AvailabilityView,
    Block,
    ExceptionKind,
    Modes,
    Rules,
    ServiceFacts,
    ServiceView,
    WhoMayBook,
)

DAYS = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip
STRETCHES = 4
# What a field of a row is called, by what it is of the hours.
_PARTS = {"from": "from", "until": "until", "location": "way"}
_HOUR, _DAY = 60, DAY_MINUTES
_NOTICES = (
    (0, _("No notice")), (_HOUR, _("1 hour")), (2 * _HOUR, _("2 hours")), (4 * _HOUR, _("4 hours")),
    (12 * _HOUR, _("12 hours")), (_DAY, _("1 day")), (2 * _DAY, _("2 days")), (7 * _DAY, _("1 week")),
)  # fmt: skip
_HORIZONS = (
    (7, _("1 week")), (14, _("2 weeks")), (30, _("1 month")), (60, _("2 months")), (90, _("3 months")),
    (180, _("6 months")), (365, _("1 year")),
)  # fmt: skip
_STEPS = ((10, 10), (15, 15), (20, 20), (30, 30), (45, 45), (60, 60))
_WAYS = {
    Modes.BOTH: _("By video or in person"),
    Modes.TELEHEALTH: _("By video"),
    Modes.IN_PERSON: _("In person"),
}
# The same where there is no place to name, as short as a button.
_PAINTS = {Modes.BOTH: _("Either"), Modes.TELEHEALTH: _("By video"), Modes.IN_PERSON: _("In person")}
# However a sum is mistyped, this is how one writes it.
_SUM = dict.fromkeys(
    ("invalid", "max_digits", "max_decimal_places", "max_whole_digits"),
    _("Please give a sum, such as 150 or 92.50, below a million."),
)
_WHO = {
    WhoMayBook.ANYBODY: _("Everybody"),
    WhoMayBook.NEW: _("New patients only"),
    WhoMayBook.EXISTING: _("Only patients in my care"),
}


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "input", "step": 300}, format="%H:%M"),
        error_messages={"invalid": _("Please give a time, such as 09:00.")},
    )


def _known(choices: Sequence[tuple[int, Any]], held: int) -> list[tuple[int, Any]]:
    """The usual choices, and what is kept now where it is none of them."""
    return list(choices) if held in dict(choices) else sorted([*choices, (held, held)])


def ways(locations: Sequence[LocationView]) -> list[tuple[str, Any]]:
    """How one can meet in a stretch of hours: by video, in person at a place of the practice, or both."""
    if not locations:
        return [(mode.value, words) for mode, words in _WAYS.items()]
    found: list[tuple[str, Any]] = [(Modes.TELEHEALTH.value, _WAYS[Modes.TELEHEALTH])]
    for place in locations:
        found += [
            (f"{Modes.BOTH.value}:{place.id}", _("By video or at %(place)s") % {"place": place.name}),
            (f"{Modes.IN_PERSON.value}:{place.id}", _("At %(place)s") % {"place": place.name}),
        ]
    return found


def way_write(modes: Modes, location_id: UUID | None) -> str:
    return f"{modes.value}:{location_id}" if location_id else modes.value


def way_read(text: str) -> tuple[Modes, UUID | None]:
    """What `way_write` wrote, which a choice has checked."""
    mode, _colon, place = text.partition(":")
    return Modes(mode), UUID(place) if place else None


def _held_otherwise(blocks: Sequence[Block], known: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The ways to meet that a week has and nobody chooses now, such as at a place that was given up. Each row
    can say them: painting moves what is met from row to row.
    """
    held = {way_write(block.modes, block.location_id): _WAYS[block.modes] for block in blocks}
    return [(way, words) for way, words in held.items() if way not in dict(known)]


class WeekForm(forms.Form):
    """A week of hours and the rules by which it is given away. A stretch that does not end after it begins
    ends on the next day.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Your hours are by the clock of this zone. Patients see them in theirs."),
        error_messages={"invalid_choice": _("This is not a time zone we know.")},
    )
    slot_minutes = forms.TypedChoiceField(label=_("A session can begin every (minutes)"), coerce=int)
    notice_minutes = forms.TypedChoiceField(label=_("Notice that you need"), coerce=int)
    horizon_days = forms.TypedChoiceField(label=_("How far ahead can be booked"), coerce=int)
    daily_limit = forms.IntegerField(
        label=_("Sessions a day at most"), required=False, min_value=1, max_value=50
    )
    needs_approval = forms.BooleanField(
        label=_("I confirm each booking myself"),
        help_text=_("Until you answer, the time is kept for the patient."),
        required=False,
    )
    free_cancel_minutes = forms.TypedChoiceField(
        label=_("Free to cancel until, before the session"), coerce=int
    )
    late_fee = forms.DecimalField(
        label=_("Fee for cancelling later, or not coming"),
        help_text=_("In the currency of the service. Zero: no fee."),
        min_value=0,
        max_digits=8,
        decimal_places=2,
        error_messages=_SUM,
    )

    def __init__(
        self, *args: Any, view: AvailabilityView, locations: Sequence[LocationView], **kwargs: Any
    ) -> None:
        rules = view.rules
        kwargs["initial"] = {
            "version": view.version,
            "time_zone": view.time_zone,
            "slot_minutes": rules.slot_minutes,
            "notice_minutes": rules.notice_minutes,
            "horizon_days": rules.horizon_days,
            "daily_limit": rules.daily_limit,
            "needs_approval": rules.needs_approval,
            "free_cancel_minutes": rules.free_cancel_minutes,
            "late_fee": Decimal(rules.late_fee_minor) / 100,
        }
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["time_zone"].choices = accounts_selectors.time_zone_choices(view.time_zone)
        fields["slot_minutes"].choices = _known(_STEPS, rules.slot_minutes)
        fields["notice_minutes"].choices = _known(_NOTICES, rules.notice_minutes)
        fields["horizon_days"].choices = _known(_HORIZONS, rules.horizon_days)
        fields["free_cancel_minutes"].choices = _known(_NOTICES, rules.free_cancel_minutes)
        self._ways = ways(locations)
        choices = [*self._ways, *_held_otherwise(view.blocks, self._ways)]
        for number, day in enumerate(DAYS):
            held = sorted(block for block in view.blocks if block.weekday == number)
            for each in range(max(STRETCHES, len(held))):
                self._stretch(day, f"day{number}", each, held[each] if each < len(held) else None, choices)
        self._counts = [
            max(STRETCHES, sum(block.weekday == number for block in view.blocks)) for number in range(7)
        ]

    def _stretch(
        self, day: Any, name: str, each: int, block: Block | None, choices: list[tuple[str, Any]]
    ) -> None:
        # Beside the fields stands the day already; where all that was refused is listed, it does not.
        begins = _time(_("%(day)s, from") % {"day": day})
        ends = _time(_("%(day)s, until") % {"day": day})
        way = forms.ChoiceField(
            label=_("%(day)s, how you meet") % {"day": day},
            choices=choices,
            required=False,
            widget=forms.Select(attrs={"class": "select"}),
        )
        if block is not None:
            begins.initial, ends.initial = _clock(block.start), _clock(block.end)
            way.initial = way_write(block.modes, block.location_id)
        self.fields[f"{name}_from{each}"] = begins
        self.fields[f"{name}_until{each}"] = ends
        self.fields[f"{name}_way{each}"] = way

    def paints(self) -> Iterator[tuple[str, Any, str]]:
        """With what the week can be painted: a way to meet, its words, and its look."""
        for way, words in self._ways:
            modes, location_id = way_read(way)
            yield way, words if location_id else _PAINTS[modes], modes.value

    def week_rows(self) -> Iterator[tuple[Any, list[tuple[Any, Any, Any]]]]:
        """Each day of the week with the fields of its stretches."""
        for number, day in enumerate(DAYS):
            name = f"day{number}"
            yield (
                day,
                [
                    (self[f"{name}_from{each}"], self[f"{name}_until{each}"], self[f"{name}_way{each}"])
                    for each in range(self._counts[number])
                ],
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        told = [each for number in range(7) for each in self._blocks(given, number, self._counts[number])]
        given["blocks"] = [block for _row, block in told]
        self._rows = [row for row, _block in told]
        return given

    def refuse(self, error: Invalid) -> None:
        """Say what a service refused, each beside its field: of hours it counts those that were sent."""
        problems.form_apply(
            self, Invalid(errors={self._field_of(name): texts for name, texts in error.errors.items()})
        )

    def _field_of(self, name: str) -> str:
        if name == "late_fee_minor":
            return "late_fee"
        week, number, part = (*name.split("."), "", "")[:3]
        if week != "week" or not number:
            return name
        day, each = self._rows[int(number)]
        return f"{day}_{_PARTS[part]}{each}"

    def _blocks(
        self, given: dict[str, Any], number: int, count: int
    ) -> Iterator[tuple[tuple[str, int], Block]]:
        """The hours of a day, each with the row that says them."""
        for each in range(count):
            name = f"day{number}"
            begins, ends = given.get(f"{name}_from{each}"), given.get(f"{name}_until{each}")
            if begins is None and ends is None:
                continue
            if begins is None or ends is None:
                missing = f"{name}_from{each}" if begins is None else f"{name}_until{each}"
                if missing not in self.errors:
                    self.add_error(missing, _("From when, and until when?"))
                continue
            start, end = _minutes(begins), _minutes(ends)
            modes, location_id = way_read(given.get(f"{name}_way{each}") or Modes.BOTH.value)
            until = end if end > start else end + DAY_MINUTES
            yield (name, each), Block(number, start, until, modes, location_id)

    def rules(self) -> Rules:
        """What the form says of how time is given away."""
        given = self.cleaned_data
        return Rules(
            slot_minutes=given["slot_minutes"],
            notice_minutes=given["notice_minutes"],
            horizon_days=given["horizon_days"],
            daily_limit=given["daily_limit"],
            needs_approval=given["needs_approval"],
            free_cancel_minutes=given["free_cancel_minutes"],
            late_fee_minor=int(given["late_fee"] * 100),
        )


class ExceptionForm(forms.Form):
    """Days off, or with extra hours."""

    kind = forms.ChoiceField(
        label=_("What"),
        choices=[(ExceptionKind.OFF.value, _("Time off")), (ExceptionKind.EXTRA.value, _("Extra hours"))],
    )
    starts_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends_on = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Empty: the first day alone."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    begins = _time(_("From"))
    ends = _time(_("Until"))

    def times(self) -> tuple[int | None, int | None]:
        """From and until in minutes; a stretch that ends before it begins ends on the next day."""
        begins, ends = self.cleaned_data["begins"], self.cleaned_data["ends"]
        if begins is None or ends is None:
            return (
                None if begins is None else _minutes(begins),
                None if ends is None else _minutes(ends),
            )
        start, end = _minutes(begins), _minutes(ends)
        return start, end if end > start else end + DAY_MINUTES

    def refuse(self, error: DomainError) -> None:
        """Say what a service refused, each beside its field."""
        if not isinstance(error, Invalid):
            problems.form_apply(self, error)
            return
        begins, _ends = self.times()
        hours = "begins" if begins is None or begins % QUANTUM_MINUTES else "ends"
        errors = {hours if name == "hours" else name: texts for name, texts in error.errors.items()}
        problems.form_apply(self, Invalid(errors=errors))


class ServiceForm(forms.Form):
    """Something that a therapist offers."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    name = forms.CharField(
        label=_("Name"), help_text=_("As patients read it, such as “50-minute session”."), max_length=200
    )
    duration_minutes = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=480)
    price = forms.DecimalField(
        label=_("Price in US dollars"), min_value=0, max_digits=8, decimal_places=2, error_messages=_SUM
    )
    modes = forms.ChoiceField(
        label=_("How you meet"), choices=[(mode.value, words) for mode, words in _WAYS.items()]
    )
    who_may_book = forms.ChoiceField(
        label=_("Who can book it"), choices=[(who.value, words) for who, words in _WHO.items()]
    )
    buffer_before = forms.IntegerField(label=_("Minutes free before it"), min_value=0, max_value=240)
    buffer_after = forms.IntegerField(label=_("Minutes free after it"), min_value=0, max_value=240)
    cpt_code = forms.CharField(
        label=_("CPT code"), help_text=_("For claims, such as 90834."), required=False, max_length=10
    )

    def __init__(self, *args: Any, view: ServiceView | None, **kwargs: Any) -> None:
        self._view = view
        if view is None:
            kwargs["initial"] = {
                "version": 0,
                "duration_minutes": 50,
                "buffer_before": 0,
                "buffer_after": 10,
                "who_may_book": WhoMayBook.ANYBODY.value,
            }
        else:
            kwargs["initial"] = {
                "version": view.version,
                "name": view.name,
                "duration_minutes": view.duration_minutes,
                "price": Decimal(view.price.amount) / 100,
                "modes": view.modes.value,
                "who_may_book": view.who_may_book.value,
                "buffer_before": view.buffer_before,
                "buffer_after": view.buffer_after,
                "cpt_code": view.cpt_code,
            }
        super().__init__(*args, **kwargs)

    def facts(self) -> ServiceFacts:
        """What the form says; what it does not ask for stays."""
        given = self.cleaned_data
        held = self._view
        return ServiceFacts(
            name=given["name"],
            duration_minutes=given["duration_minutes"],
            price=Money(int(given["price"] * 100), held.price.currency if held else "USD"),
            modes=Modes(given["modes"]),
            buffer_before=given["buffer_before"],
            buffer_after=given["buffer_after"],
            cpt_code=given["cpt_code"],
            place_of_service=held.place_of_service if held else "",
            who_may_book=WhoMayBook(given["who_may_book"]),
        )


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
