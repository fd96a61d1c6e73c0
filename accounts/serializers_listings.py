"""The shape of therapists' listings on the wire. No rules."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from accounts.types import (
    FORMATS,
    GENDERS,
    INSURERS,
    LANGUAGES,
    LICENCE_TYPES,
    LICENCES_MOST,
    MODALITIES,
    SPECIALTIES,
    STATES,
    LicenceFacts,
    ListingChange,
    ListingOwn,
    ListingState,
    ListingView,
)
from bloom.kernel import clock, fields


def listing_wire(view: ListingView) -> dict[str, Any]:
    return {
        "approach": view.approach,
        "specialties": list(view.specialties),
        "modalities": list(view.modalities),
        "languages": list(view.languages),
        "insurance": list(view.insurance),
        "formats": list(view.formats),
        "licences": [
            {"state": each.state, "type": each.type, "number": each.number} for each in view.licences
        ],
        "gender": view.gender,
        "city": view.city,
        "region": view.region,
        "practising_since": view.practising_since,
        "accepts_new": view.accepts_new,
        "fee_from": view.fee_from.to_wire() if view.fee_from else None,
        "fee_to": view.fee_to.to_wire() if view.fee_to else None,
        "sliding_scale": view.sliding_scale,
        "verified_at": clock.to_wire(view.verified_at) if view.verified_at else None,
        "next_open_at": clock.to_wire(view.next_open_at) if view.next_open_at else None,
    }


def listing_own_wire(own: ListingOwn) -> dict[str, Any]:
    return {
        **listing_wire(own.view),
        "headline": own.view.headline,
        "npi": own.npi,
        "state": own.state.value,
        "hidden": own.is_hidden,
        "found": own.is_found,
        "refusal": own.refusal,
        "missing": list(own.missing),
    }


def listing_change(given: Mapping[str, Any]) -> ListingChange:
    """What a client sent, for the service."""
    told: dict[str, Any] = {name: value for name, value in given.items() if name != "hidden"}
    for name, value in told.items():
        if isinstance(value, list):
            told[name] = tuple(value)
    if "licences" in told:
        told["licences"] = tuple(LicenceFacts(**each) for each in told["licences"])
    return ListingChange(**told)  # type: ignore[typeddict-item] # named as the facts are


# What goes out, for OpenAPI ---------------------------------------------------------------------------------


class Money(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="In minor units, such as cents.")
    currency = serializers.CharField()


class Licence(serializers.Serializer[Any]):
    state = fields.Text(max_length=2, help_text=f"One of {', '.join(STATES)}.")
    type = fields.Choice(choices=list(LICENCE_TYPES))
    number = fields.Text(max_length=80)


def _codes(known: Mapping[str, str], **more: Any) -> serializers.ListField:
    return serializers.ListField(child=fields.Choice(choices=list(known)), **more)


class _Facts(serializers.Serializer[Any]):
    approach = serializers.CharField()
    specialties = _codes(SPECIALTIES)
    modalities = _codes(MODALITIES)
    languages = _codes(LANGUAGES)
    insurance = _codes(INSURERS)
    formats = _codes(FORMATS)
    licences = Licence(many=True)
    gender = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField()
    practising_since = serializers.IntegerField(allow_null=True)
    accepts_new = serializers.BooleanField()
    fee_from = Money(allow_null=True)
    fee_to = Money(allow_null=True)
    sliding_scale = serializers.BooleanField()
    verified_at = serializers.DateTimeField(allow_null=True)
    next_open_at = serializers.DateTimeField(allow_null=True)


class Listing(_Facts):
    """What the directory shows of a therapist."""


class ListingOfOwn(_Facts):
    headline = serializers.CharField()
    npi = serializers.CharField()
    state = serializers.ChoiceField(choices=[state.value for state in ListingState])
    hidden = serializers.BooleanField()
    found = serializers.BooleanField(help_text="Patients find this listing now.")
    refusal = serializers.CharField()
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="What a check needs and is not there."
    )


# What comes in ----------------------------------------------------------------------------------------------


class ListingEdit(serializers.Serializer[Any]):
    """All of it may be left out; what is given replaces what was there. Fees are in cents of a dollar."""

    headline = fields.Text(required=False, allow_blank=True, max_length=1000)
    approach = fields.Text(required=False, allow_blank=True, max_length=20_000)
    specialties = _codes(SPECIALTIES, required=False)
    modalities = _codes(MODALITIES, required=False)
    languages = _codes(LANGUAGES, required=False)
    insurance = _codes(INSURERS, required=False)
    formats = _codes(FORMATS, required=False)
    licences = serializers.ListField(child=Licence(), required=False, max_length=LICENCES_MOST)
    npi = fields.Text(required=False, allow_blank=True, max_length=30)
    gender = fields.Choice(required=False, allow_blank=True, choices=list(GENDERS))
    city = fields.Text(required=False, allow_blank=True, max_length=1000)
    region = fields.Choice(required=False, allow_blank=True, choices=list(STATES))
    practising_since = fields.Whole(required=False, allow_null=True)
    accepts_new = fields.YesNo(required=False)
    fee_from = fields.Whole(required=False, allow_null=True)
    fee_to = fields.Whole(required=False, allow_null=True)
    sliding_scale = fields.YesNo(required=False)
    hidden = fields.YesNo(required=False)
