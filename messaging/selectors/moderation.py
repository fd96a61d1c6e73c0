"""What a practice has chosen about moderation, and what waits for staff."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, OuterRef

from accounts import selectors as accounts_selectors
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from messaging import names, present
from messaging.models import CaseNote, ModerationCase, ModerationChoice, QueueItem
from messaging.moderation.types import Outcome
from messaging.types import CaseNoteView, CaseState, CaseView, PersonName, PracticeModeration

COUNTED = timedelta(days=30)


def moderation_get(actor: Actor, practice_id: UUID) -> PracticeModeration:
    """Whether the live service reads the messages of the practice that the actor acts for."""
    choice = ModerationChoice.objects.visible_to(actor).filter(practice_id=practice_id).first()
    return PracticeModeration(
        is_offered=bool(settings.OPENAI_API_KEY),
        is_live=choice is None or choice.is_live,
        changed_at=choice.changed_at if choice else None,
    )


def case_get(actor: Actor, audit_id: UUID) -> CaseView:
    """What staff have made of one verdict, with their notes, oldest first. Raises NotFound. Six queries at
    most, however many notes.
    """
    item = QueueItem.objects.visible_to(actor).get_or_refuse(pk=audit_id)
    case = ModerationCase.objects.visible_to(actor).filter(audit_id=item.id).first()
    notes = list(CaseNote.objects.visible_to(actor).filter(audit_id=item.id).order_by("written_at", "id"))
    vault.keys_load(note.body for note in notes)
    staff = tuple(PersonName(id=each.id, name=each.name) for each in accounts_selectors.staff_list(actor))
    involved = {note.author_id for note in notes}
    if case is not None:
        involved |= {case.assigned_to_id, *filter(None, [case.decided_by_id])}
    called = names.names_get(actor, involved)

    def name(person_id: UUID | None) -> PersonName | None:
        return None if person_id is None else names.name_in(called, person_id)

    return CaseView(
        state=CaseState(case.state) if case else None,
        assigned_to=name(case.assigned_to_id) if case else None,
        decided_by=name(case.decided_by_id) if case else None,
        decided_at=case.decided_at if case else None,
        notes=tuple(
            CaseNoteView(
                author=names.name_in(called, note.author_id),
                body=present.note_open(note),
                written_at=note.written_at,
            )
            for note in notes
        ),
        staff=staff,
        can_lift=item.message_id is not None and item.outcome != Outcome.CRISIS.value,
    )


def queue_counts(actor: Actor, *, at: datetime) -> Mapping[str, int]:
    """How many verdicts of the last days wait for a decision of staff, by outcome. One query."""
    decided = ModerationCase.objects.visible_to(actor).filter(audit_id=OuterRef("pk"))
    rows = (
        QueueItem.objects.visible_to(actor)
        .filter(~Exists(decided.exclude(state=CaseState.TAKEN.value)), recorded_at__gte=at - COUNTED)
        .order_by()
        .values_list("outcome")
        .annotate(count=Count("id"))
    )
    return dict(rows)
