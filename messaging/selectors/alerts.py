"""Crisis alerts: of the therapist asking, and those that came to others because no therapist answered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts import selectors as accounts_selectors
from accounts.types import PracticeMay, PracticeRef
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from messaging import names
from messaging.models import AlertBeyond, CrisisAlert
from messaging.types import AlertBeyondView, AlertKind, AlertReach, AlertWords, CrisisAlertView
from scheduling import selectors as scheduling_selectors


def crisis_alert_list(
    actor: Actor, *, conversation_id: UUID | None = None, limit: int = 50
) -> list[CrisisAlertView]:
    """The actor's alerts that nobody acknowledged yet, oldest first: they have waited longest."""
    rows = CrisisAlert.objects.visible_to(actor).filter(acknowledged_at=None).with_parents("message")
    if conversation_id is not None:
        rows = rows.filter(conversation_id=conversation_id)
    return crisis_alert_views(actor, list(rows.order_by("raised_at", "id")[:limit]))


def crisis_alert_words(actor: Actor, alert_id: UUID, *, at: datetime) -> AlertWords:
    """One of the actor's alerts, with the words where they are no message's. Raises NotFound."""
    row = CrisisAlert.objects.visible_to(actor).with_parents("message").get_or_refuse(pk=alert_id)
    alert = crisis_alert_views(actor, [row])[0]
    said: tuple[str | None, ...] = ()
    if alert.about_id is not None:
        try:
            if alert.about is AlertKind.APPOINTMENT:
                booked = scheduling_selectors.appointment_get(actor, alert.about_id, at=at)
                said = (booked.alarm_words, booked.reason)
            elif alert.about is AlertKind.REQUEST:
                said = accounts_selectors.proposal_words(actor, alert.about_id)
        except NotFound:
            said = ()
    return AlertWords(alert=alert, words=tuple(each for each in said if each))


def crisis_alert_conversations(actor: Actor, conversation_ids: Sequence[UUID]) -> frozenset[UUID]:
    """In which of these conversations an alert waits for the actor."""
    waiting = CrisisAlert.objects.visible_to(actor).filter(
        acknowledged_at=None, conversation_id__in=conversation_ids
    )
    return frozenset(waiting.values_list("conversation_id", flat=True).distinct())


def crisis_alert_total(actor: Actor) -> int:
    """How many of the actor's alerts wait for them."""
    return CrisisAlert.objects.visible_to(actor).filter(acknowledged_at=None).count()


def alerts_beyond_list(actor: Actor, *, limit: int = 50) -> list[AlertBeyondView]:
    """Alerts whose therapists have not answered and that the actor is told of, where nobody else looks after
    the patient; the longest waiting first, one for those that are answered together.
    """
    if not _may_be_told(actor):
        return []
    rows = (
        AlertBeyond.objects.visible_to(actor)
        .filter(Q(taken_by_id=None) | Q(taken_by_id=actor.user_id))
        .order_by("raised_at", "id")[: 4 * limit]
    )
    found: dict[tuple[UUID | None, ...], AlertBeyond] = {}
    for row in rows:
        together = (row.conversation_id, row.patient_id, row.practice_id, row.therapist_id, row.not_for_id)
        found.setdefault(together, row)
    shown = list(found.values())[:limit]
    called = names.names_get(actor, {each for row in shown for each in (row.patient_id, row.therapist_id)})
    return [
        AlertBeyondView(
            id=row.id,
            patient=names.name_in(called, row.patient_id),
            therapist=names.name_in(called, row.therapist_id),
            raised_at=row.raised_at,
            is_own=row.taken_by_id == actor.user_id,
        )
        for row in shown
    ]


def alerts_beyond_elsewhere(actor: Actor) -> list[PracticeRef]:
    """The practices in which such an alert waits for the actor, who acts for another now: by name alone."""
    if actor.user_id is None or actor.token_id is not None or actor.practice_id is None:
        return []
    theirs = accounts_selectors.practices_that_let(actor, PracticeMay.ANSWER_ALERTS)
    theirs.pop(actor.practice_id, None)
    if not theirs:
        return []
    waiting = (
        AlertBeyond.objects.unscoped(reason="in which of the actor's own practices one waits")
        .filter(
            practice_id__in=theirs, acknowledged_at=None, taken_by_id=None, reach__gte=AlertReach.PRACTICE
        )
        .exclude(therapist_id=actor.user_id)
        .exclude(not_for_id=actor.user_id)
    )
    return [theirs[id_] for id_ in sorted(set(waiting.values_list("practice_id", flat=True)))]


def _may_be_told(actor: Actor) -> bool:
    """Before any question to the database: patients and others without a practice are told of nothing."""
    return actor.user_id is not None and (actor.practice_id is not None or actor.has_role("support", "admin"))


def crisis_alert_views(actor: Actor, rows: list[CrisisAlert]) -> list[CrisisAlertView]:
    """Alerts that were read with their message, as their therapist sees them."""
    involved = {row.patient_id for row in rows} | {row.taken_by_id for row in rows if row.taken_by_id}
    called = names.names_get(actor, involved)
    return [
        CrisisAlertView(
            id=row.id,
            conversation_id=row.conversation_id,
            message_id=row.message_id,
            message_seq=row.message.seq if row.message else None,
            about=AlertKind(row.about_kind) if row.about_kind else None,
            about_id=row.about_id,
            patient=names.name_in(called, row.patient_id),
            raised_at=row.raised_at,
            acknowledged_at=row.acknowledged_at,
            taken_by=called.get(row.taken_by_id) if row.taken_by_id else None,
            taken_at=row.taken_at,
        )
        for row in rows
    ]
