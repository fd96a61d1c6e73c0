"""Crisis alerts: raised with the message (store) or for words of another room, answered here, and told to
others when nobody answers.
"""

import uuid
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.types import PracticeMay
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from messaging import consequences, notice_kinds, rules
from messaging.errors import AlertRaisedAgain, AlertTaken
from messaging.events import CrisisAlertAcknowledged, CrisisAlertTaken, CrisisAlertWidened
from messaging.models import AlertBeyond, CrisisAlert
from messaging.selectors.alerts import crisis_alert_views
from messaging.types import AlertKind, AlertReach, CrisisAlertView
from observability import services as observability_services

_AT_ONCE = 100


@transactional
def crisis_alert_raise(
    actor: Actor,
    kind: AlertKind,
    about_id: UUID,
    *,
    patient_id: UUID,
    therapist_id: UUID,
    practice_id: UUID | None,
    not_for_id: UUID | None = None,
    at: datetime,
) -> None:
    """Alert a therapist to what a patient wrote with something of another room, whatever has become of that
    since; `not_for_id` never learns of it. What is written there later in the same way raises the alert
    again; twice for one moment is once. For what hears of it.
    """
    rows = CrisisAlert.objects.unscoped(reason="the alert of words that are alarming").filter(
        about_id=about_id, therapist_id=therapist_id
    )
    known = rows.select_for_update().first()
    if known is not None and known.raised_at >= at:
        return
    if known is None:
        CrisisAlert.objects.create(
            practice_id=practice_id,
            about_kind=kind.value,
            about_id=about_id,
            not_for_id=not_for_id,
            patient_id=patient_id,
            therapist_id=therapist_id,
            raised_at=at,
            reach_due_at=at + settings.CRISIS_WIDENS_AFTER,
        )
    else:
        consequences.alerts_stand(rows, at=at)
    of_patient = Q(conversation=None, patient_id=patient_id, practice_id=practice_id)
    consequences.alerts_tell(
        of_patient,
        Q(about_id=about_id),
        {therapist_id},
        event_id=uuid.uuid5(about_id, at.isoformat()),
        practice_id=practice_id,
        code="danger_declined" if kind is AlertKind.OFFER else "danger",
        at=at,
    )


@transactional
def crisis_alert_acknowledge(
    actor: Actor, alert_id: UUID, *, at: datetime, raised_at: datetime | None = None
) -> CrisisAlertView:
    """The therapist has seen it, and with it what was raised before it in the same conversation; of words
    that are no message, it alone.

    `raised_at` is that of the alert that they were shown. A second time changes nothing. Raises NotFound,
    and AlertRaisedAgain when it stands for other words by now.
    """
    rows = CrisisAlert.objects.visible_to(actor).with_parents("message")
    alert = rows.select_for_update(of=("self",)).get_or_refuse(pk=alert_id)
    if raised_at is not None and raised_at != alert.raised_at:
        raise AlertRaisedAgain
    earlier = rows.filter(
        Q(conversation__isnull=False, conversation_id=alert.conversation_id),
        raised_at__lt=alert.raised_at,
        acknowledged_at=None,
    )
    for each in [*earlier.select_for_update(of=("self",)).order_by("raised_at"), alert]:
        if each.acknowledged_at is None:
            each.acknowledged_at, each.reach_due_at = at, None
            each.save(update_fields=["acknowledged_at", "reach_due_at"])
            seen = CrisisAlertAcknowledged(
                object_id=each.id,
                practice_id=each.practice_id,
                subject_id=each.patient_id,
                message_id=each.message_id,
                about_id=each.about_id,
            )
            observability_services.event_record(actor, seen, at=at)
    return crisis_alert_views(actor, [alert])[0]


@transactional
def crisis_alert_take(actor: Actor, alert_id: UUID, *, at: datetime) -> None:
    """Look after a patient whose therapist has not answered, and whoever else was told need not. The alert
    stands for the therapist. A second time changes nothing. Raises NotFound for who was not told, AlertTaken.
    """
    person_id = actor.require_user()
    alert = AlertBeyond.objects.visible_to(actor).get_or_refuse(pk=alert_id)
    held = _alerts_held(alert)
    this = next((each for each in held if each.id == alert.id), None)
    if this is None or this.taken_by_id not in {None, person_id}:
        raise AlertTaken
    for each in held:
        if each.taken_by_id is None and each.reach >= this.reach:
            each.taken_by_id, each.taken_at, each.reach_due_at = person_id, at, None
            each.save(update_fields=["taken_by_id", "taken_at", "reach_due_at"])
            taken = CrisisAlertTaken(
                object_id=each.id,
                practice_id=each.practice_id,
                subject_id=each.patient_id,
                therapist_id=each.therapist_id,
            )
            observability_services.event_record(actor, taken, at=at)


def crisis_alerts_widen(actor: Actor, *, at: datetime) -> int:
    """Tell others of the alerts that nobody has answered in time; of how many. For the system's job: it may
    run twice, and at once with itself.
    """
    due = CrisisAlert.objects.unscoped(reason="alerts that nobody has answered").filter(reach_due_at__lte=at)
    ids = list(due.order_by("reach_due_at").values_list("id", flat=True)[:_AT_ONCE])
    return sum(_alert_widen(actor, alert_id, at=at) for alert_id in ids)


@transactional
def _alert_widen(actor: Actor, alert_id: UUID, *, at: datetime) -> bool:
    """One step further with an alert, and with those that are answered with it: one event tells of all."""
    rows = CrisisAlert.objects.unscoped(reason="an alert that nobody has answered")
    alert = rows.get(pk=alert_id)
    held = _alerts_held(alert)
    this = next((each for each in held if each.id == alert_id), None)
    if this is None or this.reach_due_at is None or this.reach_due_at > at:
        return False
    reach = rules.alert_reach_next(
        AlertReach(this.reach), practice_answers=bool(_answerers(actor, this, AlertReach.PRACTICE))
    )
    further = None if reach is AlertReach.STAFF else at + settings.CRISIS_WIDENS_AFTER
    for each in held:
        if each.taken_by_id is None and each.reach < reach:
            each.reach, each.reach_due_at = reach, further
            each.save(update_fields=["reach", "reach_due_at"])
    widened = CrisisAlertWidened(
        object_id=this.id,
        practice_id=this.practice_id,
        subject_id=this.patient_id,
        therapist_id=this.therapist_id,
        reach=reach.name.lower(),
    )
    event_id = observability_services.event_record(actor, widened, at=at)
    accounts_services.notice_send(
        actor,
        notice_kinds.ALERTS,
        "unanswered",
        _answerers(actor, this, reach),
        event_id=event_id,
        practice_id=this.practice_id if reach is AlertReach.PRACTICE else None,
        at=at,
    )
    return True


def _answerers(actor: Actor, alert: CrisisAlert, reach: AlertReach) -> frozenset[UUID]:
    """Who is told of an alert that has come so far; never its therapist, nor whom it keeps out."""
    if reach is AlertReach.STAFF:
        found = frozenset(each.id for each in accounts_selectors.staff_list(actor))
    elif alert.practice_id is None:
        found = frozenset()
    else:
        found = accounts_selectors.members_that_may(alert.practice_id, PracticeMay.ANSWER_ALERTS)
    return found - {alert.therapist_id, alert.patient_id, alert.not_for_id}


def _alerts_held(alert: CrisisAlert) -> list[CrisisAlert]:
    """The alerts that wait for the same therapist and were raised in the same conversation, or by other words
    of the same patient at the same practice, and keep out the same person; locked, oldest first.
    """
    rows = CrisisAlert.objects.unscoped(reason="alerts that are answered together").filter(
        Q(conversation_id=alert.conversation_id),
        patient_id=alert.patient_id,
        practice_id=alert.practice_id,
        therapist_id=alert.therapist_id,
        not_for_id=alert.not_for_id,
        acknowledged_at=None,
    )
    return list(rows.select_for_update().order_by("raised_at", "id"))
