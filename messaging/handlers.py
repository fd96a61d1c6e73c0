"""What messaging does when something happens elsewhere. Run at least once, in any order."""

from uuid import UUID

from bloom.kernel.actor import Actor
from bloom.kernel.events import RecordedEvent
from messaging import services
from messaging.types import AlertKind


def assignment_changed(actor: Actor, recorded: RecordedEvent) -> None:
    """Care began or ended: the conversation follows what is true now."""
    if recorded.practice_id is None:
        return
    services.conversation_follow(
        actor,
        patient_id=UUID(recorded.data["patient_id"]),
        therapist_id=UUID(recorded.data["therapist_id"]),
        practice_id=recorded.practice_id,
        at=recorded.at,
    )


def appointment_alarmed(actor: Actor, recorded: RecordedEvent) -> None:
    """What a patient wrote for an appointment may mean danger: its therapist is alerted."""
    _alert(actor, recorded, AlertKind.APPOINTMENT, recorded.data["therapist_id"])


def proposal_alarmed(actor: Actor, recorded: RecordedEvent) -> None:
    """What a patient wrote with a request for care, or with their no to an offer, may mean danger: who reads
    it is alerted; where no therapist does, who sees to the patient instead.
    """
    reader_id, answerer_id = recorded.data.get("reader_id"), recorded.data.get("answerer_id")
    kind = AlertKind.REQUEST if reader_id is not None else AlertKind.OFFER
    alerted_id, asked_id = reader_id or answerer_id, recorded.data["therapist_id"]
    # Whom others had in mind learns of no no, also where they answer for their practice.
    not_for_id = None if alerted_id == asked_id else UUID(asked_id)
    _alert(actor, recorded, kind, alerted_id, not_for_id=not_for_id)


def _alert(
    actor: Actor,
    recorded: RecordedEvent,
    kind: AlertKind,
    therapist_id: str | None,
    *,
    not_for_id: UUID | None = None,
) -> None:
    if therapist_id is None or recorded.object_id is None or recorded.subject_id is None:
        return
    services.crisis_alert_raise(
        actor,
        kind,
        recorded.object_id,
        patient_id=recorded.subject_id,
        therapist_id=UUID(therapist_id),
        practice_id=recorded.practice_id,
        not_for_id=not_for_id,
        at=recorded.at,
    )
