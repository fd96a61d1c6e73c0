"""The shape of hours and time away by REST."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from bloom.kernel import clock, fields
from bloom.kernel.errors import Invalid
from messaging.types import AwayView, OfficeHours, OfficeHoursView, Span


def hours_wire(view: OfficeHoursView) -> dict[str, Any]:
    """A practice's hours for those who work there."""
    hours = view.hours
    return {
        "practice": str(view.practice_id),
        "time_zone": hours.time_zone if hours else None,
        "week": [_spans_wire(each) for each in hours.week] if hours else [[]] * 7,
        "dates": [
            {"on": day.isoformat(), "hours": _spans_wire(spans)} for day, spans in sorted(hours.dates.items())
        ]
        if hours
        else [],
        "text": view.text,
        "version": view.version,
        "changed_at": clock.to_wire(view.changed_at) if view.changed_at else None,
    }


def away_wire(view: AwayView | None) -> dict[str, Any]:
    """Somebody's own time away, or that there is none."""
    if view is None:
        return {"away": None}
    return {
        "away": {
            "starts_on": view.starts_on.isoformat(),
            "ends_on": view.ends_on.isoformat(),
            "time_zone": view.time_zone,
            "text": view.text,
            "is_now": view.is_now,
        }
    }


def hours_read(given: dict[str, Any]) -> OfficeHours:
    """Hours as they came. Raises Invalid."""
    dates: dict[date, tuple[Span, ...]] = {}
    for each in given["dates"]:
        if each["on"] in dates:
            raise Invalid(errors={"dates": [_("This day stands here twice.")]})
        dates[each["on"]] = _spans_read(each["hours"])
    return OfficeHours(
        time_zone=given["time_zone"], week=tuple(_spans_read(each) for each in given["week"]), dates=dates
    )


def _spans_wire(spans: Sequence[Span]) -> list[dict[str, str]]:
    return [{"from": _clock(span.start), "until": _clock(span.end)} for span in spans]


def _spans_read(raw: Sequence[dict[str, str]]) -> tuple[Span, ...]:
    return tuple(Span(_minutes(each["from"]), _minutes(each["until"])) for each in raw)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


_CLOCK = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z"


class SpanSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> Any:
        # "from" is no name that a class body can have.
        return {
            "from": serializers.RegexField(_CLOCK, help_text="By the practice’s clock: 09:00."),
            "until": serializers.RegexField(_CLOCK, help_text="24:00 is the midnight after."),
        }


class DateHoursSerializer(serializers.Serializer[Any]):
    on = serializers.DateField()
    hours = SpanSerializer(many=True, help_text="Empty: closed that day.")


class HoursChangeSerializer(serializers.Serializer[Any]):
    """All of it: what is not named is not kept."""

    time_zone = fields.Text(max_length=64)
    week = serializers.ListField(
        child=SpanSerializer(many=True), min_length=7, max_length=7, help_text="From Monday."
    )
    dates = DateHoursSerializer(many=True)
    text = fields.Text(allow_blank=True, max_length=5_000)
    version = fields.Whole(min_value=0, help_text="The one that was read; 0 for none yet.")


class HoursSerializer(serializers.Serializer[Any]):
    practice = serializers.UUIDField()
    time_zone = serializers.CharField(allow_null=True)
    week = serializers.ListField(child=SpanSerializer(many=True), help_text="From Monday.")
    dates = DateHoursSerializer(many=True)
    text = serializers.CharField(help_text="Empty: Bloom’s own words are shown.")
    version = serializers.IntegerField()
    changed_at = serializers.DateTimeField(allow_null=True)


class AwayChangeSerializer(serializers.Serializer[Any]):
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="The last day of it.")
    time_zone = fields.Text(max_length=64, required=False, help_text="One’s own unless told.")
    text = fields.Text(allow_blank=True, max_length=5_000)


class AwayPeriodSerializer(serializers.Serializer[Any]):
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    time_zone = serializers.CharField()
    text = serializers.CharField()
    is_now = serializers.BooleanField()


class AwaySerializer(serializers.Serializer[Any]):
    away = AwayPeriodSerializer(allow_null=True)
