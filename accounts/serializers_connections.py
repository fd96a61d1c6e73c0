"""The shape of connections on the wire. No rules."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import PersonName, Practice, person_ref_wire, practice_wire
from accounts.types import ProposalKind, ProposalState, ProposalStep, ProposalView
from bloom.kernel import clock, fields


def connection_wire(view: ProposalView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "kind": view.kind.value,
        "state": view.state.value,
        "patient": person_ref_wire(view.patient),
        "therapist": person_ref_wire(view.therapist),
        "practice": practice_wire(view.practice),
        "proposed_by": person_ref_wire(view.proposed_by),
        "from_therapist": person_ref_wire(view.from_therapist) if view.from_therapist else None,
        "message": view.message,
        "agreement": view.agreement,
        "answer": view.answer,
        "alarms": view.alarms,
        "created_at": clock.to_wire(view.created_at),
        "due_at": clock.to_wire(view.due_at),
        "closed_at": clock.to_wire(view.closed_at) if view.closed_at else None,
        "assignment": str(view.assignment_id) if view.assignment_id else None,
        "steps": sorted(step.value for step in view.steps),
    }


# What comes in ---------------------------------------------------------------------------------------------


class ConnectionAsk(serializers.Serializer[Any]):
    therapist = fields.Id()
    patient = fields.Id(
        required=False, help_text="Whoever arranges care names the patient; a patient asks for themselves."
    )
    practice = fields.Id(required=False)
    message = fields.Text(required=False, allow_blank=True, default="", trim_whitespace=False)


class ConnectionAnswer(serializers.Serializer[Any]):
    message = fields.Text(required=False, allow_blank=True, default="", trim_whitespace=False)


class Transfer(serializers.Serializer[Any]):
    therapist = fields.Id()
    practice = fields.Id(required=False)
    message = fields.Text(required=False, allow_blank=True, default="", trim_whitespace=False)


# What goes out, for OpenAPI: the function above writes it ---------------------------------------------------


class Connection(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in ProposalKind])
    state = serializers.ChoiceField(choices=[state.value for state in ProposalState])
    patient = PersonName()
    therapist = PersonName()
    practice = Practice()
    proposed_by = PersonName()
    from_therapist = PersonName(allow_null=True)
    message = serializers.CharField(allow_null=True)
    agreement = serializers.CharField(
        allow_null=True, help_text="What the patient wrote to the therapist when they agreed."
    )
    answer = serializers.CharField(allow_null=True)
    alarms = serializers.BooleanField(
        help_text="What was written may mean that somebody is in danger: read it soon, and show help lines."
    )
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    assignment = serializers.UUIDField(allow_null=True)
    steps = serializers.ListField(
        child=serializers.ChoiceField(choices=[step.value for step in ProposalStep]),
        help_text="What the asking person may do with it now.",
    )


class ConnectionPage(serializers.Serializer[Any]):
    results = Connection(many=True)
    next = serializers.URLField(allow_null=True)
