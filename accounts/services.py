"""What can happen to people, care and credentials. One function per thing; each leaves its record."""

import secrets
import string
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import errors, events, rules, selectors
from accounts.models import ApiToken, Assignment, Membership, Practice, Role, Session, User
from accounts.types import (
    AssignmentView,
    Authority,
    MembershipRole,
    PracticeKind,
    PracticeRef,
    ProfileView,
    RoleName,
    RoleView,
    TokenIssued,
)
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotAllowed, NotFound
from observability import services as observability_services

REASON_LENGTH = 500
TOKEN_USE_EVERY = timedelta(minutes=10)
NOBODY = UUID(int=0)

_PREFIX_LETTERS = string.ascii_lowercase + string.digits


# People ----------------------------------------------------------------------------------------------------


@transactional(constraints={"user_email_once": errors.EmailTaken})
def user_sign_up(
    actor: Actor,
    *,
    email: str,
    name: str,
    password_hash: str,
    role: RoleName,
    at: datetime,
    time_zone: str = "UTC",
    locale: str = "en",
    user_id: UUID | None = None,
) -> UUID:
    """A new person who is a patient or a therapist; a therapist gets a practice of their own.

    `password_hash` is made by the caller, because hashing is slow and this may run twice. Raises Invalid,
    EmailTaken.
    """
    if role not in rules.SIGN_UP_ROLES:
        raise Invalid(errors={"role": [_("Choose patient or therapist.")]})
    name_check(name)
    user = User.objects.create(
        id=user_id or uuid.uuid4(),
        email=rules.email_normal(email),
        name=name.strip(),
        password=password_hash,
        time_zone=rules.time_zone_or_utc(time_zone),
        locale=locale,
        date_joined=at,
    )
    Role.objects.create(user=user, role=role, granted_at=at)
    observability_services.event_record(
        actor, events.UserSignedUp(object_id=user.id, subject_id=user.id, role=role), at=at
    )
    if role == RoleName.THERAPIST:
        _practice_solo_create(actor, user, at=at)
    return user.id


@transactional
def profile_change(
    actor: Actor,
    *,
    name: str | None = None,
    time_zone: str | None = None,
    locale: str | None = None,
    at: datetime,
) -> ProfileView:
    """Change what is given of one's own profile. Raises Invalid."""
    wanted = {"name": name, "time_zone": time_zone, "locale": locale}
    if name is not None:
        name_check(name)
        wanted["name"] = name.strip()
    if time_zone is not None and not rules.time_zone_is_known(time_zone):
        raise Invalid(errors={"time_zone": [_("This is not a time zone we know.")]})
    if locale is not None and locale not in rules.LOCALES:
        raise Invalid(errors={"locale": [_("Bloom does not speak this language yet.")]})
    person = User.objects.select_for_update().get(id=actor.require_user())
    changed = {
        field: value
        for field, value in wanted.items()
        if value is not None and getattr(person, field) != value
    }
    if changed:
        User.objects.filter(id=person.id).update(**changed)
        observability_services.event_record(
            actor,
            events.ProfileChanged(object_id=person.id, subject_id=person.id, fields=tuple(sorted(changed))),
            at=at,
        )
    return selectors.profile_get(actor)


def name_check(name: str) -> None:
    """Raise Invalid, with the reason in words, for what cannot be the name of a person or a practice."""
    words = {
        "blank": _("Please tell us your name."),
        "long": _("Please use at most %(count)s characters.") % {"count": rules.NAME_LENGTH},
        "characters": _("Please use letters, spaces and ordinary signs only."),
    }
    problem = rules.name_problem(name)
    if problem:
        raise Invalid(errors={"name": [words[problem]]})


@transactional
def email_verified(actor: Actor, user_id: UUID, *, at: datetime) -> None:
    """A person has shown that an address is theirs (allauth keeps which one)."""
    observability_services.event_record(
        actor, events.EmailVerified(object_id=user_id, subject_id=user_id), at=at
    )


@transactional
def password_changed(actor: Actor, user_id: UUID, *, keep_session: str | None, at: datetime) -> None:
    """A person has changed their password: their other sessions end."""
    observability_services.event_record(
        actor, events.PasswordChanged(object_id=user_id, subject_id=user_id), at=at
    )
    _sessions_end(actor, user_id, keep=keep_session, at=at)


@transactional
def password_reset(actor: Actor, user_id: UUID, *, at: datetime) -> None:
    """A person has made a new password by mail: every session of theirs ends."""
    observability_services.event_record(
        actor, events.PasswordReset(object_id=user_id, subject_id=user_id), at=at
    )
    _sessions_end(actor, user_id, keep=None, at=at)


# Sessions --------------------------------------------------------------------------------------------------


@transactional
def session_started(actor: Actor, user_id: UUID, session_id: str, *, at: datetime) -> None:
    """A person has signed in."""
    observability_services.event_record(
        actor, events.SessionStarted(object_id=UUID(session_id), subject_id=user_id), at=at
    )


@transactional
def session_end(actor: Actor, session_id: str, *, at: datetime) -> None:
    """End one of one's own sessions; open sockets notice within seconds. Raises NotFound."""
    deleted, _rows = Session.objects.filter(session_key=session_id, user_id=actor.require_user()).delete()
    if not deleted:
        raise NotFound(object_kind=events.SESSION, object_id=UUID(session_id))
    observability_services.event_record(
        actor, events.SessionEnded(object_id=UUID(session_id), subject_id=actor.user_id), at=at
    )


@transactional
def sign_in_failed(actor: Actor, email: str, *, at: datetime) -> None:
    """Somebody gave an address and a password that do not belong together."""
    user_id = User.objects.filter(email=rules.email_normal(email)).values_list("id", flat=True).first()
    observability_services.event_record(
        actor, events.SignInFailed(object_id=user_id or NOBODY, subject_id=user_id), at=at
    )


@transactional
def sessions_clear(actor: Actor, *, at: datetime) -> int:
    """Forget the sessions whose time is over; how many they were."""
    deleted, _rows = Session.objects.filter(expire_date__lt=at).delete()
    return deleted


def _sessions_end(actor: Actor, user_id: UUID, *, keep: str | None, at: datetime) -> None:
    ended = list(Session.objects.filter(user_id=user_id).exclude(session_key=keep or ""))
    Session.objects.filter(session_key__in=[session.session_key for session in ended]).delete()
    for session in ended:
        observability_services.event_record(
            actor, events.SessionEnded(object_id=UUID(session.session_key), subject_id=user_id), at=at
        )


# Roles -----------------------------------------------------------------------------------------------------


@transactional(constraints={"role_held_once": errors.RoleHeld})
def role_grant(actor: Actor, user_id: UUID, role: RoleName, *, at: datetime) -> RoleView:
    """Give somebody a role; admins only. A therapist without a practice gets one of their own."""
    _admin_check(actor, user_id)
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise NotFound(object_kind=events.USER, object_id=user_id)
    granted = Role.objects.create(user=user, role=role, granted_by_id=actor.user_id, granted_at=at)
    observability_services.event_record(
        actor, events.RoleGranted(object_id=granted.id, subject_id=user_id, role=role), at=at
    )
    if role == RoleName.THERAPIST and selectors.practice_default(actor, user_id) is None:
        _practice_solo_create(actor, user, at=at)
    return _role_view(granted)


@transactional
def role_revoke(actor: Actor, user_id: UUID, role: RoleName, *, at: datetime) -> RoleView:
    """Take a role from somebody; admins only. Raises LastAdmin rather than leave Bloom without one."""
    _admin_check(actor, user_id)
    # All holders are locked, so that two admins cannot remove each other at once.
    holders = {
        held.user_id: held for held in Role.objects.select_for_update().filter(role=role, revoked_at=None)
    }
    held = holders.get(user_id)
    if held is None:
        raise NotFound(object_kind=events.ROLE, object_id=user_id)
    if role == RoleName.ADMIN and len(holders) == 1:
        raise errors.LastAdmin
    held.revoked_at = at
    held.save(update_fields=["revoked_at"])
    observability_services.event_record(
        actor, events.RoleRevoked(object_id=held.id, subject_id=user_id, role=role), at=at
    )
    return _role_view(held)


def _admin_check(actor: Actor, user_id: UUID) -> None:
    if not (actor.is_system or actor.has_role(RoleName.ADMIN)):
        raise NotAllowed(object_kind=events.USER, object_id=user_id)


def _role_view(role: Role) -> RoleView:
    return RoleView(
        id=role.id,
        user_id=role.user_id,
        role=role.role,
        granted_at=role.granted_at,
        revoked_at=role.revoked_at,
    )


# Practices -------------------------------------------------------------------------------------------------


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
    return _practice_create(actor, owner, name.strip(), kind, at=at, is_listed=is_listed)


@transactional(constraints={"membership_held_once": errors.MembershipHeld})
def membership_start(
    actor: Actor, practice_id: UUID, user_id: UUID, role: MembershipRole, *, at: datetime
) -> UUID:
    """Somebody begins to work in a practice; for its owner and platform staff."""
    _practice_check(actor, practice_id)
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
    _practice_check(actor, member.practice_id)
    # The practice is the lock, so that two owners cannot leave it at once.
    Practice.objects.select_for_update().get(id=member.practice_id)
    active = Membership.objects.unscoped(reason="the owners who remain").filter(
        practice_id=member.practice_id, ended_at=None
    )
    if not active.filter(id=membership_id).exists():
        return
    if member.role == MembershipRole.OWNER and active.filter(role=MembershipRole.OWNER).count() == 1:
        raise errors.LastOwner
    active.filter(id=membership_id).update(ended_at=at)
    observability_services.event_record(
        actor,
        events.MembershipEnded(
            object_id=membership_id,
            practice_id=member.practice_id,
            subject_id=member.user_id,
            role=MembershipRole(member.role),
        ),
        at=at,
    )


def _practice_check(actor: Actor, practice_id: UUID) -> None:
    """Platform staff may arrange any practice, its owner this one."""
    if actor.is_system or actor.has_role(RoleName.ADMIN, RoleName.SUPPORT):
        return
    if actor.practice_id != practice_id or not selectors.practice_is_owned(actor, practice_id):
        raise NotAllowed(object_kind=events.PRACTICE, object_id=practice_id, exists=True)


def _practice_solo_create(actor: Actor, owner: User, *, at: datetime) -> PracticeRef:
    return _practice_create(actor, owner, owner.name, PracticeKind.SOLO, at=at, is_listed=False)


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


# Assignments -----------------------------------------------------------------------------------------------


@transactional(
    constraints={
        "assignment_active_once": errors.AlreadyAssigned,
        "assignment_not_with_oneself": errors.OwnTherapist,
    }
)
def assignment_start(
    actor: Actor, patient_id: UUID, therapist_id: UUID, practice_id: UUID | None, reason: str, *, at: datetime
) -> AssignmentView:
    """A patient comes into a therapist's care at a practice.

    For platform staff, and for the practice's owner with patients whom it knows already. `practice_id` may
    be None for a therapist who works in one practice only. Raises NotAllowed, NotFound (a person whom the
    actor may not see), Invalid, AlreadyAssigned, OwnTherapist.
    """
    _reason_check(reason)
    if not actor.is_system:
        if not (actor.has_role(*rules.STAFF_ROLES) or actor.practice_id):
            raise NotAllowed
        for person_id in (patient_id, therapist_id):
            selectors.person_get(actor, person_id)
    held = selectors.roles_of(actor, [patient_id, therapist_id])
    if RoleName.PATIENT not in held.get(patient_id, ()):
        raise Invalid(errors={"patient": [_("This person is not a patient.")]})
    if RoleName.THERAPIST not in held.get(therapist_id, ()):
        raise Invalid(errors={"therapist": [_("This person is not a therapist.")]})
    if practice_id is None:
        practice_id = selectors.practice_only(actor, therapist_id)
        if practice_id is None:
            raise Invalid(errors={"practice": [_("Say at which practice: this therapist works in several.")]})
    _practice_check(actor, practice_id)
    if not selectors.membership_is_active(actor, therapist_id, practice_id):
        raise Invalid(errors={"practice": [_("This therapist does not work in this practice.")]})
    assignment_id = uuid.uuid4()
    assignment = Assignment.objects.create(
        id=assignment_id,
        practice_id=practice_id,
        patient_id=patient_id,
        therapist_id=therapist_id,
        reason=_reason_seal(patient_id, assignment_id, "reason", reason),
        started_at=at,
        started_by_id=actor.user_id,
    )
    observability_services.event_record(
        actor,
        events.AssignmentStarted(
            object_id=assignment_id,
            practice_id=practice_id,
            subject_id=patient_id,
            patient_id=patient_id,
            therapist_id=therapist_id,
        ),
        at=at,
    )
    return selectors.assignment_views(actor, [assignment])[0]


@transactional
def assignment_end(actor: Actor, assignment_id: UUID, reason: str, *, at: datetime) -> AssignmentView:
    """The care ends; what was written stays. For its therapist, the practice's owner, and platform staff.

    Raises NotFound, NotAllowed, Invalid, AssignmentOver.
    """
    _reason_check(reason)
    assignment = Assignment.objects.visible_to(actor).select_for_update().get_or_refuse(pk=assignment_id)
    if assignment.therapist_id != actor.user_id:
        _practice_check(actor, assignment.practice_id)
    if assignment.ended_at is not None:
        raise errors.AssignmentOver
    assignment.ended_at = at
    assignment.ended_by_id = actor.user_id
    assignment.end_reason = _reason_seal(assignment.patient_id, assignment.id, "end_reason", reason)
    assignment.save(update_fields=["ended_at", "ended_by", "end_reason"])
    observability_services.event_record(
        actor,
        events.AssignmentEnded(
            object_id=assignment.id,
            practice_id=assignment.practice_id,
            subject_id=assignment.patient_id,
            patient_id=assignment.patient_id,
            therapist_id=assignment.therapist_id,
        ),
        at=at,
    )
    return selectors.assignment_views(actor, [assignment])[0]


def _reason_check(reason: str) -> None:
    if len(reason) > REASON_LENGTH:
        raise Invalid(
            errors={"reason": [_("Please use at most %(count)s characters.") % {"count": REASON_LENGTH}]}
        )
    if "\x00" in reason:
        raise Invalid(errors={"reason": [_("This text holds a character that cannot be stored.")]})


def _reason_seal(patient_id: UUID, assignment_id: UUID, column: str, reason: str) -> bytes | None:
    if not reason.strip():
        return None
    return vault.seal(patient_id, reason.strip(), selectors.reason_place(assignment_id, column))


# API tokens ------------------------------------------------------------------------------------------------


@transactional
def token_issue(
    actor: Actor, user_id: UUID, name: str, scopes: Collection[str], days: int, *, at: datetime
) -> TokenIssued:
    """A token with which a program acts for a person; its text can be read this once.

    For oneself from a session (a token makes no tokens), or by command. Raises NotAllowed, Invalid.
    """
    if not actor.is_system and (actor.user_id != user_id or actor.token_id is not None):
        raise NotAllowed(object_kind=events.USER, object_id=user_id)
    if not scopes:
        raise Invalid(errors={"scopes": [_("Choose at least one scope.")]})
    unknown = rules.scopes_unknown(scopes)
    if unknown:
        raise Invalid(errors={"scopes": [_("Unknown scope: %(scope)s.") % {"scope": unknown[0]}]})
    if not 1 <= days <= rules.TOKEN_DAYS_MAX:
        raise Invalid(errors={"days": [_("Between 1 and %(count)s days.") % {"count": rules.TOKEN_DAYS_MAX}]})
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _letter in range(12))
    raw = rules.token_write(prefix, secrets.token_urlsafe(32))
    token = ApiToken.objects.create(
        user_id=user_id,
        practice_id=selectors.practice_default(actor, user_id),
        name=name,
        prefix=prefix,
        hash=selectors.token_hash(raw),
        scopes=sorted(set(scopes)),
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    observability_services.event_record(
        actor,
        events.TokenIssued(
            object_id=token.id,
            practice_id=token.practice_id,
            subject_id=user_id,
            scopes=tuple(token.scopes),
        ),
        at=at,
    )
    return TokenIssued(id=token.id, raw=raw, expires_at=token.expires_at)


@transactional
def token_revoke(actor: Actor, token_id: UUID, *, at: datetime) -> None:
    """The token opens nothing from now on. For its person and for admins; twice is once. Raises NotFound."""
    token = ApiToken.objects.visible_to(actor).select_for_update().get_or_refuse(pk=token_id)
    if token.revoked_at is not None:
        return
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])
    observability_services.event_record(
        actor,
        events.TokenRevoked(object_id=token.id, practice_id=token.practice_id, subject_id=token.user_id),
        at=at,
    )


def token_used(actor: Actor, authority: Authority, *, at: datetime) -> None:
    """Note that a token is in use: at most once in TOKEN_USE_EVERY, so that most requests write nothing."""
    last = authority.last_used_at
    if authority.token_id is not None and (last is None or at - last >= TOKEN_USE_EVERY):
        _token_use_record(actor, authority.token_id, at=at)


@transactional
def _token_use_record(actor: Actor, token_id: UUID, *, at: datetime) -> None:
    due = Q(last_used_at=None) | Q(last_used_at__lte=at - TOKEN_USE_EVERY)
    if (
        ApiToken.objects.unscoped(reason="its bearer is the actor")
        .filter(due, id=token_id)
        .update(last_used_at=at)
    ):
        observability_services.event_record(
            actor,
            events.TokenUsed(object_id=token_id, practice_id=actor.practice_id, subject_id=actor.user_id),
            at=at,
        )
