"""A practice asks somebody to work there, by mail; they say yes or no. A link is good for once, for 7 days,
and for the one address.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import errors, events, notice_kinds, selectors
from accounts.models import Invitation, Practice, User
from accounts.services.factors import factor_check
from accounts.services.members import (
    member_join,
    member_tell,
    notice,
    practice_locked,
    role_check,
)
from accounts.services.names import email_check
from accounts.services.notices import notice_send
from accounts.services.practices import invitation_close, practice_check
from accounts.types import (
    INVITATION_DAYS,
    InvitationOutcome,
    InvitationSent,
    MemberNotice,
    MembershipRole,
    PracticeMay,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid
from observability import services as observability_services


@transactional
def invitation_send(
    actor: Actor, practice_id: UUID, email: str, role: MembershipRole, *, at: datetime
) -> InvitationSent:
    """Ask an address to join the practice in a role. Whoever is asked again gets a new link for the new role,
    and the old one opens nothing. Whether somebody has an account is neither asked nor told, but of those
    who work in the practice.

    Raises NotFound, NotAllowed, Invalid, FreshFactorNeeded.
    """
    practice = practice_locked(actor, practice_id, PracticeMay.MANAGE_MEMBERS)
    address = email_check(email)
    known = selectors.person_of_address(address)
    if known is not None and known == actor.user_id:
        raise Invalid(errors={"email": [_("This is your own address, and you work here already.")]})
    if known is not None and selectors.works_in(known, practice_id):
        raise Invalid(
            errors={
                "email": [
                    _("Somebody with this address works here already. You can change their role in the list.")
                ]
            }
        )
    return _send(actor, practice, address, role, at=at)


@transactional
def owner_ask(actor: Actor, practice_id: UUID, person_id: UUID, *, at: datetime) -> InvitationSent:
    """Ask somebody who works in the practice to be an owner of it. Raises as invitation_send."""
    practice = practice_locked(actor, practice_id, PracticeMay.HAND_OVER)
    members = {member.id for member in selectors.member_list(actor, practice_id)}
    person = User.objects.filter(id=person_id).first() if person_id in members else None
    if person is None:
        raise Invalid(errors={"role": [_("This person does not work in this practice.")]})
    return _send(actor, practice, person.email, MembershipRole.OWNER, is_member=True, at=at)


@transactional
def invitation_resend(actor: Actor, invitation_id: UUID, *, at: datetime) -> InvitationSent:
    """A new link for an invitation that was not answered. Raises NotFound, NotAllowed, InvitationOver,
    FreshFactorNeeded.
    """
    found = Invitation.objects.visible_to(actor).get_or_refuse(pk=invitation_id)
    practice = practice_locked(actor, found.practice_id, PracticeMay.MANAGE_MEMBERS)
    found.refresh_from_db()
    if found.closed_at is not None:
        raise errors.InvitationOver
    known = selectors.person_of_address(found.email)
    is_member = known is not None and selectors.works_in(known, practice.id)
    return _send(actor, practice, found.email, MembershipRole(found.role), is_member=is_member, at=at)


@transactional
def invitation_withdraw(actor: Actor, invitation_id: UUID, *, at: datetime) -> None:
    """The link opens nothing any more. Raises NotFound, NotAllowed, InvitationOver."""
    found = Invitation.objects.visible_to(actor).get_or_refuse(pk=invitation_id)
    practice_locked(actor, found.practice_id, PracticeMay.MANAGE_MEMBERS)
    found.refresh_from_db()
    if found.closed_at is not None:
        raise errors.InvitationOver
    invitation_close(actor, found, InvitationOutcome.WITHDRAWN, at=at)
    observability_services.event_record(
        actor, events.InvitationWithdrawn(object_id=found.id, practice_id=found.practice_id), at=at
    )


@transactional
def invitation_accept(actor: Actor, secret: str, *, at: datetime) -> MemberNotice:
    """Begin to work in the practice. For whoever has shown that the invited address is theirs.

    Raises NotFound, InvitationOver, InvitationForOther, TherapistNeeded; FreshFactorNeeded for an owner.
    """
    person_id = actor.require_user()
    invitation, practice = _open(actor, secret, at)
    role = MembershipRole(invitation.role)
    role_check(actor, person_id, role)
    if role is MembershipRole.OWNER:
        factor_check(actor, at=at)
    invitation_close(actor, invitation, InvitationOutcome.ACCEPTED, at=at)
    event_id = observability_services.event_record(
        actor,
        events.InvitationAccepted(
            object_id=invitation.id, practice_id=practice.id, subject_id=person_id, role=role
        ),
        at=at,
    )
    member_join(actor, practice, person_id, role, at=at)
    told = notice(practice, person_id, role)
    member_tell(actor, told, "joined", told.others, event_id=event_id, at=at)
    return told


@transactional
def invitation_decline(actor: Actor, secret: str, *, at: datetime) -> MemberNotice:
    """Say no. Raises NotFound, InvitationOver, InvitationForOther."""
    person_id = actor.require_user()
    invitation, practice = _open(actor, secret, at)
    invitation_close(actor, invitation, InvitationOutcome.DECLINED, at=at)
    event_id = observability_services.event_record(
        actor,
        events.InvitationDeclined(object_id=invitation.id, practice_id=practice.id, subject_id=person_id),
        at=at,
    )
    told = notice(practice, person_id, MembershipRole(invitation.role))
    member_tell(actor, told, "declined", told.others, event_id=event_id, at=at)
    return told


def _open(actor: Actor, secret: str, at: datetime) -> tuple[Invitation, Practice]:
    """An invitation that the actor may answer, behind the lock of its practice."""
    invitation = selectors.invitation_of(secret)
    if not selectors.address_is_verified(actor.require_user(), invitation.email):
        raise errors.InvitationForOther(object_kind=events.INVITATION, object_id=invitation.id, exists=True)
    practice = Practice.objects.select_for_update().get(id=invitation.practice_id)
    invitation.refresh_from_db()
    # It may have been answered, withdrawn or replaced meanwhile.
    if invitation.closed_at is not None or invitation.due_at <= at:
        raise errors.InvitationOver
    return invitation, practice


def _send(
    actor: Actor,
    practice: Practice,
    address: str,
    role: MembershipRole,
    *,
    is_member: bool = False,
    at: datetime,
) -> InvitationSent:
    if role is MembershipRole.OWNER:
        practice_check(actor, practice.id, PracticeMay.HAND_OVER)
    # Whoever comes in sees patients' names at least.
    factor_check(actor, at=at)
    secret = secrets.token_urlsafe(32)
    before = (
        Invitation.objects.unscoped(reason="whom the practice has asked, behind its lock")
        .filter(practice=practice, email=address, closed_at=None)
        .first()
    )
    if before is not None:
        # It stays, so that its link can say what has become of it.
        invitation_close(actor, before, InvitationOutcome.REPLACED, at=at)
    row = Invitation.objects.create(
        practice=practice,
        email=address,
        role=role,
        hash=selectors.invitation_hash(secret),
        invited_by_id=actor.user_id,
        created_at=at,
        due_at=at + timedelta(days=INVITATION_DAYS),
    )
    event_id = observability_services.event_record(
        actor,
        events.InvitationSent(
            object_id=row.id, practice_id=practice.id, role=role, is_again=before is not None
        ),
        at=at,
    )
    # Who has an account under this address sees it there, too; whoever asks learns nothing of it.
    invited = selectors.person_of_address(address)
    notice_send(
        actor,
        notice_kinds.PRACTICE,
        "owner_asked" if is_member else "invited",
        {invited},
        event_id=event_id,
        practice_id=practice.id,
        own={invited},
        params={"practice": practice.id},
        by_mail=False,
        at=at,
    )
    sender = User.objects.get(id=actor.user_id).shown_name if actor.user_id else ""
    return InvitationSent(
        id=row.id,
        practice_id=practice.id,
        practice=practice.name,
        email=address,
        role=role,
        invited_by=sender,
        secret=secret,
        due_at=row.due_at,
        role_before=MembershipRole(before.role) if before is not None else None,
        is_member=is_member,
    )
