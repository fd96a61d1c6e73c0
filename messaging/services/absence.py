"""Mail for the absent: that something waits, never what or from whom."""

import uuid
from datetime import datetime
from typing import Final
from uuid import UUID

from accounts import services as accounts
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed
from bloom.realtime import services as realtime
from messaging import selectors
from messaging.models import AbsenceNotice, Member
from messaging.notice_kinds import MESSAGES
from messaging.types import Absence

AT_ONCE: Final = 500
_NAMESPACE: Final = UUID("b1003000-0000-5000-8000-00000000000b")


def absent_tell(actor: Actor, *, at: datetime) -> int:
    """The sweep: tell those who are away that something waits, once for each conversation in a quiet period.
    How many were told. Whoever has a page open that would show it is waited for a while longer.
    """
    if not actor.is_system:
        raise NotAllowed
    told, last = 0, None
    while True:
        away = selectors.absent_members(actor, at=at, limit=AT_ONCE, after=last)
        here = realtime.people_here({each.person_id for each in away if not each.is_long})
        told += sum(_tell(actor, each, at=at) for each in away if each.is_long or each.person_id not in here)
        # Those who are here stay in the list: who comes after them is told all the same.
        if len(away) < AT_ONCE:
            return told
        last = away[-1]


@transactional
def _tell(actor: Actor, absence: Absence, *, at: datetime) -> bool:
    """False when they have read it meanwhile, or another sweep was faster."""
    # The member is the lock: reading takes it, too.
    member = (
        Member.objects.unscoped(reason="somebody for whom something waits")
        .select_for_update()
        .filter(id=absence.member_id, left_at=None, read_seq__lt=absence.seq)
        .first()
    )
    mine = AbsenceNotice.objects.unscoped(reason="what this person was told of").filter(
        conversation_id=absence.conversation_id, user_id=absence.person_id
    )
    if member is None or mine.filter(seq__gte=absence.seq).exists():
        return False
    if not mine.update(seq=absence.seq, told_at=at):
        AbsenceNotice(
            practice_id=absence.practice_id,
            conversation_id=absence.conversation_id,
            user_id=absence.person_id,
            seq=absence.seq,
            told_at=at,
        ).save(force_insert=True)
    accounts.notice_send(
        actor,
        MESSAGES,
        "waiting",
        [absence.person_id],
        event_id=uuid.uuid5(_NAMESPACE, f"{absence.member_id}/{absence.seq}"),
        practice_id=absence.practice_id,
        at=at,
    )
    return True
