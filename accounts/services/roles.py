"""What people are on the platform."""

from datetime import datetime
from uuid import UUID

from accounts import errors, events, notice_kinds, selectors
from accounts.models import Role, User
from accounts.services.factors import factor_needed_check
from accounts.services.notices import notice_send
from accounts.services.practices import practice_solo_create
from accounts.services.sessions import sessions_end
from accounts.services.tokens import tokens_revoke
from accounts.types import (
    RoleName,
    RoleView,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed, NotFound
from observability import services as observability_services


@transactional(constraints={"role_held_once": errors.RoleHeld})
def role_grant(actor: Actor, user_id: UUID, role: RoleName, *, at: datetime) -> RoleView:
    """Give somebody a role; admins only, with a fresh factor, and never to oneself.

    A therapist without a practice gets one of their own. Raises FactorNeeded, FreshFactorNeeded.
    """
    _admin_check(actor, user_id, at)
    if actor.user_id == user_id:
        raise NotAllowed(object_kind=events.USER, object_id=user_id, exists=True)
    # Who is leaving gets nothing any more.
    user = User.objects.filter(id=user_id, closing_at=None).first()
    if user is None:
        raise NotFound(object_kind=events.USER, object_id=user_id)
    granted = Role.objects.create(user=user, role=role, granted_by_id=actor.user_id, granted_at=at)
    event_id = observability_services.event_record(
        actor, events.RoleGranted(object_id=granted.id, subject_id=user_id, role=role), at=at
    )
    _tell(actor, "role_given", user_id, role, event_id, at)
    _sessions_rotate(actor, user_id, at)
    if role == RoleName.THERAPIST and selectors.practice_default(actor, user_id) is None:
        practice_solo_create(actor, user, at=at)
    return _role_view(granted)


@transactional
def role_revoke(actor: Actor, user_id: UUID, role: RoleName, *, at: datetime) -> RoleView:
    """Take a role from somebody; admins only, with a fresh factor.

    Raises LastAdmin rather than leave Bloom without one, FactorNeeded, FreshFactorNeeded.
    """
    _admin_check(actor, user_id, at)
    # All holders are locked, so that two admins cannot remove each other at once.
    rows = Role.objects.select_for_update().filter(role=role, revoked_at=None).order_by("id")
    holders = {held.user_id: held for held in rows}
    held = holders.get(user_id)
    if held is None:
        raise NotFound(object_kind=events.ROLE, object_id=user_id)
    staying = User.objects.filter(id__in=holders.keys() - {user_id}, is_active=True, closing_at=None)
    if role == RoleName.ADMIN and not staying.exists():
        raise errors.LastAdmin
    event_id = role_over(actor, held, at=at)
    _tell(actor, "role_ended", user_id, role, event_id, at)
    _sessions_rotate(actor, user_id, at)
    return _role_view(held)


def _tell(actor: Actor, code: str, user_id: UUID, role: RoleName, event_id: UUID, at: datetime) -> None:
    """Tell somebody of what another did; what they begin themselves, by signing up, they know."""
    if not actor.is_system:
        notice_send(
            actor,
            notice_kinds.SECURITY,
            code,
            [user_id],
            event_id=event_id,
            params={"platform_role": role},
            at=at,
        )


def role_over(actor: Actor, held: Role, *, at: datetime) -> UUID:
    """A role is over, on record; whether it may be, the caller has decided, in the same transaction. The
    event's id.
    """
    held.revoked_at = at
    held.save(update_fields=["revoked_at"])
    return observability_services.event_record(
        actor,
        events.RoleRevoked(object_id=held.id, subject_id=held.user_id, role=RoleName(held.role)),
        at=at,
    )


def _sessions_rotate(actor: Actor, user_id: UUID, at: datetime) -> None:
    """Other rights begin with another session; that of whoever gave them goes on. Tokens end, which were
    made with fewer rights in mind, and perhaps without the second factor that is owed now.
    """
    sessions_end(actor, user_id, keep=actor.session_id if actor.user_id == user_id else None, at=at)
    tokens_revoke(actor, user_id, at=at)


def _admin_check(actor: Actor, user_id: UUID, at: datetime) -> None:
    if not (actor.is_system or actor.has_role(RoleName.ADMIN)):
        raise NotAllowed(object_kind=events.USER, object_id=user_id)
    factor_needed_check(actor, at=at)


def _role_view(role: Role) -> RoleView:
    return RoleView(
        id=role.id,
        user_id=role.user_id,
        role=role.role,
        granted_at=role.granted_at,
        revoked_at=role.revoked_at,
    )
