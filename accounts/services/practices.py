"""Practices, and who works in them."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import errors, events, practice_roles, roles, rules, selectors
from accounts.models import Invitation, Membership, Practice, User
from accounts.services.names import name_check
from accounts.types import (
    NAME_LENGTH,
    InvitationOutcome,
    MembershipRole,
    PracticeKind,
    PracticeMay,
    PracticeRef,
    RoleName,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import NotAllowed, NotFound
from observability import services as observability_services


@transactional
def practice_create(
    actor: Actor, owner_id: UUID, name: str, kind: PracticeKind, *, at: datetime, is_listed: bool = False
) -> PracticeRef:
    """A practice and its owner; platform staff only (a therapist's own comes with sign-up)."""
    if not (actor.is_system or actor.has_role(RoleName.ADMIN, RoleName.SUPPORT)):
        raise NotAllowed
    name_check(name)
    owner = User.objects.filter(id=owner_id).first()
    if owner is None:
        raise NotFound(object_kind=events.USER, object_id=owner_id)
    return _practice_create(actor, owner, rules.name_normal(name), kind, at=at, is_listed=is_listed)


@transactional
def practice_list(actor: Actor, practice_id: UUID, *, listed: bool, at: datetime) -> None:
    """Show a practice's therapists in the directory, or no longer; for its owner and platform staff."""
    practice_check(actor, practice_id, PracticeMay.EDIT_PRACTICE)
    changed = Practice.objects.filter(id=practice_id).exclude(is_listed=listed).update(is_listed=listed)
    if changed:
        event = events.PracticeListed if listed else events.PracticeUnlisted
        observability_services.event_record(
            actor, event(object_id=practice_id, practice_id=practice_id), at=at
        )


@transactional(constraints={"membership_held_once": errors.MembershipHeld})
def membership_start(
    actor: Actor, practice_id: UUID, user_id: UUID, role: MembershipRole, *, at: datetime
) -> UUID:
    """Somebody else begins to work in a practice. Its owner and platform staff; owners alone make owners."""
    hands_over = role == MembershipRole.OWNER
    practice_check(actor, practice_id, PracticeMay.HAND_OVER if hands_over else PracticeMay.MANAGE_MEMBERS)
    if actor.user_id == user_id:
        raise NotAllowed(object_kind=events.PRACTICE, object_id=practice_id, exists=True)
    if not User.objects.filter(id=user_id).exists():
        raise NotFound(object_kind=events.USER, object_id=user_id)
    member = Membership.objects.create(practice_id=practice_id, user_id=user_id, role=role, started_at=at)
    observability_services.event_record(
        actor,
        events.MembershipStarted(object_id=member.id, practice_id=practice_id, subject_id=user_id, role=role),
        at=at,
    )
    return member.id


@transactional
def membership_end(actor: Actor, membership_id: UUID, *, at: datetime) -> None:
    """Somebody stops working in a practice. Ending what is over changes nothing. Raises LastOwner."""
    member = Membership.objects.visible_to(actor).get_or_refuse(pk=membership_id)
    practice_check(
        actor,
        member.practice_id,
        PracticeMay.MANAGE_MEMBERS,
        kind=events.MEMBERSHIP,
        object_id=member.id,
    )
    # The practice is the lock, so that two owners cannot leave it at once.
    Practice.objects.select_for_update().get(id=member.practice_id)
    active = Membership.objects.unscoped(reason="the owners who remain").filter(
        practice_id=member.practice_id, ended_at=None
    )
    if not active.filter(id=membership_id).exists():
        return
    if member.role == MembershipRole.OWNER:
        owner_remains_check(member.practice_id, without=member.user_id)
    membership_over(actor, member, at=at)
    invitations_drop(actor, member.practice_id, member.user_id, at=at)


def owner_remains_check(practice_id: UUID, *, without: UUID) -> None:
    """An owner who is one no longer leaves another behind; who is closing their account leaves, too. The
    practice is locked. Raises LastOwner.
    """
    others = (
        Membership.objects.unscoped(reason="the owners who remain")
        .filter(practice_id=practice_id, role=MembershipRole.OWNER, ended_at=None, user__closing_at=None)
        .exclude(user_id=without)
    )
    if not others.exists():
        raise errors.LastOwner


def membership_over(actor: Actor, member: Membership, *, at: datetime) -> UUID:
    """A membership is over, on record; whether it may be, the caller has decided, in the same transaction.
    The event's id.
    """
    member.ended_at = at
    member.save(update_fields=["ended_at"])
    return observability_services.event_record(
        actor,
        events.MembershipEnded(
            object_id=member.id,
            practice_id=member.practice_id,
            subject_id=member.user_id,
            role=MembershipRole(member.role),
        ),
        at=at,
    )


def practice_check(
    actor: Actor,
    practice_id: UUID,
    may: PracticeMay,
    *,
    kind: str = events.PRACTICE,
    object_id: UUID | None = None,
) -> None:
    """Who may do this in this practice: by accounts.practice_roles, in the practice that they act for; or as
    platform staff. Raises NotAllowed, which names the thing in question: the practice itself, unless told.
    """
    if actor.is_system:
        return
    if practice_roles.platform_staff_may(may) and actor.has_role(*roles.STAFF_ROLES):
        return
    if not selectors.practice_may(actor, practice_id, may):
        raise NotAllowed(object_kind=kind, object_id=object_id or practice_id, exists=True)


def practice_solo_create(actor: Actor, owner: User, *, at: datetime) -> PracticeRef:
    """A practice of their own for a therapist who has none; called by what makes somebody a therapist.

    It shows its therapist in the directory: who appears there is decided by the check of their listing.
    """
    name = _solo_name(owner.shown_name)
    return _practice_create(actor, owner, name, PracticeKind.SOLO, at=at, is_listed=True)


def practice_solo_follow(owner_id: UUID, before: str, after: str) -> None:
    """A practice that was called after its only therapist is called after what they are called now. Called in
    the transaction that changes the name.
    """
    owned = Membership.objects.unscoped(reason="the practice of somebody whose name changes").filter(
        user_id=owner_id, role=MembershipRole.OWNER, ended_at=None
    )
    Practice.objects.filter(
        kind=PracticeKind.SOLO, name=_solo_name(before), id__in=owned.values("practice_id")
    ).update(name=_solo_name(after))


def _solo_name(owner_name: str) -> str:
    return (_("%(name)s’s practice") % {"name": owner_name})[:NAME_LENGTH]


def _practice_create(
    actor: Actor, owner: User, name: str, kind: PracticeKind, *, at: datetime, is_listed: bool
) -> PracticeRef:
    practice = Practice.objects.create(name=name, kind=kind, is_listed=is_listed, created_at=at)
    observability_services.event_record(
        actor,
        events.PracticeCreated(object_id=practice.id, practice_id=practice.id, subject_id=owner.id),
        at=at,
    )
    member = Membership.objects.create(
        practice=practice, user=owner, role=MembershipRole.OWNER, started_at=at
    )
    observability_services.event_record(
        actor,
        events.MembershipStarted(
            object_id=member.id, practice_id=practice.id, subject_id=owner.id, role=MembershipRole.OWNER
        ),
        at=at,
    )
    return PracticeRef(id=practice.id, name=practice.name)


def invitation_close(
    actor: Actor, invitation: Invitation, outcome: InvitationOutcome, *, at: datetime
) -> None:
    """How an open invitation ended; the practice is locked. Its record is the caller's."""
    invitation.closed_at = at
    invitation.outcome = outcome
    invitation.save(update_fields=["closed_at", "outcome"])


def invitations_drop(actor: Actor, practice_id: UUID, person_id: UUID, *, at: datetime) -> None:
    """Nothing is open any more between a practice and somebody who works there no longer: neither what they
    asked of others in its name, nor what they were asked. Whoever may ask them anew. The practice is locked.
    """
    invitations_by_drop(actor, practice_id, person_id, at=at)
    invitations_of_drop(actor, practice_id, person_id, at=at)


def invitations_by_drop(actor: Actor, practice_id: UUID, person_id: UUID, *, at: datetime) -> None:
    """What somebody asked of others is withdrawn: they may ask no longer. The practice is locked."""
    _invitations_withdraw(actor, practice_id, Q(invited_by_id=person_id), at)


def invitations_of_drop(actor: Actor, practice_id: UUID, person_id: UUID, *, at: datetime) -> None:
    """What somebody was asked is withdrawn: it was for what they were then. The practice is locked."""
    own = EmailAddress.objects.filter(user_id=person_id, verified=True).values("email")
    _invitations_withdraw(actor, practice_id, Q(email__in=own), at)


def invitations_all_drop(actor: Actor, practice_id: UUID, *, at: datetime) -> None:
    """Whatever a practice has asked is withdrawn. The practice is locked."""
    _invitations_withdraw(actor, practice_id, Q(), at)


def _invitations_withdraw(actor: Actor, practice_id: UUID, which: Q, at: datetime) -> None:
    open_ = Invitation.objects.unscoped(reason="what a practice has asked, behind its lock").filter(
        which, practice_id=practice_id, closed_at=None
    )
    for row in open_:
        invitation_close(actor, row, InvitationOutcome.WITHDRAWN, at=at)
        observability_services.event_record(
            actor, events.InvitationWithdrawn(object_id=row.id, practice_id=practice_id), at=at
        )
