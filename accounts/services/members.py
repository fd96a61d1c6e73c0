"""Who works in a practice, and as what. The practice's row is the lock of all of it, and what somebody may do
is asked behind it: so that two owners do not take each other out at once.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import errors, events, notice_kinds, practice_roles, rules, selectors
from accounts.models import Membership, Practice, User
from accounts.services.factors import factor_check
from accounts.services.names import name_check
from accounts.services.notices import notice_send
from accounts.services.practices import (
    invitations_by_drop,
    invitations_drop,
    invitations_of_drop,
    membership_over,
    owner_remains_check,
    practice_check,
    practice_solo_create,
)
from accounts.types import (
    MemberNotice,
    MembershipRole,
    PracticeKind,
    PracticeMay,
    PracticeRef,
    RoleName,
)
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid, NotFound
from observability import services as observability_services


@transactional
def practice_use(actor: Actor, practice_id: UUID, *, at: datetime) -> PracticeRef:
    """The actor's session works in this practice from now on. Raises NotFound where they do not work."""
    practice = selectors.practice_get(actor, practice_id)
    observability_services.event_record(
        actor,
        events.PracticeChosen(object_id=practice_id, practice_id=practice_id, subject_id=actor.user_id),
        at=at,
    )
    return PracticeRef(id=practice.id, name=practice.name)


@transactional
def practice_rename(actor: Actor, practice_id: UUID, name: str, *, at: datetime) -> PracticeRef:
    """Another name for a practice. Raises NotFound, NotAllowed, Invalid."""
    practice = practice_locked(actor, practice_id, PracticeMay.EDIT_PRACTICE)
    name_check(name)
    wanted = rules.name_normal(name)
    if practice.name != wanted:
        practice.name = wanted
        practice.save(update_fields=["name"])
        practice_changed(actor, practice_id, "name", at)
    return PracticeRef(id=practice.id, name=practice.name)


@transactional
def member_change(
    actor: Actor, practice_id: UUID, person_id: UUID, role: MembershipRole, *, at: datetime
) -> MemberNotice:
    """Somebody works in the practice in another role from now on. Nobody becomes an owner by it: that is
    asked of them (services.invitation_send).

    Raises NotFound, NotAllowed, Invalid, LastOwner, TherapistNeeded, CareLasts, FreshFactorNeeded.
    """
    practice = practice_locked(actor, practice_id, PracticeMay.MANAGE_MEMBERS)
    held = _held(practice_id, person_id)
    factor_check(actor, at=at)
    if role is MembershipRole.OWNER:
        raise Invalid(errors={"role": [_("Ask them to be an owner: they have to say yes to it.")]})
    _owner_leaves_check(practice_id, held)
    role_check(actor, person_id, role)
    if role not in practice_roles.roles_that_may(PracticeMay.GIVE_CARE):
        _care_check(practice_id, person_id)
    event_id = _role_set(actor, held, role, at=at)
    # What is decided now holds, whatever they were asked before.
    invitations_of_drop(actor, practice_id, person_id, at=at)
    if role not in practice_roles.roles_that_may(PracticeMay.MANAGE_MEMBERS):
        invitations_by_drop(actor, practice_id, person_id, at=at)
    told = notice(practice, person_id, role)
    if event_id is not None:
        member_tell(actor, told, "changed", [person_id], event_id=event_id, at=at)
    return told


@transactional
def member_remove(actor: Actor, practice_id: UUID, person_id: UUID, *, at: datetime) -> MemberNotice:
    """Somebody works in the practice no longer; everybody may go by themselves, owners with a fresh factor.
    What they asked of others in its name is withdrawn, and what they were asked, such as to be its owner. A
    therapist who works nowhere else gets a practice of their own.

    Raises NotFound, NotAllowed, LastOwner, CareLasts, FreshFactorNeeded.
    """
    leaves = person_id == actor.user_id
    may = PracticeMay.SEE_MEMBERS if leaves else PracticeMay.MANAGE_MEMBERS
    practice = practice_locked(actor, practice_id, may)
    held = _held(practice_id, person_id)
    if not leaves or _is_owner(held):
        factor_check(actor, at=at)
    _owner_leaves_check(practice_id, held)
    _care_check(practice_id, person_id)
    over = [membership_over(actor, row, at=at) for row in held]
    invitations_drop(actor, practice_id, person_id, at=at)
    told = notice(practice, person_id, MembershipRole(held[0].role))
    code, to = ("left", told.others) if leaves else ("removed", (person_id,))
    member_tell(actor, told, code, to, event_id=over[0], at=at)
    is_therapist = RoleName.THERAPIST in selectors.roles_of(actor, [person_id]).get(person_id, ())
    if is_therapist and selectors.practice_default(actor, person_id) is None:
        practice_solo_create(actor, User.objects.get(id=person_id), at=at)
    return told


def practice_locked(
    actor: Actor, practice_id: UUID, may: PracticeMay, *, object_id: UUID | None = None
) -> Practice:
    """The practice, locked, when the actor may do this in it. Raises NotFound, NotAllowed."""
    selectors.practice_see_check(actor, practice_id)
    practice = Practice.objects.select_for_update().get(id=practice_id)
    practice_check(actor, practice_id, may)
    return practice


def practice_hold(actor: Actor, practice_id: UUID) -> None:
    """Until the transaction ends, whoever else holds this practice waits. Raises NotFound."""
    selectors.practice_see_check(actor, practice_id)
    Practice.objects.select_for_update().get(id=practice_id)


def person_hold(actor: Actor, person_id: UUID) -> None:
    """Until the transaction ends, whoever else holds this person waits: for what one may do only so often.
    For rules: it tells nothing.
    """
    User.objects.select_for_update().filter(id=person_id).first()


def member_join(
    actor: Actor, practice: Practice, person_id: UUID, role: MembershipRole, *, at: datetime
) -> None:
    """Somebody has said yes to a role in the practice, which the caller has locked. An owner stays one."""
    held = _rows(practice.id, person_id)
    if _is_owner(held):
        return
    if held:
        _role_set(actor, held, role, at=at)
        return
    row = Membership.objects.create(practice=practice, user_id=person_id, role=role, started_at=at)
    observability_services.event_record(
        actor,
        events.MembershipStarted(object_id=row.id, practice_id=practice.id, subject_id=person_id, role=role),
        at=at,
    )
    if practice.kind == PracticeKind.SOLO:
        practice.kind = PracticeKind.GROUP
        practice.save(update_fields=["kind"])
        practice_changed(actor, practice.id, "kind", at)


def role_check(actor: Actor, person_id: UUID, role: MembershipRole) -> None:
    """Clinicians and supervisors are therapists. Raises TherapistNeeded."""
    if role in practice_roles.THERAPISTS_ONLY:
        held = selectors.roles_of(actor, [person_id]).get(person_id, ())
        if RoleName.THERAPIST not in held:
            raise errors.TherapistNeeded


def notice(practice: Practice, person_id: UUID, role: MembershipRole) -> MemberNotice:
    """Whom to tell of what has happened."""
    person = User.objects.get(id=person_id)
    return MemberNotice(
        practice_id=practice.id,
        practice=practice.name,
        person_id=person_id,
        person=person.shown_name,
        role=role,
        others=tuple(each for each in selectors.managers_of(practice.id) if each != person_id),
    )


def member_tell(
    actor: Actor, told: MemberNotice, code: str, to: Iterable[UUID], *, event_id: UUID, at: datetime
) -> None:
    """Tell people what has happened to a membership."""
    notice_send(
        actor,
        notice_kinds.PRACTICE,
        code,
        to,
        event_id=event_id,
        practice_id=told.practice_id,
        own={told.person_id},
        params={"practice": told.practice_id, "person": told.person_id, "role": told.role},
        at=at,
    )


def practice_changed(actor: Actor, practice_id: UUID, field: str, at: datetime) -> None:
    """Something that a practice says of itself is another, on record."""
    observability_services.event_record(
        actor,
        events.PracticeChanged(object_id=practice_id, practice_id=practice_id, fields=(field,)),
        at=at,
    )


def _rows(practice_id: UUID, person_id: UUID) -> list[Membership]:
    return list(
        Membership.objects.unscoped(reason="what somebody is in a practice, behind its lock")
        .filter(practice_id=practice_id, user_id=person_id, ended_at=None)
        .order_by("started_at", "id")
    )


def _held(practice_id: UUID, person_id: UUID) -> list[Membership]:
    held = _rows(practice_id, person_id)
    if not held:
        exists = User.objects.filter(id=person_id).exists()
        raise NotFound(object_kind=events.USER, object_id=person_id, exists=exists)
    return held


def _is_owner(held: list[Membership]) -> bool:
    return any(row.role == MembershipRole.OWNER for row in held)


def _owner_leaves_check(practice_id: UUID, held: list[Membership]) -> None:
    """An owner who is one no longer leaves another behind."""
    if _is_owner(held):
        owner_remains_check(practice_id, without=held[0].user_id)


def _care_check(practice_id: UUID, person_id: UUID) -> None:
    if selectors.care_lasts(person_id, practice_id):
        raise errors.CareLasts


def _role_set(actor: Actor, held: list[Membership], role: MembershipRole, *, at: datetime) -> UUID | None:
    """This role and no other, since when they came. The event's id, None where they had it."""
    kept = next((row for row in held if row.role == role), held[0])
    for row in held:
        if row.id != kept.id:
            membership_over(actor, row, at=at)
    if kept.role == role:
        return None
    before = MembershipRole(kept.role)
    kept.role = role
    kept.save(update_fields=["role"])
    return observability_services.event_record(
        actor,
        events.MembershipChanged(
            object_id=kept.id,
            practice_id=kept.practice_id,
            subject_id=kept.user_id,
            role=role,
            role_before=before,
        ),
        at=at,
    )
