"""The shape of a therapist's week by REST."""

from typing import Any

from rest_framework import serializers

from bloom.kernel import fields
from scheduling.types import AvailabilityView, Block, ExceptionKind, ExceptionView, Modes, Rules

_CLOCK = r"^([0-3][0-9]|4[0-8]):[0-5][0-9]\Z"


def availability_wire(view: AvailabilityView) -> dict[str, Any]:
    return {
        "therapist": str(view.therapist_id),
        "practice": str(view.practice_id),
        "time_zone": view.time_zone,
        "week": [
            {
                "weekday": block.weekday,
                "from": _clock(block.start),
                "until": _clock(block.end),
                "modes": block.modes.value,
                "location": str(block.location_id) if block.location_id else None,
            }
            for block in view.blocks
        ],
        "slot_minutes": view.rules.slot_minutes,
        "notice_minutes": view.rules.notice_minutes,
        "horizon_days": view.rules.horizon_days,
        "daily_limit": view.rules.daily_limit,
        "needs_approval": view.rules.needs_approval,
        "free_cancel_minutes": view.rules.free_cancel_minutes,
        "late_fee_minor": view.rules.late_fee_minor,
        "exceptions": [exception_wire(each) for each in view.exceptions],
        "version": view.version,
    }


def exception_wire(view: ExceptionView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "kind": view.kind.value,
        "starts_on": view.starts_on.isoformat(),
        "ends_on": view.ends_on.isoformat(),
        "from": None if view.starts_minute is None else _clock(view.starts_minute),
        "until": None if view.ends_minute is None else _clock(view.ends_minute),
        "modes": view.modes.value,
        "location": str(view.location_id) if view.location_id else None,
    }


def blocks_read(given: list[dict[str, Any]]) -> tuple[Block, ...]:
    return tuple(
        Block(
            each["weekday"],
            minutes_read(each["from"]),
            minutes_read(each["until"]),
            Modes(each["modes"]),
            each["location"],
        )
        for each in given
    )


def rules_read(given: dict[str, Any]) -> Rules:
    return Rules(
        slot_minutes=given["slot_minutes"],
        notice_minutes=given["notice_minutes"],
        horizon_days=given["horizon_days"],
        daily_limit=given["daily_limit"],
        needs_approval=given["needs_approval"],
        free_cancel_minutes=given["free_cancel_minutes"],
        late_fee_minor=given["late_fee_minor"],
    )


def minutes_read(text: str) -> int:
    """Minutes after midnight of a time that `_CLOCK` knows."""
    return int(text[:2]) * 60 + int(text[3:])


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


class BlockSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> Any:
        # "from" is no name that a class body can have.
        return {
            "weekday": fields.Whole(min_value=0, max_value=6, help_text="0 is Monday."),
            "from": serializers.RegexField(_CLOCK, help_text="By the calendar’s clock: 09:00."),
            "until": serializers.RegexField(_CLOCK, help_text="From 24:00 on it is in the next day: 26:00."),
            "modes": fields.Choice(choices=[modes.value for modes in Modes], default=Modes.BOTH.value),
            "location": fields.Id(allow_null=True, default=None),
        }


class ExceptionSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> Any:
        return {
            "id": serializers.UUIDField(),
            "kind": serializers.ChoiceField(choices=[kind.value for kind in ExceptionKind]),
            "starts_on": serializers.DateField(),
            "ends_on": serializers.DateField(help_text="The last day of it."),
            "from": serializers.CharField(allow_null=True, help_text="null: all of each day."),
            "until": serializers.CharField(allow_null=True),
            "modes": serializers.ChoiceField(choices=[modes.value for modes in Modes]),
            "location": serializers.UUIDField(allow_null=True),
        }


class ExceptionAddSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> Any:
        return {
            "kind": fields.Choice(choices=[kind.value for kind in ExceptionKind]),
            "starts_on": serializers.DateField(),
            "ends_on": serializers.DateField(help_text="The last day of it."),
            "from": serializers.RegexField(
                _CLOCK, allow_null=True, default=None, help_text="Neither: all of each day."
            ),
            "until": serializers.RegexField(_CLOCK, allow_null=True, default=None),
            "modes": fields.Choice(choices=[modes.value for modes in Modes], default=Modes.BOTH.value),
            "location": fields.Id(allow_null=True, default=None),
        }


class AvailabilitySerializer(serializers.Serializer[Any]):
    therapist = serializers.UUIDField()
    practice = serializers.UUIDField()
    time_zone = serializers.CharField()
    week = BlockSerializer(many=True)
    slot_minutes = serializers.IntegerField()
    notice_minutes = serializers.IntegerField()
    horizon_days = serializers.IntegerField()
    daily_limit = serializers.IntegerField(allow_null=True)
    needs_approval = serializers.BooleanField()
    free_cancel_minutes = serializers.IntegerField()
    late_fee_minor = serializers.IntegerField()
    exceptions = ExceptionSerializer(many=True)
    version = serializers.IntegerField()


class AvailabilityChangeSerializer(serializers.Serializer[Any]):
    """All of it: what is not named is as it is at first."""

    time_zone = fields.Text(max_length=64)
    week = BlockSerializer(many=True)
    slot_minutes = fields.Whole(default=Rules().slot_minutes)
    notice_minutes = fields.Whole(default=Rules().notice_minutes)
    horizon_days = fields.Whole(default=Rules().horizon_days)
    daily_limit = fields.Whole(allow_null=True, default=None)
    needs_approval = fields.YesNo(default=False)
    free_cancel_minutes = fields.Whole(default=Rules().free_cancel_minutes)
    late_fee_minor = fields.Whole(default=0, help_text="In minor units of the service’s currency.")
    version = fields.Whole(min_value=0, help_text="The one that was read; 0 for none yet.")
