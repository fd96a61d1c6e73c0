"""Who is in whose care."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts import rules
from accounts.models import Assignment, in_practice_of
from accounts.selectors.cursors import cursor_parts
from accounts.selectors.people import name_held, person_refs
from accounts.selectors.practices import practice_may
from accounts.types import (
    AssignmentView,
    PracticeMay,
)
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.pages import Page


def assignment_list(
    actor: Actor,
    *,
    therapist_id: UUID | None = None,
    patient_id: UUID | None = None,
    name: str = "",
    active: bool | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[AssignmentView]:
    """Assignments that the actor may see, newest first; `active` keeps those that last, or that are over,
    `name` those of a patient or therapist, not chosen by id, whose name holds it.
    """
    rows = Assignment.objects.visible_to(actor).order_by("-started_at", "-id")
    if therapist_id is not None:
        rows = rows.filter(therapist_id=therapist_id)
    if patient_id is not None:
        rows = rows.filter(patient_id=patient_id)
    if name:
        # Of one's own care, one knows one side: it is the other who is looked for.
        sides = [side for side, own in (("patient", patient_id), ("therapist", therapist_id)) if own is None]
        rows = rows.filter(name_held(actor, name, *sides))
    if active is not None:
        rows = rows.filter(ended_at__isnull=active)
    if cursor:
        last_at, last_id = cursor_parts(cursor, datetime.fromisoformat, UUID)
        rows = rows.filter(Q(started_at__lt=last_at) | Q(started_at=last_at, id__lt=last_id))
    found = list(rows[: limit + 1])
    views = assignment_views(actor, found[:limit])
    more = len(found) > limit
    return Page(
        views, next=rules.cursor_write(views[-1].started_at.isoformat(), str(views[-1].id)) if more else None
    )


def assignment_pages(actor: Actor, *, limit: int) -> Iterator[Sequence[AssignmentView]]:
    """All of them, newest first, so many at a time: for whoever goes through everybody's care."""
    cursor = None
    while True:
        page = assignment_list(actor, limit=limit, cursor=cursor)
        yield page.items
        if page.next is None:
            return
        cursor = page.next


def assignment_get(actor: Actor, assignment_id: UUID) -> AssignmentView:
    """One assignment that the actor may see. Raises NotFound."""
    row = Assignment.objects.visible_to(actor).get_or_refuse(pk=assignment_id)
    return assignment_views(actor, [row])[0]


def assignment_is_active(actor: Actor, patient_id: UUID, therapist_id: UUID) -> bool:
    """Is this patient in this therapist's care now, at any practice? One query; for rules, not for show."""
    return _assignments_between(patient_id, therapist_id).exists()


def assignment_get_active(actor: Actor, patient_id: UUID, therapist_id: UUID) -> AssignmentView | None:
    """The care that binds these two now, one of whom the actor is: to its patient the newest, to its
    therapist that in the practice that they act for. A token knows of its practice alone.
    """
    found = _assignments_between(patient_id, therapist_id)
    if actor.user_id == therapist_id or (actor.token_id is not None and actor.practice_id is not None):
        found = found.filter(in_practice_of(actor))
    rows = list(found.order_by("-started_at", "-id")[:1])
    return assignment_views(actor, rows[:1])[0] if rows else None


def care_of(actor: Actor) -> frozenset[tuple[UUID, UUID]]:
    """In whose care the actor is now, and at which practice. One query; for rules, not for show."""
    rows = Assignment.objects.unscoped(reason="whose patient the actor is").filter(
        patient_id=actor.require_user(), ended_at=None
    )
    return frozenset(rows.values_list("therapist_id", "practice_id"))


def care_at(
    actor: Actor, practice_id: UUID, *, therapist_id: UUID | None = None, patient_id: UUID | None = None
) -> list[tuple[UUID, UUID]]:
    """Who is in whose care at a practice now, as therapist and patient; at most a thousand. One query; for
    rules, and for callers that have decided to show it.
    """
    rows = Assignment.objects.unscoped(reason="who can be booked with whom").filter(
        practice_id=practice_id, ended_at=None
    )
    if therapist_id is not None:
        rows = rows.filter(therapist_id=therapist_id)
    if patient_id is not None:
        rows = rows.filter(patient_id=patient_id)
    return list(rows.order_by("started_at", "id").values_list("therapist_id", "patient_id")[:1000])


def assignment_hold(actor: Actor, patient_id: UUID, therapist_id: UUID, practice_id: UUID) -> bool:
    """Does this care last? When it does, nobody ends it before the caller's transaction is over."""
    lasting = _assignments_between(patient_id, therapist_id).filter(practice_id=practice_id)
    return lasting.select_for_update().first() is not None


def care_lasts_between(actor: Actor, patient_id: UUID, therapist_id: UUID, practice_id: UUID) -> bool:
    """Is this patient in this therapist's care at this practice now? For rules."""
    return _assignments_between(patient_id, therapist_id).filter(practice_id=practice_id).exists()


def care_team_hold(actor: Actor, patient_id: UUID, practice_id: UUID) -> frozenset[UUID]:
    """The therapists in whose care this patient is at this practice. Nobody of them ends it before the
    caller's transaction is over; another may begin meanwhile.
    """
    lasting = Assignment.objects.unscoped(reason="who cares for somebody, for whoever follows it")
    rows = lasting.filter(patient_id=patient_id, practice_id=practice_id, ended_at=None)
    return frozenset(rows.order_by("id").select_for_update().values_list("therapist_id", flat=True))


def care_ended_at(actor: Actor, patient_id: UUID, practice_id: UUID) -> dict[UUID, datetime]:
    """When the last care of each therapist for this patient at this practice ended; for rules."""
    rows = Assignment.objects.unscoped(reason="when care ended, for whoever follows it").filter(
        patient_id=patient_id, practice_id=practice_id, ended_at__isnull=False
    )
    return dict(rows.order_by("ended_at").values_list("therapist_id", "ended_at"))


def assignment_between(actor: Actor, patient_id: UUID, therapist_id: UUID) -> bool:
    """Was this patient ever in this therapist's care? One query; for rules, not for show."""
    return (
        Assignment.objects.unscoped(reason="a yes or no about two people")
        .filter(patient_id=patient_id, therapist_id=therapist_id)
        .exists()
    )


def _assignments_between(patient_id: UUID, therapist_id: UUID) -> QuerySet[Assignment]:
    rows = Assignment.objects.unscoped(reason="what binds two people whom the caller names")
    found: QuerySet[Assignment] = rows.filter(patient_id=patient_id, therapist_id=therapist_id, ended_at=None)
    return found


def assignment_views(actor: Actor, rows: Sequence[Assignment]) -> list[AssignmentView]:
    """Rows that the caller may show, as what they mean; the reasons only to whom they concern.

    One query for the names, one for the keys where there are reasons, and one more for the rows of others.
    """
    told = _practices_told(actor, rows)
    vault.keys_load(
        bytes(text)
        for row in rows
        if _may_know(actor, row, told)
        for text in (row.reason, row.end_reason)
        if text is not None
    )
    people = person_refs(actor, {id_ for row in rows for id_ in (row.patient_id, row.therapist_id)})
    return [
        AssignmentView(
            id=row.id,
            patient=people[row.patient_id],
            therapist=people[row.therapist_id],
            practice_id=row.practice_id,
            started_at=row.started_at,
            reason=_reason(row, "reason") if _may_know(actor, row, told) else None,
            ended_at=row.ended_at,
            end_reason=_reason(row, "end_reason") if _may_know(actor, row, told) else None,
        )
        for row in rows
    ]


def _may_know(actor: Actor, row: Assignment, told: Collection[UUID]) -> bool:
    """Why somebody is in care, or left it, is for the two themselves and who answers for the practice:
    platform staff arrange care without reading about anybody's health.
    """
    return actor.is_system or actor.user_id in {row.patient_id, row.therapist_id} or row.practice_id in told


def _practices_told(actor: Actor, rows: Sequence[Assignment]) -> Collection[UUID]:
    """The practice that the actor acts for and owns, when a row of somebody else's care is of it."""
    if actor.user_id is None or actor.practice_id is None:
        return ()
    theirs = any(
        row.practice_id == actor.practice_id and actor.user_id not in {row.patient_id, row.therapist_id}
        for row in rows
    )
    return (
        (actor.practice_id,)
        if theirs and practice_may(actor, actor.practice_id, PracticeMay.SEE_CARE)
        else ()
    )


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
