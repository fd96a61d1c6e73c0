"""Who people are, and who finds whom."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf

from accounts import practice_roles, roles, rules
from accounts.models import Assignment, Listing, Membership, Notice, Role, User, in_practice_of
from accounts.selectors.cursors import cursor_parts
from accounts.selectors.listings import listings_found, listings_of
from accounts.selectors.practices import practice_may, practices_elsewhere, practices_of, works_now
from accounts.types import (
    DEMO_DOMAIN,
    DirectoryAsk,
    PersonFound,
    PersonRef,
    PersonTie,
    PersonView,
    PracticeMay,
    PracticeRef,
    ProfileView,
    RoleName,
)
from bloom.kernel import errors
from bloom.kernel.actor import Actor
from bloom.kernel.pages import Page

# In SQL what User.shown_name is: lists are sorted, searched and continued by what the reader sees, so that no
# order, hit or cursor tells the legal name.
SHOWN_NAME = Coalesce(NullIf("preferred_name", Value("")), "name")
_ACTIVE_ROLES = Prefetch("roles", queryset=Role.objects.filter(revoked_at=None), to_attr="held")
_PROFILE_COLUMNS = (
    *("id", "email", "name", "preferred_name", "pronouns", "photo_id", "time_zone", "locale"),
    *("shows_presence", "notices_unread"),
)


def person_names(actor: Actor, ids: Iterable[UUID]) -> tuple[str, ...]:
    """Every name of these people, the legal one too, for who must keep them out of what leaves; never to be
    shown. One query.
    """
    rows = User.objects.filter(id__in=set(ids)).order_by("id").values_list("name", "preferred_name")
    return tuple(name for row in rows for name in row if name)


def person_refs(actor: Actor, ids: Iterable[UUID]) -> dict[UUID, PersonRef]:
    """Names for people whom the caller has already decided to show; unknown ids are left out. One query."""
    held: dict[UUID, set[str]] = {}
    people: dict[UUID, Any] = {}
    rows = User.objects.filter(id__in=set(ids)).values_list(
        "id",
        "name",
        "preferred_name",
        "pronouns",
        "photo_id",
        "time_zone",
        "roles__role",
        "roles__revoked_at",
    )
    for person_id, name, preferred_name, pronouns, photo_id, time_zone, role, revoked_at in rows:
        people[person_id] = (preferred_name or name, pronouns, photo_id, time_zone)
        if role and revoked_at is None:
            held.setdefault(person_id, set()).add(role)
    return {
        person_id: PersonRef(
            id=person_id,
            name=name,
            role=roles.role_foremost(held.get(person_id, ())),
            time_zone=time_zone,
            pronouns=pronouns,
            photo_id=photo_id,
        )
        for person_id, (name, pronouns, photo_id, time_zone) in people.items()
    }


def people_named(actor: Actor, ids: Iterable[UUID], name: str) -> frozenset[UUID]:
    """Those of these people, whom the caller has already decided to show, whose shown name holds `name`. One
    query.
    """
    named = User.objects.alias(shown=SHOWN_NAME).filter(id__in=set(ids), shown__icontains=name)
    return frozenset(named.values_list("id", flat=True))


def name_held(actor: Actor, name: str, *sides: str) -> Q:
    """Rows of which one of these `sides`, foreign keys to people, is called so. Platform staff may give
    either name, as they are told it at the help desk; to whoever else the legal name is no way in.
    """
    people = User.objects.alias(shown=SHOWN_NAME)
    named = Q(shown__icontains=name)
    if actor.has_role(*roles.STAFF_ROLES):
        named |= Q(name__icontains=name)
    held = Q()
    for side in sides:
        held |= Q(**{f"{side}__in": people.filter(named).values("id")})
    return held


def profile_get(actor: Actor) -> ProfileView:
    """The person asking, as they see themselves. Two queries: every page asks."""
    unread = Notice.objects.visible_to(actor).filter(user_id=OuterRef("id"), read_at=None)
    counted = unread.order_by().values("user_id").annotate(count=Count("id")).values("count")
    rows = list(
        User.objects.filter(id=actor.require_user())
        .annotate(notices_unread=Coalesce(Subquery(counted), 0))
        .values_list("roles__role", "roles__revoked_at", *_PROFILE_COLUMNS)
    )
    if not rows:
        raise User.DoesNotExist
    held = {role for role, revoked_at, *_ in rows if revoked_at is None}
    person: dict[str, Any] = dict(zip(_PROFILE_COLUMNS, rows[0][2:], strict=True))
    works = works_now(person["id"])
    caring = practice_roles.roles_that_may(PracticeMay.GIVE_CARE)
    return ProfileView(
        **person,
        roles=_in_order(held),
        practices=tuple(dict.fromkeys(practice for practice, _role in works)),
        practice_id=actor.practice_id,
        gives_care=any(practice.id == actor.practice_id and role in caring for practice, role in works),
    )


def people_list(
    actor: Actor,
    *,
    role: str | None = None,
    name: str = "",
    ask: DirectoryAsk | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[PersonView]:
    """The people whom the actor may find, by name.

    Everyone finds the therapists who are verified and not hidden, and those who care for them; therapists
    also find the colleagues of the practice they act for, and their own patients; platform staff find
    everyone. A token finds whom its practice's care brings together. `ask` keeps those of the directory who
    fit.
    """
    people = _people_visible(actor).alias(shown=SHOWN_NAME).prefetch_related(_ACTIVE_ROLES)
    people = people.order_by("shown", "id")
    if role:
        people = people.filter(_holds(role))
    if name:
        named = Q(shown__icontains=name)
        # Who calls the help desk may give either name.
        people = people.filter(
            named | Q(name__icontains=name) if actor.has_role(*roles.STAFF_ROLES) else named
        )
    if ask is not None and ask.is_narrowed:
        people = people.filter(Exists(listings_found(ask).filter(therapist_id=OuterRef("id"))))
    if cursor:
        last_name, last_id = cursor_parts(cursor, str, UUID)
        people = people.filter(Q(shown__gt=last_name) | Q(shown=last_name, id__gt=last_id))
    found = list(people[: limit + 1])
    views = _person_views(actor, found[:limit])
    more = len(found) > limit
    return Page(views, next=rules.cursor_write(views[-1].name, str(views[-1].id)) if more else None)


def people_find(actor: Actor, name: str, *, limit: int) -> list[PersonFound]:
    """The people of this name whom the actor may find (as people_list), but themselves: those in their care
    first, then who cares for them, their colleagues, and the others. Two queries, and one for who works in a
    practice.
    """
    person_id = actor.require_user()
    care = Assignment.objects.unscoped(reason="those in the actor's care, and who care for the actor")
    care = care.filter(ended_at=None)
    works = Membership.objects.unscoped(reason="the actor's colleagues").filter(
        in_practice_of(actor), user_id=OuterRef("id"), ended_at=None
    )
    given = care.filter(in_practice_of(actor), therapist_id=person_id, patient_id=OuterRef("id"))
    had = care.filter(patient_id=person_id, therapist_id=OuterRef("id"))
    ties = (
        (PersonTie.IN_CARE, Exists(given)),
        (PersonTie.GIVES_CARE, Exists(had)),
        (PersonTie.COLLEAGUE, Exists(works)),
    )
    near = Case(
        *[When(tied, then=Value(place)) for place, (_, tied) in enumerate(ties)], default=Value(len(ties))
    )
    rows = (
        _people_visible(actor)
        .exclude(id=person_id)
        .filter(name_held(actor, name, "id"))
        .annotate(shown=SHOWN_NAME, near=near)
        .order_by("near", "shown", "id")
        .values_list("id", "near")[:limit]
    )
    order = [*(tie for tie, _ in ties), PersonTie.OTHER]
    found = {found_id: order[near] for found_id, near in rows}
    refs = person_refs(actor, found)
    return [PersonFound(person=refs[found_id], tie=tie) for found_id, tie in found.items()]


def person_get(actor: Actor, person_id: UUID) -> PersonView:
    """One person whom the actor may find. Raises NotFound."""
    person = _people_visible(actor).prefetch_related(_ACTIVE_ROLES).filter(id=person_id).first()
    if person is None:
        raise errors.NotFound(
            object_kind="accounts.user",
            object_id=person_id,
            exists=User.objects.filter(id=person_id).exists(),
        )
    return _person_views(actor, [person])[0]


def person_is_found(actor: Actor, person_id: UUID) -> bool:
    """May the actor find this person, and open their page? One query."""
    return _people_visible(actor).filter(id=person_id).exists()


def practice_of_person(actor: Actor, person_id: UUID) -> PracticeRef | None:
    """In which other practice of the actor's they would find this person; None where there is none, or where
    they find them as they are.
    """
    for each in practices_elsewhere(actor):
        if person_is_found(actor.acting_for(each.id), person_id):
            return None if person_is_found(actor, person_id) else each
    return None


def _people_visible(actor: Actor) -> QuerySet[User]:
    person_id = actor.require_user()
    people = User.objects.filter(Q(closing_at=None) | Q(id=person_id), is_active=True)
    if actor.has_role(*roles.STAFF_ROLES):
        return people
    working = Membership.objects.unscoped(reason="the directory of therapists").filter(
        user_id=OuterRef("id"), ended_at=None
    )
    care = Assignment.objects.unscoped(reason="those in the actor's care, and who care for the actor")
    if not rules.care_stays(rules.CareSubject.FINDING, rules.CareParty.PATIENT):
        care = care.filter(ended_at=None)
    if actor.token_id is not None and actor.practice_id is not None:
        care = care.filter(practice_id=actor.practice_id)
    seen = Q(id=person_id)
    shown = Listing.objects.unscoped(reason="the directory of therapists").filter(Listing.is_public())
    seen |= Q(Exists(shown.filter(therapist_id=OuterRef("id"))))
    seen |= Q(Exists(care.filter(patient_id=person_id, therapist_id=OuterRef("id"))))
    if actor.has_role(RoleName.THERAPIST):
        given = care.filter(in_practice_of(actor))
        seen |= Q(Exists(given.filter(therapist_id=person_id, patient_id=OuterRef("id"))))
    if actor.practice_id is not None:
        seen |= Q(Exists(working.filter(practice_id=actor.practice_id)))
        if practice_may(actor, actor.practice_id, PracticeMay.SEE_PATIENTS):
            ever = Assignment.objects.unscoped(reason="patients of the practice that the actor works in")
            seen |= Q(Exists(ever.filter(practice_id=actor.practice_id, patient_id=OuterRef("id"))))
    return people.filter(seen)


def _holds(role: str) -> Exists:
    return Exists(Role.objects.filter(user_id=OuterRef("id"), role=role, revoked_at=None))


def _held(person: Any) -> set[str]:
    """The roles of somebody who was read with _ACTIVE_ROLES."""
    return {role.role for role in person.held}


def _in_order(held: Collection[str]) -> tuple[str, ...]:
    return tuple(str(role) for role in roles.ROLE_ORDER if role in held)


def _person_views(actor: Actor, people: Sequence[User]) -> list[PersonView]:
    listed = listings_of(actor, [person.id for person in people])
    practices = practices_of([person.id for person in people])
    by_staff = actor.has_role(*roles.STAFF_ROLES)
    return [
        PersonView(
            id=person.id,
            name=person.shown_name,
            role=roles.role_foremost(_held(person)),
            time_zone=person.time_zone,
            headline=person.headline,
            pronouns=person.pronouns,
            photo_id=person.photo_id,
            practices=practices.get(person.id, ()),
            listing=listed.get(person.id),
            email=person.email if by_staff else "",
        )
        for person in people
    ]


def mail_addresses(ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """The address and language of active people, to write to them; never for show. One query."""
    rows = User.objects.filter(id__in=set(ids), is_active=True).values_list("id", "email", "locale")
    return {person_id: (email, locale) for person_id, email, locale in rows}


def people_exist(actor: Actor) -> bool:
    """Has anybody signed up, or been seeded?"""
    return User.objects.exists()


def people_are_the_demos(actor: Actor) -> bool:
    """Are all who are here, if anybody is, people of the demo?"""
    return not User.objects.exclude(email__endswith=f"@{DEMO_DOMAIN}").exists()


def person_id_by_email(actor: Actor, email: str) -> UUID | None:
    """Whose address this is; for commands, never for a page that a stranger can ask."""
    found: UUID | None = (
        User.objects.filter(email=rules.email_normal(email)).values_list("id", flat=True).first()
    )
    return found


def staff_list(actor: Actor) -> list[PersonRef]:
    """The platform's active support staff and admins, by name, for those who are of them. Two queries.
    Raises NotAllowed for others.
    """
    if not (actor.is_system or actor.has_role(*roles.STAFF_ROLES)):
        raise errors.NotAllowed
    held = Role.objects.filter(
        role__in=roles.STAFF_ROLES, revoked_at=None, user__is_active=True, user__closing_at=None
    )
    found = person_refs(actor, held.values_list("user_id", flat=True))
    return sorted(found.values(), key=lambda each: (each.name.casefold(), str(each.id)))


def roles_of(actor: Actor, person_ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """The roles of active people; for rules, not for show. One query."""
    rows = Role.objects.filter(
        user_id__in=set(person_ids), user__is_active=True, user__closing_at=None, revoked_at=None
    )
    held: dict[UUID, set[str]] = {}
    for person_id, role in rows.values_list("user_id", "role"):
        held.setdefault(person_id, set()).add(role)
    return {person_id: frozenset(names) for person_id, names in held.items()}
