"""Factors that their person lost, and such as nobody can explain."""

from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator

from accounts import events, notice_kinds, selectors
from accounts.models import RecoveryCode, User
from accounts.services.factors import factor_needed_check
from accounts.services.notices import notice_send
from accounts.services.sessions import sessions_end
from accounts.services.tokens import tokens_revoke
from accounts.services.ways_in import devices_forget
from accounts.types import RoleName
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed, NotFound
from observability import services as observability_services


@transactional
def factors_reset(actor: Actor, user_id: UUID, *, at: datetime) -> None:
    """Take away all factors of somebody who lost them, and end their sessions and tokens; whoever needs a
    factor adds a new one at the next sign-in. For admins with a fresh factor, who have made sure by another
    way who is asking; never for oneself.

    Raises NotAllowed, NotFound (nobody, or nothing to take away), FactorNeeded,
    FreshFactorNeeded.
    """
    if not (actor.is_system or actor.has_role(RoleName.ADMIN)) or actor.user_id == user_id:
        raise NotAllowed(object_kind=events.USER, object_id=user_id, exists=True)
    factor_needed_check(actor, at=at)
    User.objects.select_for_update().filter(id=user_id).first()
    count, _rows = Authenticator.objects.filter(user_id=user_id).delete()
    if not count:
        raise NotFound(object_kind=events.USER, object_id=user_id)
    RecoveryCode.objects.unscoped(reason="a lost set of another person goes").filter(user_id=user_id).delete()
    event_id = observability_services.event_record(
        actor, events.FactorsReset(object_id=user_id, subject_id=user_id, count=count), at=at
    )
    notice_send(actor, notice_kinds.SECURITY, "factors_reset", [user_id], event_id=event_id, at=at)
    devices_forget(user_id)
    sessions_end(actor, user_id, keep=None, at=at)
    tokens_revoke(actor, user_id, at=at)


@transactional
def factors_compare(actor: Actor, *, at: datetime) -> int:
    """Hold the factors against the record: one that nobody added, or that is gone though nobody removed it,
    is put on record once. How many were found now.
    """
    history = selectors.factor_history(actor)
    held = {row.pk: row.user_id for row in Authenticator.objects.only("id", "user_id")}
    odd = {(factor, person, True) for factor, person in held.items() if history.get(factor) != person}
    odd |= {(factor, person, False) for factor, person in history.items() if factor not in held}
    known = selectors.factors_unexplained(actor)
    for factor, person, is_there in sorted(odd - known, key=str):
        observability_services.event_record(
            actor,
            events.FactorUnexplained(object_id=person, subject_id=person, factor=factor, is_there=is_there),
            at=at,
        )
    return len(odd - known)
