"""The shape of times and appointments by REST."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bloom.kernel import clock, fields
from bloom.kernel.money import Money
from scheduling.rules import clock as wall
from scheduling.services import words
from scheduling.types import (
    AppointmentState,
    AppointmentView,
    CancelCause,
    FirstSlot,
    Hold,
    Mode,
    Modes,
    ServiceFacts,
    ServiceView,
    SlotView,
    WhoMayBook,
)


def slot_wire(view: SlotView) -> dict[str, Any]:
    return words.slot_wire(view)


def first_wire(view: FirstSlot) -> dict[str, Any]:
    return {
        "therapist": {"id": str(view.therapist.id), "name": view.therapist.name},
        "service": service_wire(view.service),
        "slot": slot_wire(view.slot),
    }


def hold_wire(view: Hold) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "therapist": str(view.therapist_id),
        "service": str(view.service_id),
        "starts_at": clock.to_wire(view.starts_at),
        "ends_at": clock.to_wire(view.ends_at),
        "mode": view.mode.value,
        "expires_at": clock.to_wire(view.expires_at),
    }


def appointment_wire(view: AppointmentView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "practice": str(view.practice_id),
        "therapist": {"id": str(view.therapist.id), "name": view.therapist.name},
        "patient": {"id": str(view.patient.id), "name": view.patient.name},
        "service": str(view.service_id),
        "service_name": view.service_name,
        "price": view.price.to_wire(),
        "starts_at": clock.to_wire(view.starts_at),
        "ends_at": clock.to_wire(view.ends_at),
        "status": view.state.value,
        "mode": view.mode.value,
        "location": None
        if view.location is None
        else {"id": str(view.location.id), "name": view.location.name},
        "reason": view.reason,
        "note": view.note,
        "cancel_cause": view.cancel_cause.value if view.cancel_cause else None,
        "decline_words": view.decline_words,
        "alarms": view.alarms,
        "sequence": view.sequence,
        "agreed_at": clock.to_wire(view.agreed_at) if view.agreed_at else None,
        "free_cancel_until": clock.to_wire(view.free_cancel_until),
        "free_cancel_minutes": view.free_cancel_minutes,
        "late_fee": view.late_fee.to_wire(),
        "cancel_fee": view.cancel_fee.to_wire() if view.cancel_fee else None,
        "owes_late_fee": view.owes_late_fee,
        "attending_at": clock.to_wire(view.attending_at) if view.attending_at else None,
        "cancelled_at": None if view.cancelled_at is None else clock.to_wire(view.cancelled_at),
        "can": sorted(deed.value for deed in view.deeds),
    }


def service_wire(view: ServiceView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "therapist": str(view.therapist_id),
        "practice": str(view.practice_id),
        "name": view.name,
        "duration_minutes": view.duration_minutes,
        "buffer_before": view.buffer_before,
        "buffer_after": view.buffer_after,
        "cpt_code": view.cpt_code,
        "place_of_service": view.place_of_service,
        "price": view.price.to_wire(),
        "modes": view.modes.value,
        "who_may_book": view.who_may_book.value,
        "version": view.version,
        "retired_at": None if view.retired_at is None else clock.to_wire(view.retired_at),
    }


def facts_read(given: dict[str, Any]) -> ServiceFacts:
    return ServiceFacts(
        name=given["name"],
        duration_minutes=given["duration_minutes"],
        price=Money(given["price"]["amount"], given["price"]["currency"]),
        modes=Modes(given["modes"]),
        buffer_before=given["buffer_before"],
        buffer_after=given["buffer_after"],
        cpt_code=given["cpt_code"],
        place_of_service=given["place_of_service"],
        who_may_book=WhoMayBook(given["who_may_book"]),
    )


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field[datetime, Any, str, Any]):
    """RFC 3339 with an offset, and nothing else."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            found = clock.from_wire(data)
        except (TypeError, ValueError, OverflowError):
            raise serializers.ValidationError(
                _("Give a time with its offset, such as 2026-12-03T09:00:00Z.")
            ) from None
        if not wall.is_near(found):
            raise serializers.ValidationError(_("Give a time between the years 2000 and 2200."))
        return found

    def to_representation(self, value: datetime) -> str:
        return clock.to_wire(value)


class PartySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class SlotSerializer(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    service = serializers.UUIDField()
    modes = serializers.ListField(child=serializers.ChoiceField(choices=[mode.value for mode in Mode]))


class SlotPageSerializer(serializers.Serializer[Any]):
    results = SlotSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class ServiceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    therapist = serializers.UUIDField()
    practice = serializers.UUIDField()
    name = serializers.CharField()
    duration_minutes = serializers.IntegerField()
    buffer_before = serializers.IntegerField(help_text="Minutes that stay free of sessions before it.")
    buffer_after = serializers.IntegerField()
    cpt_code = serializers.CharField()
    place_of_service = serializers.CharField()
    price = fields.PriceSerializer()
    modes = serializers.ChoiceField(choices=[modes.value for modes in Modes])
    who_may_book = serializers.ChoiceField(choices=[who.value for who in WhoMayBook])
    version = serializers.IntegerField()
    retired_at = serializers.DateTimeField(allow_null=True)


class ServicePageSerializer(serializers.Serializer[Any]):
    results = ServiceSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class ServiceFactsSerializer(serializers.Serializer[Any]):
    """All of it: what is not named is as it is at first."""

    name = fields.Text(max_length=200, trim_whitespace=False)
    duration_minutes = fields.Whole()
    price = fields.PriceSerializer()
    modes = fields.Choice(choices=[modes.value for modes in Modes], default=Modes.BOTH.value)
    buffer_before = fields.Whole(default=0)
    buffer_after = fields.Whole(default=0)
    cpt_code = fields.Text(allow_blank=True, max_length=10, default="")
    place_of_service = fields.Text(allow_blank=True, max_length=2, default="")
    who_may_book = fields.Choice(choices=[who.value for who in WhoMayBook], default=WhoMayBook.ANYBODY.value)


class ServiceChangeSerializer(ServiceFactsSerializer):
    version = fields.Whole(min_value=1, help_text="The one that was read.")


class FirstSlotSerializer(serializers.Serializer[Any]):
    therapist = PartySerializer()
    service = ServiceSerializer()
    slot = SlotSerializer()


class FirstSlotPageSerializer(serializers.Serializer[Any]):
    results = FirstSlotSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class HoldPlaceSerializer(serializers.Serializer[Any]):
    therapist = fields.Id()
    service = fields.Id()
    starts_at = MomentField(help_text="RFC 3339, with an offset; as a slot has it.")
    mode = fields.Choice(
        choices=[mode.value for mode in Mode],
        allow_null=True,
        default=None,
        help_text="The first that the slot has unless told.",
    )


class HoldSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    therapist = serializers.UUIDField()
    service = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode])
    expires_at = serializers.DateTimeField()


class MeetingPlaceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class AppointmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    practice = serializers.UUIDField()
    therapist = PartySerializer()
    patient = PartySerializer()
    service = serializers.UUIDField()
    service_name = serializers.CharField(help_text="As it was called when it was booked.")
    price = fields.PriceSerializer()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=[state.value for state in AppointmentState])
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode])
    location = MeetingPlaceSerializer(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="What the patient wrote, for the two alone.")
    note = serializers.CharField(allow_null=True, help_text="The therapist’s own, for them alone.")
    cancel_cause = serializers.ChoiceField(
        choices=[cause.value for cause in CancelCause],
        allow_null=True,
        help_text="Why it was called off, where nobody just cancelled it: `declined` by its therapist, who "
        "was asked for it; or by neither of the two.",
    )
    decline_words = serializers.CharField(
        allow_null=True, help_text="What the therapist wrote who declined the request; for the two alone."
    )
    alarms = serializers.BooleanField(help_text="What the patient wrote may mean danger; for the two alone.")
    sequence = serializers.IntegerField(help_text="Grows with each change.")
    agreed_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When the patient said yes to this time; null: they did not, and owe no fee for it.",
    )
    free_cancel_until = serializers.DateTimeField()
    free_cancel_minutes = serializers.IntegerField(
        help_text="How long before it begins calling off stops to be free, once the patient agrees."
    )
    late_fee = fields.PriceSerializer()
    cancel_fee = fields.PriceSerializer(
        allow_null=True, help_text="What calling it off now would cost you; send it as `fees_seen`."
    )
    owes_late_fee = serializers.BooleanField()
    attending_at = serializers.DateTimeField(
        allow_null=True, help_text="When the patient said that they will be there."
    )
    cancelled_at = serializers.DateTimeField(allow_null=True)
    can = serializers.ListField(
        child=serializers.CharField(), help_text="What you can do with it now: cancel, move, confirm …"
    )


class AppointmentPageSerializer(serializers.Serializer[Any]):
    results = AppointmentSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class BookSerializer(serializers.Serializer[Any]):
    """`hold`, for a patient; or `patient`, `service` and `starts_at`, for whoever books for one."""

    hold = fields.Id(required=False)
    reason = fields.Text(allow_blank=True, max_length=5_000, default="", trim_whitespace=False)
    patient = fields.Id(required=False, help_text="Who is booked by their therapist, or the practice’s desk.")
    service = fields.Id(required=False)
    starts_at = MomentField(required=False, help_text="RFC 3339, with an offset.")
    mode = fields.Choice(choices=[mode.value for mode in Mode], allow_null=True, default=None)
    note = fields.Text(allow_blank=True, max_length=10_000, default="", trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in ("service", "starts_at") if name not in attrs]
        if "hold" in attrs and "patient" in attrs:
            raise serializers.ValidationError({"patient": _("Give a hold, or a patient, and not both.")})
        if "hold" not in attrs and "patient" not in attrs:
            raise serializers.ValidationError({"hold": _("This field is required.")})
        if "patient" in attrs and missing:
            raise serializers.ValidationError({name: _("This field is required.") for name in missing})
        return attrs


class AppointmentChangeSerializer(serializers.Serializer[Any]):
    """What is not named stays as it is; empty takes it away."""

    reason = fields.Text(allow_blank=True, max_length=5_000, required=False, trim_whitespace=False)
    note = fields.Text(allow_blank=True, max_length=10_000, required=False, trim_whitespace=False)


class DeclineSerializer(serializers.Serializer[Any]):
    """Nothing has to be sent."""

    words = fields.Text(
        allow_blank=True,
        max_length=5_000,
        default="",
        trim_whitespace=False,
        help_text="A word to the patient, for the two alone (`decline_words`).",
    )


class MoveSerializer(serializers.Serializer[Any]):
    starts_at = MomentField(help_text="RFC 3339, with an offset.")
    mode = fields.Choice(choices=[mode.value for mode in Mode], allow_null=True, default=None)
    agreed = fields.YesNo(
        default=False,
        help_text="Of a patient: yes to what the new time costs to call off late (`late_fee`, from "
        "`free_cancel_minutes` before it). Without it nothing is owed for a time that they had not agreed "
        "to; what they had agreed to is not moved (`terms_unseen`).",
    )
