"""The shape of waiting by REST."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.types import TERMS, TermKind
from bloom.kernel import clock, fields
from bloom.kernel.errors import Invalid
from scheduling.serializers import PartySerializer
from scheduling.types import (
    WAITLIST_TERMS,
    DayPart,
    EntryState,
    EntryView,
    Mode,
    OfferState,
    OfferView,
    Wishes,
)

_MODES = [mode.value for mode in Mode]


def entry_wire(view: EntryView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "patient": {"id": str(view.patient.id), "name": view.patient.name},
        "therapist": {"id": str(view.therapist.id), "name": view.therapist.name} if view.therapist else None,
        "service": str(view.service_id) if view.service_id else None,
        "terms": {kind.value: list(codes) for kind, codes in view.terms.items()},
        "time_zone": view.wishes.time_zone,
        "parts": [{"weekday": weekday, "part": part.value} for weekday, part in sorted(view.wishes.parts)],
        "first_on": view.wishes.first_on.isoformat() if view.wishes.first_on else None,
        "last_on": view.wishes.last_on.isoformat() if view.wishes.last_on else None,
        "mode": view.wishes.mode.value if view.wishes.mode else None,
        "status": view.state.value,
        "joined_at": clock.to_wire(view.joined_at),
        "ahead": view.ahead,
        "offer": offer_wire(view.offer) if view.offer else None,
        "is_paused": view.is_paused,
    }


def offer_wire(view: OfferView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "therapist": {"id": str(view.therapist.id), "name": view.therapist.name},
        "service": str(view.service_id),
        "price": view.price.to_wire(),
        "starts_at": clock.to_wire(view.starts_at),
        "ends_at": clock.to_wire(view.ends_at),
        "mode": view.mode.value,
        "expires_at": clock.to_wire(view.expires_at),
        "status": view.state.value,
        "terms": view.terms,
    }


def wishes_of(given: dict[str, Any], time_zone: str) -> Wishes:
    """What was sent. `time_zone` is its person's own."""
    return Wishes(
        time_zone=given["time_zone"] or time_zone,
        parts=frozenset((each["weekday"], DayPart(each["part"])) for each in given["parts"]),
        first_on=given["first_on"],
        last_on=given["last_on"],
        mode=Mode(given["mode"]) if given["mode"] else None,
    )


def terms_of(given: dict[str, Any]) -> dict[TermKind, tuple[str, ...]]:
    """What somebody looks for. Raises Invalid for a kind by which nobody waits."""
    kinds = {kind.value: kind for kind in WAITLIST_TERMS}
    unknown = set(given["terms"]) - set(kinds)
    if unknown:
        raise Invalid(errors={"terms": [_("Please choose from the list.")]})
    found = {kinds[name]: tuple(codes) for name, codes in given["terms"].items()}
    if any(code not in TERMS[kind] for kind, codes in found.items() for code in codes):
        raise Invalid(errors={"terms": [_("Please choose from the list.")]})
    return found


class PartSerializer(serializers.Serializer[Any]):
    weekday = fields.Whole(min_value=0, max_value=6, help_text="0 is Monday.")
    part = fields.Choice(choices=[part.value for part in DayPart])


class JoinSerializer(serializers.Serializer[Any]):
    service = fields.Id(allow_null=True, default=None, help_text="None: of whoever fits `terms`.")
    terms = serializers.DictField(
        child=serializers.ListField(child=fields.Text(), max_length=6),
        default=dict,
        help_text="Codes of the directory by kind: specialty, insurance, language, state. Without a service: "
        "one at least.",
    )
    time_zone = fields.Text(allow_null=True, default=None, max_length=64, help_text="Your own unless told.")
    parts = PartSerializer(many=True, default=list, help_text="When you could come. None: any time.")
    first_on = serializers.DateField(allow_null=True, default=None)
    last_on = serializers.DateField(allow_null=True, default=None)
    mode = fields.Choice(choices=_MODES, allow_null=True, default=None)

    def validate_parts(self, parts: list[Any]) -> list[Any]:
        if len(parts) > 7 * len(DayPart):
            raise serializers.ValidationError(_("A week has fewer parts."))
        return parts


class OfferSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    therapist = PartySerializer()
    service = serializers.UUIDField()
    price = fields.PriceSerializer()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    mode = serializers.ChoiceField(choices=_MODES)
    expires_at = serializers.DateTimeField(help_text="Until then nobody else can have it.")
    status = serializers.ChoiceField(choices=[state.value for state in OfferState])
    terms = serializers.CharField(help_text="Names price and rules as they are now; send it to accept.")


class EntrySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = PartySerializer()
    therapist = PartySerializer(allow_null=True)
    service = serializers.UUIDField(allow_null=True)
    terms = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    time_zone = serializers.CharField()
    parts = PartSerializer(many=True)
    first_on = serializers.DateField(allow_null=True)
    last_on = serializers.DateField(allow_null=True)
    mode = serializers.ChoiceField(choices=_MODES, allow_null=True)
    status = serializers.ChoiceField(choices=[state.value for state in EntryState])
    joined_at = serializers.DateTimeField()
    ahead = serializers.IntegerField(allow_null=True, help_text="How many came before.")
    offer = OfferSerializer(allow_null=True)
    is_paused = serializers.BooleanField(help_text="What is waited for cannot be offered for now.")


class EntryPageSerializer(serializers.Serializer[Any]):
    results = EntrySerializer(many=True)
    next = serializers.URLField(allow_null=True)


class AcceptSerializer(serializers.Serializer[Any]):
    terms = fields.Text(max_length=30, help_text="As the offer has them.")
    mode = fields.Choice(
        choices=_MODES,
        allow_null=True,
        default=None,
        help_text="Another way of meeting than the offer’s, where its time has it and you wished for none.",
    )
