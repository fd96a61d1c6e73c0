"""The shape of practices on the wire. No rules."""

from typing import Any

from rest_framework import serializers

from accounts.types import (
    ADDRESS_FIELDS,
    PLACES_OF_SERVICE,
    STATES,
    AddressFacts,
    BillingIdentityView,
    BillingNeed,
    LocationView,
    MembershipRole,
    MemberView,
    PracticeKind,
    PracticeView,
    TaxKind,
)
from bloom.kernel import clock, fields


def practice_own_wire(view: PracticeView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "name": view.name,
        "kind": view.kind.value,
        "listed": view.is_listed,
        "roles": [role.value for role in view.roles],
        "members": view.members,
        "current": view.is_current,
    }


def member_wire(view: MemberView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "name": view.name,
        "pronouns": view.pronouns,
        "roles": [role.value for role in view.roles],
        "therapist": view.is_therapist,
        "since": clock.to_wire(view.since),
    }


def location_wire(view: LocationView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "practice": str(view.practice_id),
        "name": view.name,
        **_address_wire(view.address),
        "phone": view.phone,
        "time_zone": view.time_zone,
        "place_of_service": view.place_of_service,
        "version": view.version,
        "retired_at": clock.to_wire(view.retired_at) if view.retired_at else None,
    }


def billing_wire(view: BillingIdentityView) -> dict[str, Any]:
    return {
        "practice": str(view.practice_id),
        "legal_name": view.legal_name,
        "npi": view.npi,
        "tax_kind": view.tax_kind.value if view.tax_kind else None,
        "tax_last_four": view.tax_last_four,
        **_address_wire(view.address),
        "version": view.version,
        "missing": [need.value for need in view.missing],
    }


def _address_wire(address: AddressFacts) -> dict[str, str]:
    return {name: getattr(address, name) for name in ADDRESS_FIELDS}


# What comes in ----------------------------------------------------------------------------------------------

_TYPED = 300
_VERSION = "Of what you have read: when it is another by now, nothing is changed."


def _text(**more: Any) -> serializers.CharField:
    return fields.Text(required=False, allow_blank=True, max_length=_TYPED, **more)


class _AddressChange(serializers.Serializer[Any]):
    line1 = _text()
    line2 = _text()
    city = _text()
    region = fields.Choice(required=False, allow_blank=True, choices=list(STATES))
    postal_code = _text()


class PracticeChange(serializers.Serializer[Any]):
    name = fields.Text(max_length=_TYPED)


class LocationNew(_AddressChange):
    name = fields.Text(max_length=_TYPED)
    line1 = fields.Text(max_length=_TYPED)
    city = fields.Text(max_length=_TYPED)
    region = fields.Choice(choices=list(STATES))
    postal_code = fields.Text(max_length=_TYPED)
    time_zone = fields.Text(max_length=64, help_text="Such as America/Chicago.")
    phone = _text()
    place_of_service = fields.Choice(
        required=False,
        choices=list(PLACES_OF_SERVICE),
        help_text="Of the CMS list; 11, an office, unless told.",
    )


class LocationEdit(_AddressChange):
    """All of it may be left out; what is given replaces what was there."""

    name = _text()
    phone = _text()
    time_zone = fields.Text(required=False, max_length=64)
    place_of_service = fields.Choice(required=False, choices=list(PLACES_OF_SERVICE))
    version = fields.Whole(required=False, min_value=0, help_text=_VERSION)
    retired = fields.YesNo(required=False, help_text="True: nothing new begins there. It comes alone.")


class BillingEdit(_AddressChange):
    """All of it may be left out; what is given replaces what was there, but for an empty tax number."""

    legal_name = _text()
    npi = _text()
    tax_kind = fields.Choice(required=False, choices=[kind.value for kind in TaxKind])
    tax_number = _text(write_only=True)
    version = fields.Whole(required=False, min_value=0, help_text=_VERSION)


# What goes out, for OpenAPI ---------------------------------------------------------------------------------


def _roles() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.ChoiceField(choices=[role.value for role in MembershipRole])
    )


class PracticeOfOwn(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in PracticeKind])
    listed = serializers.BooleanField(help_text="Its verified therapists stand in the directory.")
    roles = _roles()
    members = serializers.IntegerField()
    current = serializers.BooleanField(
        help_text="This token or session acts for it: what is below it answers for no other."
    )


class Member(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    pronouns = serializers.CharField()
    roles = _roles()
    therapist = serializers.BooleanField()
    since = serializers.DateTimeField()


class _Address(serializers.Serializer[Any]):
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    region = serializers.CharField(help_text="The two letters of a state.")
    postal_code = serializers.CharField()


class Location(_Address):
    id = serializers.UUIDField()
    practice = serializers.UUIDField()
    name = serializers.CharField()
    phone = serializers.CharField(help_text="As E.164, such as +13125550142; may be empty.")
    time_zone = serializers.CharField()
    place_of_service = serializers.ChoiceField(choices=list(PLACES_OF_SERVICE))
    version = serializers.IntegerField()
    retired_at = serializers.DateTimeField(allow_null=True)


class BillingIdentity(_Address):
    practice = serializers.UUIDField()
    legal_name = serializers.CharField()
    npi = serializers.CharField()
    tax_kind = serializers.ChoiceField(choices=[kind.value for kind in TaxKind], allow_null=True)
    tax_last_four = serializers.CharField(help_text="All of the number is never sent.")
    version = serializers.IntegerField(help_text="0: nothing was told so far.")
    missing = serializers.ListField(
        child=serializers.ChoiceField(choices=[need.value for need in BillingNeed]),
        help_text="What a claim needs and is not there.",
    )


class PracticePage(serializers.Serializer[Any]):
    results = PracticeOfOwn(many=True)
    next = serializers.URLField(allow_null=True)


class MemberPage(serializers.Serializer[Any]):
    results = Member(many=True)
    next = serializers.URLField(allow_null=True)


class LocationPage(serializers.Serializer[Any]):
    results = Location(many=True)
    next = serializers.URLField(allow_null=True)
