"""Who works in a practice, whom it has asked, and what its people may do."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Count, Exists, OuterRef, Q

from accounts import events, practice_roles, roles, rules
from accounts.models import Assignment, Invitation, Membership, Practice, User
from accounts.selectors.cursors import cursor_parts
from accounts.selectors.people import SHOWN_NAME, person_refs, roles_of
from accounts.selectors.practices import practice_may
from accounts.types import (
    InvitationOpened,
    InvitationState,
    InvitationView,
    MembershipRole,
    MemberView,
    PracticeKind,
    PracticeMay,
    PracticePatient,
    PracticeView,
    RoleName,
)
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from bloom.kernel.pages import Page

_ORDER = list(MembershipRole)


def practices_own(actor: Actor) -> list[PracticeView]:
    """The practices in which the actor works now, longest first, and what they are there: by a token only
    the one that it acts for. Three queries.
    """
    works = Membership.objects.unscoped(reason="where the actor works").filter(
        user_id=actor.require_user(), ended_at=None
    )
    if actor.token_id is not None:
        works = works.filter(practice_id__in=[actor.practice_id] if actor.practice_id else [])
    rows = works.order_by("started_at", "id").values_list("practice_id", "role")
    held: dict[UUID, set[MembershipRole]] = {}
    for practice_id, role in rows:
        held.setdefault(practice_id, set()).add(MembershipRole(role))
    found = Practice.objects.in_bulk(list(held))
    counts = _members_counted(held)
    return [
        _practice_view(actor, found[practice_id], frozenset(names), counts.get(practice_id, 0))
        for practice_id, names in held.items()
    ]


def practice_get(actor: Actor, practice_id: UUID) -> PracticeView:
    """A practice in which the actor works, whichever they act for now. Raises NotFound."""
    for view in practices_own(actor):
        if view.id == practice_id:
            return view
    raise _unseen(practice_id)


def practice_see_check(actor: Actor, practice_id: UUID) -> None:
    """The actor acts for this practice, or is platform staff. Raises NotFound."""
    if actor.is_system or actor.has_role(*roles.STAFF_ROLES):
        if Practice.objects.filter(id=practice_id).exists():
            return
    elif practice_may(actor, practice_id, PracticeMay.SEE_MEMBERS):
        return
    raise _unseen(practice_id)


def member_list(actor: Actor, practice_id: UUID) -> list[MemberView]:
    """Who works in the practice now: owners first, then by name. Four queries. Raises NotFound."""
    practice_see_check(actor, practice_id)
    rows = (
        Membership.objects.visible_to(actor)
        .filter(practice_id=practice_id, ended_at=None)
        .order_by("started_at", "id")
        .values_list("user_id", "role", "started_at")
    )
    people: dict[UUID, tuple[datetime, set[MembershipRole]]] = {}
    for user_id, role, since in rows:
        people.setdefault(user_id, (since, set()))[1].add(MembershipRole(role))
    held = roles_of(actor, people)
    refs = person_refs(actor, people)
    views = [
        MemberView(
            id=user_id,
            name=refs[user_id].name,
            roles=_in_order(names),
            pronouns=refs[user_id].pronouns,
            photo_id=refs[user_id].photo_id,
            is_therapist=RoleName.THERAPIST in held.get(user_id, ()),
            since=since,
            is_self=user_id == actor.user_id,
        )
        for user_id, (since, names) in people.items()
    ]
    return sorted(views, key=lambda view: (not view.is_owner, view.name.casefold(), view.id))


def invitation_list(actor: Actor, practice_id: UUID, *, at: datetime) -> list[InvitationView]:
    """The invitations of a practice that were not answered, newest first; for who manages its members."""
    practice_see_check(actor, practice_id)
    rows = list(
        Invitation.objects.visible_to(actor)
        .filter(practice_id=practice_id, closed_at=None)
        .order_by("-created_at", "id")
    )
    here = (
        Membership.objects.visible_to(actor)
        .filter(practice_id=practice_id, ended_at=None, user__email__in=[row.email for row in rows])
        .values_list("user__email", "user_id")
    )
    members = dict(here) if rows else {}
    names = person_refs(actor, {row.invited_by_id for row in rows if row.invited_by_id} | {*members.values()})
    return [
        InvitationView(
            id=row.id,
            email=row.email,
            member=names[members[row.email]].name if row.email in members else "",
            role=MembershipRole(row.role),
            invited_by=names[row.invited_by_id].name if row.invited_by_id in names else "",
            created_at=row.created_at,
            due_at=row.due_at,
            is_lapsed=row.due_at <= at,
        )
        for row in rows
    ]


def invitation_opened(actor: Actor, secret: str, *, at: datetime) -> InvitationOpened:
    """What a link leads to, for whoever holds it. Raises NotFound for a link that never was one."""
    row = invitation_of(secret)
    practice = Practice.objects.get(id=row.practice_id)
    names = person_refs(actor, [row.invited_by_id] if row.invited_by_id else [])
    role = MembershipRole(row.role)
    for_them = actor.user_id is not None and address_is_verified(actor.user_id, row.email)
    return InvitationOpened(
        id=row.id,
        practice_id=practice.id,
        practice=practice.name,
        logo_id=practice.logo_id,
        email=row.email,
        role=role,
        invited_by=next((each.name for each in names.values()), ""),
        due_at=row.due_at,
        state=_state(row, at),
        is_for_them=for_them,
        is_member=for_them and actor.user_id is not None and works_in(actor.user_id, practice.id),
        needs_therapist=for_them
        and role in practice_roles.THERAPISTS_ONLY
        and not actor.has_role(RoleName.THERAPIST),
    )


def invitation_of(secret: str) -> Invitation:
    """The invitation to which this link belongs. Raises NotFound."""
    found = (
        Invitation.objects.unscoped(reason="the link itself is the proof")
        .filter(hash=invitation_hash(secret))
        .first()
    )
    if found is None:
        raise NotFound
    return found


def invitation_hash(secret: str) -> bytes:
    """What is kept of a link."""
    return vault.keyed_hash("accounts.invitation", secret)


def address_is_verified(person_id: UUID, email: str) -> bool:
    """Has this person shown that this address is theirs?"""
    return bool(EmailAddress.objects.filter(user_id=person_id, email=email, verified=True).exists())


def person_of_address(email: str) -> UUID | None:
    """Who has shown that this address is theirs; for telling them, never for whoever gave the address."""
    found: UUID | None = (
        EmailAddress.objects.filter(email=email, verified=True).values_list("user_id", flat=True).first()
    )
    return found


def works_in(person_id: UUID, practice_id: UUID) -> bool:
    """Does this person work in this practice now, in whatever role?"""
    return (
        Membership.objects.unscoped(reason="a yes or no about who works in a practice")
        .filter(user_id=person_id, practice_id=practice_id, ended_at=None)
        .exists()
    )


def care_lasts(person_id: UUID, practice_id: UUID) -> bool:
    """Has this person patients in care at this practice now?"""
    return (
        Assignment.objects.unscoped(reason="a yes or no about care that lasts")
        .filter(therapist_id=person_id, practice_id=practice_id, ended_at=None)
        .exists()
    )


def managers_of(practice_id: UUID) -> tuple[UUID, ...]:
    """Who manages this practice's members; to write to them."""
    return tuple(members_that_may(practice_id, PracticeMay.MANAGE_MEMBERS))


def members_that_may(practice_id: UUID, may: PracticeMay) -> frozenset[UUID]:
    """Who may do this in this practice now, and is not leaving Bloom; for whoever has to tell them."""
    rows = Membership.objects.unscoped(reason="whom to tell of what happens in a practice").filter(
        practice_id=practice_id,
        role__in=practice_roles.roles_that_may(may),
        ended_at=None,
        user__is_active=True,
        user__closing_at=None,
    )
    return frozenset(rows.values_list("user_id", flat=True))


def practice_patients(
    actor: Actor, practice_id: UUID, *, name: str = "", limit: int = 50, cursor: str | None = None
) -> Page[PracticePatient]:
    """The names of the practice's patients, whether they are in care there now, and nothing else; `name`
    keeps those whose name, as it is shown, holds it. Raises
    NotFound for who does not work there, and an empty page is told from a refusal by `practice_may`.
    """
    practice_see_check(actor, practice_id)
    if not practice_may(actor, practice_id, PracticeMay.SEE_PATIENTS):
        raise NotFound(object_kind=events.PRACTICE, object_id=practice_id, exists=True)
    care = Assignment.objects.unscoped(reason="patients of the practice, by name").filter(
        practice_id=practice_id, patient_id=OuterRef("id")
    )
    people = User.objects.filter(Exists(care)).annotate(
        shown=SHOWN_NAME, in_care=Exists(care.filter(ended_at=None))
    )
    people = people.order_by("shown", "id")
    if name:
        people = people.filter(shown__icontains=name)
    if cursor:
        last_name, last_id = cursor_parts(cursor, str, UUID)
        people = people.filter(Q(shown__gt=last_name) | Q(shown=last_name, id__gt=last_id))
    rows = list(people.values_list("id", "shown", "in_care")[: limit + 1])
    refs = [PracticePatient(id=id_, name=name, is_in_care=in_care) for id_, name, in_care in rows[:limit]]
    more = len(rows) > limit
    return Page(refs, next=rules.cursor_write(refs[-1].name, str(refs[-1].id)) if more else None)


def _practice_view(
    actor: Actor, practice: Practice, held: frozenset[MembershipRole], members: int
) -> PracticeView:
    is_current = practice.id == actor.practice_id
    return PracticeView(
        id=practice.id,
        name=practice.name,
        kind=PracticeKind(practice.kind),
        is_listed=practice.is_listed,
        roles=_in_order(held),
        may=practice_roles.permits(held) if is_current else frozenset(),
        is_current=is_current,
        members=members,
        logo_id=practice.logo_id,
    )


def _members_counted(practice_ids: Iterable[UUID]) -> dict[UUID, int]:
    rows = (
        Membership.objects.unscoped(reason="how many work in the practices of the actor")
        .filter(practice_id__in=list(practice_ids), ended_at=None)
        .values("practice_id")
        .annotate(people=Count("user_id", distinct=True))
        .values_list("practice_id", "people")
    )
    return dict(rows)


def _in_order(held: Iterable[MembershipRole]) -> tuple[MembershipRole, ...]:
    return tuple(sorted(held, key=_ORDER.index))


def _state(row: Invitation, at: datetime) -> InvitationState:
    if row.outcome:
        return InvitationState(row.outcome)
    return InvitationState.LAPSED if row.due_at <= at else InvitationState.OPEN


def _unseen(practice_id: UUID) -> NotFound:
    exists = Practice.objects.filter(id=practice_id).exists()
    return NotFound(object_kind=events.PRACTICE, object_id=practice_id, exists=exists)
