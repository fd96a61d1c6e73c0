"""Closing an account: what ends at once, the days in which its person may come back, and the end."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import endings, errors, events, notice_kinds, selectors
from accounts.models import (
    Assignment,
    EmailChange,
    Listing,
    Membership,
    Notice,
    NoticeChoice,
    Practice,
    Proposal,
    Role,
    User,
)
from accounts.services.assignments import assignment_end
from accounts.services.exports import exports_drop
from accounts.services.factors import factor_check
from accounts.services.notices import notice_send
from accounts.services.photos import photo_drop
from accounts.services.practices import (
    invitations_all_drop,
    invitations_by_drop,
    invitations_drop,
    membership_over,
    owner_remains_check,
)
from accounts.services.proposals import proposal_decline, proposal_withdraw
from accounts.services.roles import role_over
from accounts.services.sessions import sessions_end
from accounts.services.tokens import tokens_revoke
from accounts.services.ways_in import ways_in_end
from accounts.types import MembershipRole, ProposalStep, RoleName
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.kernel.db import savepoint, transactional
from bloom.kernel.events import Event
from bloom.kernel.money import Money
from bloom.kernel.registry import Ending, EndingKind
from observability import logs
from observability import services as observability_services

log = logs.get_logger(__name__)


@transactional
def account_close(actor: Actor, *, fees_seen: Sequence[Money] = (), at: datetime) -> datetime:
    """The actor's account will be closed; until when they may come back. `fees_seen`: what they were shown
    that this costs them in other rooms.

    At once their care as a patient ends, requests are taken back, sessions and tokens end, and nobody finds
    them any more. Raises PatientsInCare, PracticeNeedsOwner, LastAdmin, LateFeeUnseen,
    FreshFactorNeeded.
    """
    factor_check(actor, at=at)
    _admins_lock(actor.require_user())
    person = User.objects.select_for_update().get(id=actor.require_user())
    if person.closing_at is not None:
        return person.closing_at
    _duties_check(person.id)
    _invitations_end(actor, person.id, at)
    endings.fees_check(actor, Ending(kind=EndingKind.ACCOUNT), fees_seen, at=at)
    caring = Assignment.objects.unscoped(reason="the care that a leaving patient is in")
    for assignment_id in caring.filter(patient_id=person.id, ended_at=None).values_list("id", flat=True):
        assignment_end(actor, assignment_id, "", fees_seen=fees_seen, at=at)
    _proposals_end(actor, at)
    until = at + settings.CLOSING_GRACE
    User.objects.filter(id=person.id).update(closing_at=until)
    event_id = _record(
        actor, events.AccountClosing(object_id=person.id, subject_id=person.id, until=until), at
    )
    notice_send(
        actor,
        notice_kinds.SECURITY,
        "closing",
        [person.id],
        event_id=event_id,
        params={"day": until},
        at=at,
    )
    sessions_end(actor, person.id, keep=None, at=at)
    tokens_revoke(actor, person.id, at=at)
    return until


@transactional
def account_keep(actor: Actor, *, at: datetime) -> None:
    """Its person came back: the account goes on; care that has ended begins again only by asking."""
    person = User.objects.select_for_update().get(id=actor.require_user())
    if person.closing_at is None or person.closed_at is not None:
        return
    User.objects.filter(id=person.id).update(closing_at=None)
    event_id = _record(actor, events.AccountKept(object_id=person.id, subject_id=person.id), at)
    notice_send(actor, notice_kinds.SECURITY, "kept", [person.id], event_id=event_id, at=at)


def accounts_close_due(actor: Actor, *, at: datetime) -> list[tuple[str, str]]:
    """Close for good those whose days are over; their addresses and languages, to tell them a last time."""
    due = User.objects.filter(closing_at__lte=at, closed_at=None).values_list("id", flat=True)
    return [told for person_id in due if (told := _close_for_good(actor, person_id, at=at)) is not None]


@transactional
def _close_for_good(actor: Actor, person_id: UUID, *, at: datetime) -> tuple[str, str] | None:
    """Erase what nobody has to keep.

    The name stays where it is part of somebody else's record: that of a patient or a therapist who were ever
    in care, and where another room keeps such a record (registry.name_kept). Messages, reasons and the record
    stay as the care policy says, sealed with the patient's key.
    """
    _admins_lock(person_id)
    person = User.objects.select_for_update().filter(id=person_id, closing_at__lte=at, closed_at=None).first()
    if person is None:
        return None
    told = (person.email, person.locale)
    try:
        with savepoint():
            _duties_check(person_id)
    except (errors.PatientsInCare, errors.PracticeNeedsOwner, errors.LastAdmin):
        # Somebody else left, or came, in these days: it waits until that is arranged.
        log.warning("accounts.closing_waits")
        return None
    ways_in_end(actor, person_id, since=None, at=at)
    _roles_end(actor, person_id, at)
    sessions_end(actor, person_id, keep=None, at=at)
    tokens_revoke(actor, person_id, at=at)
    exports_drop(actor, person_id, at=at)
    for rows in (EmailChange, Notice, NoticeChoice):
        rows.objects.unscoped(reason="an account is closed").filter(user_id=person_id).delete()
    Listing.objects.unscoped(reason="an account is closed").filter(therapist_id=person_id).delete()
    EmailAddress.objects.filter(user_id=person_id).delete()
    is_named = _is_named(person_id)
    person.email = f"closed-{person_id.hex}@closed.invalid"
    person.name = person.name if is_named else _("Somebody who left")
    person.preferred_name = person.preferred_name if is_named else ""
    person.pronouns = person.headline = ""
    photo_drop(actor, person, at=at)
    person.password = make_password(None)
    person.is_active = False
    person.closed_at = at
    person.save()
    _record(actor, events.AccountClosed(object_id=person_id, subject_id=person_id, is_named=is_named), at)
    return told


def _admins_lock(person_id: UUID) -> None:
    """Of admins one leaves after the other, and none while another's role is taken back (role_revoke, which
    takes these rows first, too). Nobody else waits.
    """
    admins = Role.objects.filter(role=RoleName.ADMIN, revoked_at=None)
    if admins.filter(user_id=person_id).exists():
        list(admins.select_for_update().order_by("id"))


def _duties_check(person_id: UUID) -> None:
    """What somebody hands over before they go."""
    care = Assignment.objects.unscoped(reason="patients whom a leaving therapist cares for")
    if care.filter(therapist_id=person_id, ended_at=None).exists():
        raise errors.PatientsInCare
    working = Membership.objects.unscoped(reason="practices that a leaving owner would leave alone").filter(
        ended_at=None
    )
    owned = working.filter(user_id=person_id, role=MembershipRole.OWNER)
    # The practices are the lock, so that two owners cannot leave at once; one who is leaving is none.
    for practice in Practice.objects.select_for_update().filter(
        id__in=list(owned.values_list("practice_id", flat=True))
    ):
        others = working.filter(practice_id=practice.id, user__closing_at=None).exclude(user_id=person_id)
        if others.exists() and not others.filter(role=MembershipRole.OWNER).exists():
            raise errors.PracticeNeedsOwner
    # Who leaves is an admin until they have left: at the end of their days they are asked once more.
    admins = Role.objects.filter(role=RoleName.ADMIN, revoked_at=None)
    staying = admins.filter(user__is_active=True, user__closing_at=None).exclude(user_id=person_id)
    if admins.filter(user_id=person_id).exists() and not staying.exists():
        raise errors.LastAdmin


def _invitations_end(actor: Actor, person_id: UUID, at: datetime) -> None:
    """What they asked of others is withdrawn; where no owner stays, whatever is open: nobody would be there
    for who says yes.
    """
    works = Membership.objects.unscoped(reason="practices that somebody is about to leave").filter(
        user_id=person_id, ended_at=None
    )
    for row in works:
        try:
            owner_remains_check(row.practice_id, without=person_id)
        except errors.LastOwner:
            invitations_all_drop(actor, row.practice_id, at=at)
        else:
            invitations_by_drop(actor, row.practice_id, person_id, at=at)


def _proposals_end(actor: Actor, at: datetime) -> None:
    # Their own: staff could take back everybody's.
    for proposal in selectors.proposals_own(actor):
        if ProposalStep.WITHDRAW in proposal.steps:
            proposal_withdraw(actor, proposal.id, at=at)
        elif ProposalStep.DECLINE in proposal.steps:
            proposal_decline(actor, proposal.id, at=at)


def _is_named(person_id: UUID) -> bool:
    ever = Assignment.objects.unscoped(reason="whether somebody else's record names this person")
    asked = Proposal.objects.unscoped(reason="whether somebody else's record names this person")
    theirs = Q(patient_id=person_id) | Q(therapist_id=person_id)
    if ever.filter(theirs).exists() or asked.filter(theirs).exists():
        return True
    return any(is_kept(person_id) for _key, is_kept in registry.name_kept.items())


def _roles_end(actor: Actor, person_id: UUID, at: datetime) -> None:
    for held in list(Role.objects.select_for_update().filter(user_id=person_id, revoked_at=None)):
        role_over(actor, held, at=at)
    works = Membership.objects.unscoped(reason="an account is closed").filter(
        user_id=person_id, ended_at=None
    )
    for member in list(works.select_for_update()):
        membership_over(actor, member, at=at)
        invitations_drop(actor, member.practice_id, person_id, at=at)


def _record(actor: Actor, event: Event, at: datetime) -> UUID:
    return observability_services.event_record(actor, event, at=at)
