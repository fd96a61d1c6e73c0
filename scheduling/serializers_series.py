"""The shape of appointments that come again by REST."""

from datetime import date
from typing import Any

from django.utils.translation import gettext
from rest_framework import serializers

from bloom.kernel import clock, fields
from scheduling.serializers import MomentField
from scheduling.types import (
    SERIES_COUNT_MOST,
    Choice,
    Frequency,
    OccurrenceFault,
    Scope,
    SeriesRule,
    SeriesView,
    Take,
)


def series_wire(view: SeriesView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "practice": str(view.practice_id),
        "therapist": {"id": str(view.therapist.id), "name": view.therapist.name},
        "patient": {"id": str(view.patient.id), "name": view.patient.name},
        "frequency": view.rule.frequency.value,
        "interval": view.rule.interval,
        "count": view.rule.count,
        "until": view.rule.until.isoformat() if view.rule.until else None,
        "time_zone": view.time_zone,
        "starts_on": view.starts_on.isoformat(),
        "ends_on": view.ends_on.isoformat() if view.ends_on else None,
        "is_over": view.is_over,
        "coming": [
            {
                "appointment": str(each.appointment_id),
                "starts_at": clock.to_wire(each.starts_at),
                "is_apart": each.is_apart,
            }
            for each in view.coming
        ],
        "skipped": [each.isoformat() for each in view.skipped],
    }


def rule_read(given: dict[str, Any]) -> SeriesRule:
    return SeriesRule(
        frequency=Frequency(given["frequency"]),
        interval=given["interval"],
        count=given["count"],
        until=given["until"],
    )


def choices_read(given: dict[str, Any]) -> dict[date, Choice]:
    return {
        each["on"]: Choice(take=Take(each["take"]), starts_at=each["starts_at"]) for each in given["choices"]
    }


class ChoiceSerializer(serializers.Serializer[Any]):
    """What becomes of a time against which something stands."""

    on = serializers.DateField()
    take = fields.Choice(choices=[each.value for each in Take])
    starts_at = MomentField(default=None, allow_null=True, help_text="With `at` alone.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["take"] == Take.AT.value and attrs["starts_at"] is None:
            raise serializers.ValidationError({"starts_at": [gettext("Please say at what time.")]})
        return attrs


class _Chooses(serializers.Serializer[Any]):
    # Of many, it bounds how many.
    choices = ChoiceSerializer(many=True, default=list, max_length=SERIES_COUNT_MOST)  # type: ignore[call-arg]


class RepeatSerializer(_Chooses):
    """How often it comes again, and until when: so many times, until a day, or until it is ended."""

    frequency = fields.Choice(choices=[each.value for each in Frequency])
    interval = fields.Whole(default=1, min_value=1, max_value=12)
    count = fields.Whole(default=None, allow_null=True, min_value=2, max_value=SERIES_COUNT_MOST)
    until = serializers.DateField(default=None, allow_null=True)


class SeriesMoveSerializer(_Chooses):
    """When this one is from now on, and which others go along."""

    starts_at = MomentField()
    scope = fields.Choice(choices=[each.value for each in Scope])


class SeriesEndSerializer(fields.FeesSeenSerializer):
    scope = fields.Choice(choices=[each.value for each in Scope])


class SeriesEndedSerializer(serializers.Serializer[Any]):
    cancelled = serializers.IntegerField(min_value=0, help_text="How many appointments were called off.")


class _PersonSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class SeriesTimeSerializer(serializers.Serializer[Any]):
    appointment = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    is_apart = serializers.BooleanField(help_text="It was moved by itself.")


class SeriesSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    practice = serializers.UUIDField()
    therapist = _PersonSerializer()
    patient = _PersonSerializer()
    frequency = fields.Choice(choices=[each.value for each in Frequency])
    interval = serializers.IntegerField()
    count = serializers.IntegerField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    time_zone = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    is_over = serializers.BooleanField()
    coming = SeriesTimeSerializer(many=True)
    skipped = serializers.ListField(child=serializers.DateField())


class OccurrenceSerializer(serializers.Serializer[Any]):
    on = serializers.DateField()
    starts_at = serializers.DateTimeField()
    fault = fields.Choice(choices=[each.value for each in OccurrenceFault], allow_null=True)
    nearest = serializers.DateTimeField(allow_null=True)
