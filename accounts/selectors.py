"""What may be asked about people, care and credentials. One function per question."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import auth
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import rules, sessions
from accounts.models import ApiToken, Assignment, Membership, Role, Session, User
from accounts.types import (
    AssignmentView,
    Authority,
    MembershipRole,
    PersonRef,
    PersonView,
    PracticeRef,
    ProfileView,
    RoleName,
)
from bloom.kernel import clock, errors, vault
from bloom.kernel.actor import Actor
from bloom.kernel.pages import Page

_ACTIVE_ROLES = Prefetch("roles", queryset=Role.objects.filter(revoked_at=None), to_attr="held")


# People ----------------------------------------------------------------------------------------------------


def person_refs(actor: Actor, ids: Iterable[UUID]) -> dict[UUID, PersonRef]:
    """Names for people whom the caller has already decided to show; unknown ids are left out. One query."""
    roles: dict[UUID, set[str]] = {}
    people: dict[UUID, Any] = {}
    rows = User.objects.filter(id__in=set(ids)).values_list(
        "id", "name", "time_zone", "roles__role", "roles__revoked_at"
    )
    for person_id, name, time_zone, role, revoked_at in rows:
        people[person_id] = (name, time_zone)
        if role and revoked_at is None:
            roles.setdefault(person_id, set()).add(role)
    return {
        person_id: PersonRef(
            id=person_id,
            name=name,
            role=rules.role_foremost(roles.get(person_id, ())),
            time_zone=time_zone,
        )
        for person_id, (name, time_zone) in people.items()
    }


def profile_get(actor: Actor) -> ProfileView:
    """The person asking, as they see themselves."""
    person = User.objects.prefetch_related(_ACTIVE_ROLES).get(id=actor.require_user())
    return ProfileView(
        id=person.id,
        email=person.email,
        name=person.name,
        time_zone=person.time_zone,
        locale=person.locale,
        roles=_roles_in_order(person),
        practices=_practices_of([person.id]).get(person.id, ()),
        practice_id=actor.practice_id,
    )


def people_list(
    actor: Actor,
    *,
    role: str | None = None,
    name: str = "",
    limit: int = 50,
    cursor: str | None = None,
) -> Page[PersonView]:
    """The people whom the actor may find, by name.

    Everyone finds the therapists of listed practices, and those who care for them; therapists also find the
    colleagues of the practice they act for, and their own patients; platform staff find everyone.
    """
    people = _people_visible(actor).prefetch_related(_ACTIVE_ROLES).order_by("name", "id")
    if role:
        people = people.filter(_holds(role))
    if name:
        people = people.filter(name__icontains=name)
    if cursor:
        last_name, last_id = _cursor_parts(cursor, str, UUID)
        people = people.filter(Q(name__gt=last_name) | Q(name=last_name, id__gt=last_id))
    found = list(people[: limit + 1])
    views = _person_views(found[:limit])
    more = len(found) > limit
    return Page(views, next=rules.cursor_write(views[-1].name, str(views[-1].id)) if more else None)


def person_get(actor: Actor, person_id: UUID) -> PersonView:
    """One person whom the actor may find. Raises NotFound."""
    person = _people_visible(actor).prefetch_related(_ACTIVE_ROLES).filter(id=person_id).first()
    if person is None:
        raise errors.NotFound(
            object_kind="accounts.user",
            object_id=person_id,
            exists=User.objects.filter(id=person_id).exists(),
        )
    return _person_views([person])[0]


def _people_visible(actor: Actor) -> QuerySet[User]:
    person_id = actor.require_user()
    people = User.objects.filter(is_active=True)
    if actor.has_role(*rules.STAFF_ROLES):
        return people
    working = Membership.objects.unscoped(reason="the directory of therapists").filter(
        user_id=OuterRef("id"), ended_at=None
    )
    care = Assignment.objects.unscoped(reason="those in the actor's care, and who care for the actor").filter(
        ended_at=None
    )
    seen = Q(id=person_id)
    seen |= Q(_holds(RoleName.THERAPIST), Exists(working.filter(practice__is_listed=True)))
    seen |= Q(Exists(care.filter(patient_id=person_id, therapist_id=OuterRef("id"))))
    if actor.has_role(RoleName.THERAPIST):
        seen |= Q(Exists(care.filter(therapist_id=person_id, patient_id=OuterRef("id"))))
    if actor.practice_id is not None:
        seen |= Q(Exists(working.filter(practice_id=actor.practice_id)))
        if practice_is_owned(actor, actor.practice_id):
            ever = Assignment.objects.unscoped(reason="patients of the practice that the actor owns")
            seen |= Q(Exists(ever.filter(practice_id=actor.practice_id, patient_id=OuterRef("id"))))
    return people.filter(seen)


def _cursor_parts(cursor: str, *kinds: Callable[[str], Any]) -> list[Any]:
    parts = rules.cursor_read(cursor, len(kinds))
    try:
        return [kind(part) for kind, part in zip(kinds, parts or (), strict=True)]
    except ValueError:
        raise errors.Invalid(errors={"cursor": [_("This is not where a page of this list ended.")]}) from None


def _holds(role: str) -> Exists:
    return Exists(Role.objects.filter(user_id=OuterRef("id"), role=role, revoked_at=None))


def _roles_in_order(person: Any) -> tuple[str, ...]:
    held = {role.role for role in person.held}
    return tuple(str(role) for role in rules.ROLE_ORDER if role in held)


def _person_views(people: Sequence[User]) -> list[PersonView]:
    practices = _practices_of([person.id for person in people])
    return [
        PersonView(
            id=person.id,
            name=person.name,
            role=next(iter(_roles_in_order(person)), ""),
            time_zone=person.time_zone,
            headline=person.headline,
            practices=practices.get(person.id, ()),
        )
        for person in people
    ]


def people_exist(actor: Actor) -> bool:
    """Has anybody signed up, or been seeded?"""
    return User.objects.exists()


def person_id_by_email(actor: Actor, email: str) -> UUID | None:
    """Whose address this is; for commands, never for a page that a stranger can ask."""
    found: UUID | None = (
        User.objects.filter(email=rules.email_normal(email)).values_list("id", flat=True).first()
    )
    return found


def roles_of(actor: Actor, person_ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """The roles of active people; for rules, not for show. One query."""
    rows = Role.objects.filter(user_id__in=set(person_ids), user__is_active=True, revoked_at=None)
    held: dict[UUID, set[str]] = {}
    for person_id, role in rows.values_list("user_id", "role"):
        held.setdefault(person_id, set()).add(role)
    return {person_id: frozenset(roles) for person_id, roles in held.items()}


# Practices -------------------------------------------------------------------------------------------------


def practice_list(actor: Actor) -> list[PracticeRef]:
    """The practices in which the actor works now, longest first."""
    person_id = actor.require_user()
    return list(_practices_of([person_id]).get(person_id, ()))


def practice_default(actor: Actor, person_id: UUID) -> UUID | None:
    """Where this person has worked the longest, of where they work now; for credentials that they get."""
    practices = _practices_of([person_id]).get(person_id, ())
    return practices[0].id if practices else None


def practice_only(actor: Actor, person_id: UUID) -> UUID | None:
    """The practice where this person works, when it is one and no more."""
    practices = _practices_of([person_id]).get(person_id, ())
    return practices[0].id if len(practices) == 1 else None


def practice_is_owned(actor: Actor, practice_id: UUID) -> bool:
    """Does the actor own this practice?"""
    return (
        Membership.objects.visible_to(actor)
        .filter(user_id=actor.user_id, practice_id=practice_id, role=MembershipRole.OWNER, ended_at=None)
        .exists()
    )


def membership_is_active(actor: Actor, person_id: UUID, practice_id: UUID) -> bool:
    """Does this person work in this practice now?"""
    return (
        Membership.objects.unscoped(reason="a yes or no about where somebody works")
        .filter(user_id=person_id, practice_id=practice_id, ended_at=None)
        .exists()
    )


def _practices_of(person_ids: Sequence[UUID]) -> dict[UUID, tuple[PracticeRef, ...]]:
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


# Assignments -----------------------------------------------------------------------------------------------


def assignment_list(
    actor: Actor,
    *,
    therapist_id: UUID | None = None,
    active: bool | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[AssignmentView]:
    """Assignments that the actor may see, newest first; `active` keeps those that last, or that are over."""
    rows = Assignment.objects.visible_to(actor).order_by("-started_at", "-id")
    if therapist_id is not None:
        rows = rows.filter(therapist_id=therapist_id)
    if active is not None:
        rows = rows.filter(ended_at__isnull=active)
    if cursor:
        last_at, last_id = _cursor_parts(cursor, datetime.fromisoformat, UUID)
        rows = rows.filter(Q(started_at__lt=last_at) | Q(started_at=last_at, id__lt=last_id))
    found = list(rows[: limit + 1])
    views = assignment_views(actor, found[:limit])
    more = len(found) > limit
    return Page(
        views, next=rules.cursor_write(views[-1].started_at.isoformat(), str(views[-1].id)) if more else None
    )


def assignment_get(actor: Actor, assignment_id: UUID) -> AssignmentView:
    """One assignment that the actor may see. Raises NotFound."""
    row = Assignment.objects.visible_to(actor).get_or_refuse(pk=assignment_id)
    return assignment_views(actor, [row])[0]


def assignment_is_active(actor: Actor, patient_id: UUID, therapist_id: UUID) -> bool:
    """Is this patient in this therapist's care now, at any practice? One query; for rules, not for show."""
    return _assignments_between(patient_id, therapist_id).exists()


def assignment_get_active(actor: Actor, patient_id: UUID, therapist_id: UUID) -> AssignmentView | None:
    """The care that binds these two now: in the actor's practice when there are several, else the newest."""
    rows = list(_assignments_between(patient_id, therapist_id).order_by("-started_at", "-id"))
    rows.sort(key=lambda row: row.practice_id != actor.practice_id)
    return assignment_views(actor, rows[:1])[0] if rows else None


def assignment_between(actor: Actor, patient_id: UUID, therapist_id: UUID) -> bool:
    """Was this patient ever in this therapist's care? One query; for rules, not for show."""
    return (
        Assignment.objects.unscoped(reason="a yes or no about two people")
        .filter(patient_id=patient_id, therapist_id=therapist_id)
        .exists()
    )


def _assignments_between(patient_id: UUID, therapist_id: UUID) -> Any:
    return Assignment.objects.unscoped(reason="what binds two people whom the caller names").filter(
        patient_id=patient_id, therapist_id=therapist_id, ended_at=None
    )


def assignment_views(actor: Actor, rows: Sequence[Assignment]) -> list[AssignmentView]:
    """Rows that the caller may show, as what they mean. One query, for the names."""
    people = person_refs(actor, {id_ for row in rows for id_ in (row.patient_id, row.therapist_id)})
    return [
        AssignmentView(
            id=row.id,
            patient=people[row.patient_id],
            therapist=people[row.therapist_id],
            practice_id=row.practice_id,
            started_at=row.started_at,
            reason=_reason(row, "reason"),
            ended_at=row.ended_at,
            end_reason=_reason(row, "end_reason"),
        )
        for row in rows
    ]


def _reason(row: Assignment, column: str) -> str | None:
    sealed = getattr(row, column)
    if sealed is None:
        return None
    try:
        return vault.open(bytes(sealed), reason_place(row.id, column))
    except vault.KeyDestroyed:
        return None


def reason_place(assignment_id: UUID, column: str) -> vault.Place:
    """Where the sealed reason of an assignment lives ("reason" or "end_reason")."""
    return vault.Place(Assignment._meta.db_table, column, assignment_id)


# Credentials -----------------------------------------------------------------------------------------------


def authority_for_session(session_key: str) -> Authority | None:
    """What the session in this cookie stands for, by the same check as a page request; None for nobody."""
    request = HttpRequest()
    request.session = sessions.SessionStore(session_key)
    user = auth.get_user(request)
    return authority_of_session(sessions.session_id(session_key)) if user.is_authenticated else None


def authority_of_session(session_id: str) -> Authority | None:
    """What a session stands for, by its hashed name; None once it is over. One query."""
    return next(iter(_session_authorities([session_id])), None)


def authority_for_token(raw: str) -> Authority | None:
    """What this API token stands for; None when it is wrong, expired or revoked. One query."""
    prefix = rules.token_prefix(raw)
    if prefix is None:
        return None
    # The look-up goes by a keyed hash that nobody outside can compute, so its timing tells nothing.
    return next(iter(_token_authorities(Q(prefix=prefix, hash=token_hash(raw)))), None)


def authority_current(authority: Authority) -> Authority | None:
    """The same credential as it stands now, or None once it is over. One query."""
    return authorities_current([authority])[0]


def authorities_current(authorities: Sequence[Authority]) -> list[Authority | None]:
    """`authority_current` for many at once, in their order: at most two queries, however many."""
    session_ids = [each.session_id for each in authorities if each.session_id]
    token_ids = [each.token_id for each in authorities if each.token_id]
    found: dict[str | UUID | None, Authority] = {}
    if session_ids:
        found |= {each.session_id: each for each in _session_authorities(session_ids)}
    if token_ids:
        found |= {each.token_id: each for each in _token_authorities(Q(id__in=token_ids))}
    now = [found.get(each.session_id or each.token_id) for each in authorities]
    # A session that somebody else signed in to is another credential.
    return [
        new if new and new.user_id == old.user_id else None for old, new in zip(authorities, now, strict=True)
    ]


def token_hash(raw: str) -> bytes:
    """What is kept of a token."""
    return vault.keyed_hash("accounts.token", raw)


_ROLE_COLUMNS = ("user__roles__role", "user__roles__revoked_at")


def _session_authorities(session_ids: Sequence[str]) -> list[Authority]:
    rows = (
        Session.objects.filter(session_key__in=session_ids, expire_date__gt=clock.now(), user__is_active=True)
        .annotate(works=_works_there())
        .values_list(*_ROLE_COLUMNS, "session_key", "user_id", "practice_id", "works")
    )
    return [
        Authority(
            user_id=user_id,
            roles=roles,
            practice_id=practice_id if works else None,
            scopes=None,
            session_id=session_id,
            token_id=None,
        )
        for (session_id, user_id, practice_id, works), roles in _roles_folded(rows)
    ]


def _token_authorities(which: Q) -> list[Authority]:
    rows = (
        ApiToken.objects.unscoped(reason="the credential itself is the proof")
        .filter(which, expires_at__gt=clock.now(), revoked_at=None, user__is_active=True)
        .annotate(works=_works_there())
        .values_list(*_ROLE_COLUMNS, "id", "user_id", "practice_id", "works", "last_used_at", "scopes")
    )
    return [
        Authority(
            user_id=user_id,
            roles=roles,
            practice_id=practice_id if works else None,
            scopes=frozenset(scopes),
            session_id=None,
            token_id=token_id,
            last_used_at=last_used_at,
        )
        for (token_id, user_id, practice_id, works, last_used_at, scopes), roles in _roles_folded(rows)
    ]


def _works_there() -> Exists:
    return Exists(
        Membership.objects.unscoped(reason="whether a credential's practice still holds").filter(
            user_id=OuterRef("user_id"), practice_id=OuterRef("practice_id"), ended_at=None
        )
    )


def _roles_folded(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], frozenset[str]]]:
    """Rows of (role, revoked_at, key, ...), one for each role, as one for each key with the roles held."""
    first: dict[Any, tuple[Any, ...]] = {}
    roles: dict[Any, set[str]] = {}
    for role, revoked_at, key, *rest in rows:
        first.setdefault(key, (key, *rest))
        held = roles.setdefault(key, set())
        if role and revoked_at is None:
            held.add(role)
    for key, row in first.items():
        yield row, frozenset(roles[key])
