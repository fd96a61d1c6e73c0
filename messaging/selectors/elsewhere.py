"""What waits for somebody in a practice that they do not act for now: that it waits, and nothing of it."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from bloom.kernel.actor import Actor
from messaging.models import CrisisAlert, Member
from messaging.selectors.conversations import ARCHIVED
from messaging.types import MemberRole, WaitingElsewhere


def waiting_elsewhere(actor: Actor, practice_ids: Collection[UUID]) -> Mapping[UUID, WaitingElsewhere]:
    """In which of these practices, all of the actor's own, a message or an alert waits for them. What they
    see as a patient is theirs everywhere, and does not count. Two queries.
    """
    person_id = actor.require_user()
    alerts = CrisisAlert.objects.unscoped(reason="in which of the actor's own practices one waits").filter(
        therapist_id=person_id, acknowledged_at=None
    )
    alert = alerts.filter(conversation_id=OuterRef("conversation_id"))
    unread = Q(conversation__last_seq__gt=F("read_seq") + F("own_unread")) & ~ARCHIVED
    seats = (
        Member.objects.unscoped(reason="in which of the actor's own practices something waits")
        .filter(user_id=person_id, left_at=None, practice_id__in=practice_ids)
        .exclude(role=MemberRole.PATIENT.value)
        .annotate(alerts=Exists(alert))
    )
    found: dict[UUID, WaitingElsewhere] = {}
    for practice_id, alarms in (
        seats.filter(unread | Q(alerts=True)).order_by().values_list("practice_id", "alerts").distinct()
    ):
        earlier = found.get(practice_id)
        found[practice_id] = WaitingElsewhere(alert=alarms or (earlier is not None and earlier.alert))
    others = alerts.filter(conversation__isnull=True, practice_id__in=practice_ids).order_by()
    for practice_id in others.values_list("practice_id", flat=True).distinct():
        found[practice_id] = WaitingElsewhere(alert=True)
    return found
