"""How care begins: what waits for whom, and what became of it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, Q, When

from accounts import practice_roles, roles, rules
from accounts.models import Membership, Proposal
from accounts.selectors.cursors import cursor_parts
from accounts.selectors.people import name_held, person_refs
from accounts.selectors.practices import practice_may
from accounts.types import (
    COOL_DOWN_DAYS,
    OPEN_STATES,
    PracticeMay,
    PracticeRef,
    ProposalBrief,
    ProposalKind,
    ProposalParty,
    ProposalState,
    ProposalView,
)
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.pages import Page

_OPEN = sorted(OPEN_STATES)
# More than anybody should ever have waiting.
WAITING_MOST = 100


def proposal_list(
    actor: Actor,
    *,
    is_open: bool | None = None,
    patient_id: UUID | None = None,
    therapist_id: UUID | None = None,
    name: str = "",
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ProposalView]:
    """Proposals that the actor may see, newest first; `is_open` keeps those that wait, or that are over."""
    rows = _rows(actor).order_by("-created_at", "-id")
    if is_open is not None:
        rows = rows.filter(state__in=_OPEN) if is_open else rows.exclude(state__in=_OPEN)
    if patient_id is not None:
        rows = rows.filter(patient_id=patient_id)
    if therapist_id is not None:
        rows = rows.filter(therapist_id=therapist_id)
    if name:
        rows = rows.filter(name_held(actor, name, "patient", "therapist"))
    if cursor:
        last_at, last_id = cursor_parts(cursor, datetime.fromisoformat, UUID)
        rows = rows.filter(Q(created_at__lt=last_at) | Q(created_at=last_at, id__lt=last_id))
    found = list(rows[: limit + 1])
    views = proposal_views(actor, found[:limit])
    more = len(found) > limit
    return Page(
        views, next=rules.cursor_write(views[-1].created_at.isoformat(), str(views[-1].id)) if more else None
    )


def proposal_get(actor: Actor, proposal_id: UUID) -> ProposalView:
    """One proposal that the actor may see. Raises NotFound."""
    return proposal_views(actor, [_rows(actor).get_or_refuse(pk=proposal_id)])[0]


def proposal_words(actor: Actor, proposal_id: UUID) -> tuple[str | None, ...]:
    """What the patient wrote with a proposal and may mean danger, as far as the actor reads it; oldest first.
    Never what others wrote with it: it would be read as the patient's. Raises NotFound.
    """
    view = proposal_get(actor, proposal_id)
    has_asked = view.proposed_by.id == view.patient.id
    has_closed = view.closed_by is not None and view.closed_by.id == view.patient.id
    return (
        view.message if view.message_alarms and has_asked else None,
        view.agreement if view.agreement_alarms else None,
        view.answer if view.answer_alarms and has_closed else None,
    )


def proposals_own(actor: Actor) -> list[ProposalView]:
    """What waits and concerns the actor, newest first: theirs to answer, or theirs to wait for."""
    person_id = actor.require_user()
    mine = Q(patient_id=person_id) | Q(therapist_id=person_id) | Q(proposed_by_id=person_id)
    rows = _rows(actor).filter(mine, state__in=_OPEN).order_by("-created_at", "-id")[:WAITING_MOST]
    return proposal_views(actor, list(rows))


def proposals_waiting(actor: Actor, *, limit: int = 5) -> list[ProposalBrief]:
    """What waits for the actor's own yes or no: first what may mean danger, then who has waited longest. One
    query, and one for the names where there are any.
    """
    alarms = Q(message_alarms=True) | Q(agreement_alarms=True)
    rows = (
        Proposal.objects.visible_to(actor)
        .filter(_turn_of(actor.require_user()))
        .order_by(Case(When(alarms, then=0), default=1), "created_at", "id")
    )
    return _briefs(actor, rows, limit)


def proposals_refused(actor: Actor, *, at: datetime, limit: int = 3) -> list[ProposalBrief]:
    """What the actor asked for as a patient and was declined, until they have read it or could ask again. One
    query, and one for the names.
    """
    own = {"patient_id": actor.require_user(), "proposed_by_id": actor.user_id}
    rows = Proposal.objects.visible_to(actor).filter(**own, state=ProposalState.DECLINED, seen_at=None)
    rows = rows.filter(closed_at__gt=at - timedelta(days=COOL_DOWN_DAYS))
    return _briefs(actor, rows.order_by("-closed_at", "id"), limit)


def proposal_again_from(
    actor: Actor, patient_id: UUID, therapist_id: UUID, *, at: datetime
) -> datetime | None:
    """From when on the actor may propose this again, because it was declined by somebody else; None when they
    may now. One query.
    """
    declined = (
        Proposal.objects.unscoped(reason="whether these two were asked lately")
        .filter(patient_id=patient_id, therapist_id=therapist_id, state=ProposalState.DECLINED)
        .exclude(closed_by_id=actor.user_id)
        .order_by("-closed_at")
        .values_list("closed_at", flat=True)
        .first()
    )
    again_from = None if declined is None else rules.proposal_again_from(declined)
    return again_from if again_from is not None and again_from > at else None


def proposals_asked(actor: Actor, *, limit: int = 3) -> list[ProposalBrief]:
    """What the actor, as a patient, has asked or agreed to and a therapist has not answered yet, in the order
    in which it lapses. One query, and one for the names.
    """
    rows = Proposal.objects.visible_to(actor).filter(
        patient_id=actor.require_user(), state=ProposalState.WITH_THERAPIST
    )
    return _briefs(actor, rows.order_by("due_at", "id"), limit)


def proposals_waiting_count(actor: Actor) -> int:
    """How many proposals wait for the actor's own yes or no. One query."""
    return Proposal.objects.visible_to(actor).filter(_turn_of(actor.require_user())).count()


def proposals_elsewhere(actor: Actor, practice_ids: Collection[UUID]) -> frozenset[UUID]:
    """In which of these practices, all of the actor's own, a request waits for their yes or no as a
    therapist. One query, which tells nothing else of it.
    """
    rows = Proposal.objects.unscoped(reason="in which of the actor's own practices one waits").filter(
        therapist_id=actor.require_user(),
        state=ProposalState.WITH_THERAPIST,
        practice_id__in=practice_ids,
    )
    return frozenset(rows.order_by().values_list("practice_id", flat=True).distinct())


def practices_asked(actor: Actor, therapist_id: UUID) -> list[PracticeRef]:
    """Where a patient may ask for this therapist's care: the listed practices in which they work, longest
    first; where there is none, all in which they work, for a patient who knows them from care.
    """
    rows = (
        Membership.objects.unscoped(reason="where a therapist whom the actor may find works")
        .filter(
            user_id=therapist_id,
            role__in=practice_roles.roles_that_may(PracticeMay.GIVE_CARE),
            ended_at=None,
        )
        .order_by("started_at", "id")
        .values_list("practice_id", "practice__name", "practice__is_listed")
    )
    found: dict[UUID, tuple[str, bool]] = {}
    for practice_id, name, is_listed in rows:
        found.setdefault(practice_id, (name, is_listed))
    listed = {id_: facts for id_, facts in found.items() if facts[1]} or found
    return [PracticeRef(id=id_, name=name) for id_, (name, _listed) in listed.items()]


def proposal_views(actor: Actor, rows: Sequence[Proposal]) -> list[ProposalView]:
    """Rows that the caller may show, as what they mean to this viewer: a query for the names, one for the
    keys, and one more for an owner.
    """
    owns = any(row.practice_id == actor.practice_id for row in rows) and _owns(actor)
    ids = {
        id_
        for row in rows
        for id_ in (row.patient_id, row.therapist_id, row.proposed_by_id, row.closed_by_id, _from(row))
        if id_ is not None
    }
    people = person_refs(actor, ids)
    vault.keys_load(
        bytes(text)
        for row in rows
        for text, is_told in (
            (row.message, _may_read_message(actor, row)),
            (row.agreement, _may_read_agreement(actor, row)),
            (row.answer, _may_read_answer(actor, row)),
        )
        if text is not None and is_told
    )
    views = []
    for row in rows:
        parties = proposal_parties(actor, row, owns_practice=owns)
        from_id = _from(row)
        views.append(
            ProposalView(
                id=row.id,
                kind=ProposalKind(row.kind),
                state=ProposalState(row.state),
                patient=people[row.patient_id],
                therapist=people[row.therapist_id],
                practice=PracticeRef(id=row.practice_id, name=row.practice.name),
                proposed_by=people[row.proposed_by_id],
                from_therapist=people[from_id] if from_id else None,
                message=_text(row, "message") if _may_read_message(actor, row) else None,
                agreement=_text(row, "agreement") if _may_read_agreement(actor, row) else None,
                answer=_text(row, "answer") if _may_read_answer(actor, row) else None,
                message_alarms=row.message_alarms and _may_read_message(actor, row),
                agreement_alarms=row.agreement_alarms and _may_read_agreement(actor, row),
                answer_alarms=row.answer_alarms and _may_read_answer(actor, row),
                created_at=row.created_at,
                due_at=row.due_at,
                agreed_at=row.agreed_at,
                closed_at=row.closed_at,
                seen_at=row.seen_at,
                closed_by=people.get(row.closed_by_id) if row.closed_by_id else None,
                assignment_id=row.assignment_id,
                steps=rules.proposal_steps(ProposalState(row.state), parties),
            )
        )
    return views


def proposal_parties(actor: Actor, row: Proposal, *, owns_practice: bool) -> frozenset[ProposalParty]:
    """What the actor is to this proposal. `owns_practice`: the actor owns the practice they act for."""
    parties = set()
    if actor.user_id is not None:
        if actor.user_id == row.patient_id:
            parties.add(ProposalParty.PATIENT)
        if actor.user_id == row.therapist_id:
            parties.add(ProposalParty.THERAPIST)
        if actor.user_id == row.proposed_by_id:
            parties.add(ProposalParty.PROPOSER)
    if actor.has_role(*roles.STAFF_ROLES) or (owns_practice and row.practice_id == actor.practice_id):
        parties.add(ProposalParty.ARRANGER)
    return frozenset(parties)


def proposal_place(proposal_id: UUID, column: str) -> vault.Place:
    """Where a sealed text of a proposal lives ("message", "agreement" or "answer")."""
    return vault.Place(Proposal._meta.db_table, column, proposal_id)


def _briefs(actor: Actor, rows: Any, limit: int) -> list[ProposalBrief]:
    names = (
        "id",
        "patient_id",
        "therapist_id",
        "message_alarms",
        "agreement_alarms",
        "created_at",
        "due_at",
    )
    found = [dict(zip(names, row, strict=True)) for row in rows.values_list(*names)[:limit]]
    for each in found:
        each["other"] = each["patient_id" if each["therapist_id"] == actor.user_id else "therapist_id"]
    people = person_refs(actor, {each["other"] for each in found}) if found else {}
    return [
        ProposalBrief(
            id=each["id"],
            other=people[each["other"]],
            alarms=each["message_alarms"] or each["agreement_alarms"],
            created_at=each["created_at"],
            due_at=each["due_at"],
        )
        for each in found
    ]


def _rows(actor: Actor) -> Any:
    # Who may see a proposal may see from whose care a transfer would go.
    return Proposal.objects.visible_to(actor).with_parents("practice", "from_assignment")


def _turn_of(person_id: UUID) -> Q:
    return Q(patient_id=person_id, state=ProposalState.WITH_PATIENT) | Q(
        therapist_id=person_id, state=ProposalState.WITH_THERAPIST
    )


def _from(row: Proposal) -> UUID | None:
    return row.from_assignment.therapist_id if row.from_assignment is not None else None


def _owns(actor: Actor) -> bool:
    return practice_may(actor, actor.practice_id, PracticeMay.ARRANGE_CARE)


def _may_read_message(actor: Actor, row: Proposal) -> bool:
    """What was written to the two is for the two, and for whoever wrote it."""
    return actor.is_system or actor.user_id in {row.patient_id, row.therapist_id, row.proposed_by_id}


def _may_read_agreement(actor: Actor, row: Proposal) -> bool:
    """What a patient writes with their yes is for the therapist who is asked next."""
    return actor.is_system or actor.user_id in {row.patient_id, row.therapist_id}


def _may_read_answer(actor: Actor, row: Proposal) -> bool:
    """An answer goes to the two, and to whoever cares for the patient: platform staff arrange care without
    reading about anybody's health.
    """
    return actor.is_system or actor.user_id in {row.patient_id, row.therapist_id, _from(row)}


def _text(row: Proposal, column: str) -> str | None:
    sealed = getattr(row, column)
    if sealed is None:
        return None
    try:
        return vault.open(bytes(sealed), proposal_place(row.id, column))
    except vault.KeyDestroyed:
        return None
