"""Where people work."""

from collections.abc import Collection, Sequence
from uuid import UUID

from accounts import practice_roles
from accounts.models import Membership, Practice
from accounts.types import MembershipRole, PracticeMay, PracticeRef
from bloom.kernel import guard
from bloom.kernel.actor import Actor


def practice_list(actor: Actor) -> list[PracticeRef]:
    """The practices in which the actor works now, longest first."""
    person_id = actor.require_user()
    return list(practices_of([person_id]).get(person_id, ()))


def practice_default(actor: Actor, person_id: UUID) -> UUID | None:
    """Where this person has worked the longest, of where they work now; for credentials that they get."""
    practices = practices_of([person_id]).get(person_id, ())
    return practices[0].id if practices else None


def practice_kept(person_id: UUID, practice_id: UUID | None) -> UUID | None:
    """This practice, while the person works in it."""
    practices = practices_of([person_id]).get(person_id, ())
    return next((each.id for each in practices if each.id == practice_id), None)


def practices_elsewhere(actor: Actor) -> list[PracticeRef]:
    """The practices in which the actor works and for which their session does not act now, longest first."""
    if actor.token_id is not None:
        return []
    return [each for each in practice_list(actor) if each.id != actor.practice_id]


def practice_of_row(actor: Actor, kind: str, object_id: UUID) -> PracticeRef | None:
    """In which other practice of the actor's this row would be theirs to see; None where there is none, or
    where they see it as they are. `kind` names its model, as refusals do.
    """
    for each in practices_elsewhere(actor):
        if guard.row_is_visible(actor.acting_for(each.id), kind, object_id):
            return None if guard.row_is_visible(actor, kind, object_id) else each
    return None


def practice_only(actor: Actor, person_id: UUID) -> UUID | None:
    """The practice where this person works, when it is one and no more."""
    practices = practices_of([person_id]).get(person_id, ())
    return practices[0].id if len(practices) == 1 else None


def practice_may(actor: Actor, practice_id: UUID | None, may: PracticeMay) -> bool:
    """May the actor do this in this practice, by their roles there? Only in the one that they act for."""
    if actor.user_id is None or practice_id is None or actor.practice_id != practice_id:
        return False
    return (
        Membership.objects.visible_to(actor)
        .filter(
            user_id=actor.user_id,
            practice_id=practice_id,
            role__in=practice_roles.roles_that_may(may),
            ended_at=None,
        )
        .exists()
    )


def practices_that_let(actor: Actor, may: PracticeMay) -> dict[UUID, PracticeRef]:
    """Every practice in which the actor may do this, also those that they do not act for now. One query."""
    rows = Membership.objects.unscoped(reason="what the actor may do where they work").filter(
        user_id=actor.require_user(), role__in=practice_roles.roles_that_may(may), ended_at=None
    )
    return {
        id_: PracticeRef(id=id_, name=name) for id_, name in rows.values_list("practice_id", "practice__name")
    }


def care_may_be_given(actor: Actor, person_id: UUID, practice_id: UUID) -> bool:
    """Does this person work in this practice in a role that cares for patients?"""
    return (
        Membership.objects.unscoped(reason="a yes or no about how somebody works")
        .filter(
            user_id=person_id,
            practice_id=practice_id,
            role__in=practice_roles.roles_that_may(PracticeMay.GIVE_CARE),
            ended_at=None,
        )
        .exists()
    )


def members_among(actor: Actor, practice_id: UUID, ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these people who work in this practice now. One query."""
    rows = Membership.objects.unscoped(reason="who of those to be told still works there").filter(
        practice_id=practice_id, user_id__in=ids, ended_at=None
    )
    return frozenset(rows.values_list("user_id", flat=True))


def practice_refs(actor: Actor, ids: Collection[UUID]) -> dict[UUID, PracticeRef]:
    """Names for practices that the caller has already decided to show. One query."""
    rows = Practice.objects.filter(id__in=set(ids)).values_list("id", "name")
    return {id_: PracticeRef(id=id_, name=name) for id_, name in rows}


def works_now(person_id: UUID) -> list[tuple[PracticeRef, MembershipRole]]:
    """Where this person works now, and as what, longest first; for their own view. One query."""
    rows = (
        Membership.objects.unscoped(reason="where the actor works")
        .filter(user_id=person_id, ended_at=None)
        .order_by("started_at", "id")
        .values_list("practice_id", "practice__name", "role")
    )
    return [(PracticeRef(id=id_, name=name), MembershipRole(role)) for id_, name, role in rows]


def practices_of(person_ids: Sequence[UUID]) -> dict[UUID, tuple[PracticeRef, ...]]:
    """Where these people work now, longest first; for views of people that the actor may see. One query."""
    rows = (
        Membership.objects.unscoped(reason="where people whom the actor may see work")
        .filter(user_id__in=person_ids, ended_at=None)
        .order_by("started_at", "id")
        .values_list("user_id", "practice_id", "practice__name")
    )
    found: dict[UUID, dict[UUID, PracticeRef]] = {}
    for person_id, practice_id, name in rows:
        found.setdefault(person_id, {}).setdefault(practice_id, PracticeRef(id=practice_id, name=name))
    return {person_id: tuple(practices.values()) for person_id, practices in found.items()}
