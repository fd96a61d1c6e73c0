"""Who is away while something waits for them."""

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from bloom.kernel.actor import Actor
from messaging.models import AbsenceNotice, Member, Message
from messaging.types import Absence


def absent_members(actor: Actor, *, at: datetime, limit: int, after: Absence | None = None) -> list[Absence]:
    """Members who have not read for a while what others wrote, and were not told of it in the last quiet
    period. The longest silent conversations first, or those that come `after` one. For the sweep; one query.
    """
    told = AbsenceNotice.objects.unscoped(reason="who was told already").filter(
        conversation_id=OuterRef("conversation_id"), user_id=OuterRef("user_id")
    )
    unread = (
        Message.objects.unscoped(reason="whether something waits for somebody, not what")
        .filter(
            conversation_id=OuterRef("conversation_id"),
            seq__gt=OuterRef("read_seq"),
            deleted_at=None,
        )
        .filter(seq__gt=OuterRef("told_seq"))
        .exclude(sender_id=OuterRef("user_id"))
    )
    members = (
        Member.objects.unscoped(reason="for whom something waits")
        .filter(
            left_at=None,
            muted_at=None,
            conversation__last_sent_at__gt=at - settings.ABSENCE_FORGOTTEN,
            conversation__last_seq__gt=F("read_seq") + F("own_unread"),
        )
        .annotate(told_seq=Coalesce(Subquery(told.values("seq")), Value(0)))
        .annotate(
            waits=Exists(unread.filter(sent_at__lte=at - settings.ABSENCE_AFTER)),
            waits_long=Exists(unread.filter(sent_at__lte=at - settings.ABSENCE_AFTER_IN_VIEW)),
        )
        .filter(waits=True)
        .exclude(Exists(told.filter(told_at__gt=at - settings.ABSENCE_QUIET)))
        .order_by("conversation__last_sent_at", "id")
        .values_list(
            "id",
            "conversation_id",
            "user_id",
            "practice_id",
            "conversation__last_seq",
            "conversation__last_sent_at",
            "waits_long",
        )
    )
    if after is not None:
        members = members.filter(
            Q(conversation__last_sent_at__gt=after.sent_at)
            | Q(conversation__last_sent_at=after.sent_at, id__gt=after.member_id)
        )
    return [
        Absence(
            member_id=member_id,
            conversation_id=conversation_id,
            person_id=person_id,
            practice_id=practice_id,
            seq=seq,
            sent_at=sent_at,
            is_long=is_long,
        )
        for member_id, conversation_id, person_id, practice_id, seq, sent_at, is_long in members[:limit]
    ]
