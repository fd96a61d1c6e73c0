"""The shape of accounts on the wire (PROTOCOL: REST). No rules."""

from typing import Any

from rest_framework import serializers

from accounts.serializers_listings import Listing, listing_wire
from accounts.types import AssignmentView, PersonRef, PersonView, PracticeRef, ProfileView, RoleName
from bloom.kernel import clock, fields


def practice_wire(practice: PracticeRef) -> dict[str, Any]:
    return {"id": str(practice.id), "name": practice.name}


def person_ref_wire(person: PersonRef) -> dict[str, Any]:
    return {"id": str(person.id), "name": person.name, "role": person.role}


def person_wire(person: PersonView) -> dict[str, Any]:
    return {
        "id": str(person.id),
        "name": person.name,
        "role": person.role,
        "pronouns": person.pronouns,
        "time_zone": person.time_zone,
        "headline": person.headline,
        "practices": [practice_wire(practice) for practice in person.practices],
        "listing": listing_wire(person.listing) if person.listing else None,
    }


def profile_wire(profile: ProfileView) -> dict[str, Any]:
    return {
        "id": str(profile.id),
        "email": profile.email,
        "name": profile.name,
        "preferred_name": profile.preferred_name,
        "pronouns": profile.pronouns,
        "time_zone": profile.time_zone,
        "locale": profile.locale,
        "roles": list(profile.roles),
        "practices": [practice_wire(practice) for practice in profile.practices],
        "practice": str(profile.practice_id) if profile.practice_id else None,
    }


def assignment_wire(assignment: AssignmentView) -> dict[str, Any]:
    return {
        "id": str(assignment.id),
        "patient": person_ref_wire(assignment.patient),
        "therapist": person_ref_wire(assignment.therapist),
        "practice": str(assignment.practice_id),
        "started_at": clock.to_wire(assignment.started_at),
        "reason": assignment.reason,
        "ended_at": clock.to_wire(assignment.ended_at) if assignment.ended_at else None,
        "end_reason": assignment.end_reason,
        "active": assignment.is_active,
    }


# What comes in ---------------------------------------------------------------------------------------------


class ProfileChange(serializers.Serializer[Any]):
    name = fields.Text(required=False, help_text="The legal name.")
    preferred_name = fields.Text(
        required=False, allow_blank=True, help_text="Shown to others instead of the legal name; empty: none."
    )
    pronouns = fields.Text(required=False, allow_blank=True)
    time_zone = fields.Text(required=False)
    locale = fields.Text(required=False)


class AssignmentStart(serializers.Serializer[Any]):
    patient = fields.Id()
    therapist = fields.Id()
    practice = fields.Id(required=False)
    reason = fields.Text(required=False, allow_blank=True, default="")


class AssignmentEnd(fields.FeesSeenSerializer):
    reason = fields.Text(required=False, allow_blank=True, default="")


# What goes out, for OpenAPI: the functions above write it ---------------------------------------------------


class Practice(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class Person(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=[role.value for role in RoleName])
    pronouns = serializers.CharField()
    time_zone = serializers.CharField()
    headline = serializers.CharField()
    practices = Practice(many=True)
    listing = Listing(allow_null=True, help_text="Of therapists who have one that you may see.")


class PersonName(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=[role.value for role in RoleName])


class Profile(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField(help_text="The legal name.")
    preferred_name = serializers.CharField()
    pronouns = serializers.CharField()
    time_zone = serializers.CharField()
    locale = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=[role.value for role in RoleName]))
    practices = Practice(many=True)
    practice = serializers.UUIDField(allow_null=True)


class Assignment(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = PersonName()
    therapist = PersonName()
    practice = serializers.UUIDField()
    started_at = serializers.DateTimeField()
    reason = serializers.CharField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField(allow_null=True)
    active = serializers.BooleanField()


class PeoplePage(serializers.Serializer[Any]):
    results = Person(many=True)
    next = serializers.URLField(allow_null=True)


class AssignmentPage(serializers.Serializer[Any]):
    results = Assignment(many=True)
    next = serializers.URLField(allow_null=True)
