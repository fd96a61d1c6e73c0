"""One's own messages that go later."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from bloom.files import selectors as files_selectors
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from messaging import present, rules
from messaging.models import Conversation, ScheduledMessage
from messaging.moderation import moderator_default
from messaging.moderation.types import Outcome
from messaging.types import ScheduledFile, ScheduledState, ScheduledView, StopReason


def scheduled_list(actor: Actor, conversation_id: UUID) -> list[ScheduledView]:
    """What the actor has planned in a conversation and has not gone, the next one first, but before all what
    says that somebody may be in danger: 50 at most. Three queries, and one for files. Raises NotFound.
    """
    Conversation.objects.visible_to(actor).only("id").get_or_refuse(pk=conversation_id)
    return scheduled_beside(actor, conversation_id)


def scheduled_beside(actor: Actor, conversation_id: UUID) -> list[ScheduledView]:
    """`scheduled_list` of a conversation that the actor was given."""
    views = _views(
        actor,
        ScheduledMessage.objects.visible_to(actor)
        .filter(conversation_id=conversation_id)
        .exclude(state=ScheduledState.SENT.value)
        .order_by("due_at", "id"),
    )
    return sorted(views, key=lambda each: not each.alarms)


def scheduled_get(actor: Actor, scheduled_id: UUID) -> ScheduledView:
    """One of them. Raises NotFound."""
    return scheduled_view(actor, ScheduledMessage.objects.visible_to(actor).get_or_refuse(pk=scheduled_id))


def scheduled_own(actor: Actor) -> Iterator[ScheduledView]:
    """All that the actor has planned and has not gone, for a copy of their data."""
    yield from _views(
        actor,
        ScheduledMessage.objects.visible_to(actor)
        .filter(author_id=actor.require_user())
        .exclude(state=ScheduledState.SENT.value)
        .order_by("due_at", "id"),
    )


def scheduled_view(actor: Actor, row: ScheduledMessage) -> ScheduledView:
    """A row for its author."""
    (view,) = _views(actor, [row])
    return view


def _views(actor: Actor, rows: Iterable[ScheduledMessage]) -> list[ScheduledView]:
    found = list(rows)
    vault.keys_load(row.body for row in found if row.body is not None)
    held = [each for row in found if row.body is not None for each in row.uploads]
    uploads = files_selectors.upload_list(actor, held) if held else []
    files = {
        each.id: ScheduledFile(id=each.id, name=each.name, content_type=each.content_type, size=each.size)
        for each in uploads
    }
    return [
        _view(row, tuple(files[each] for each in row.uploads if row.body is not None and each in files))
        for row in found
    ]


def _view(row: ScheduledMessage, files: Sequence[ScheduledFile]) -> ScheduledView:
    body = present.scheduled_open(row)
    return ScheduledView(
        id=row.id,
        conversation_id=row.conversation_id,
        client_id=row.client_id,
        body=body,
        files=tuple(files),
        due_at=row.due_at,
        state=ScheduledState(row.state),
        reason=StopReason(row.reason) if row.reason else None,
        categories=tuple(row.categories),
        message_id=row.message_id,
        alarms=body is not None and _alarms(body, files),
    )


def _alarms(body: str, files: Iterable[ScheduledFile]) -> bool:
    read = rules.text_judged(body, (each.name for each in files))
    return moderator_default().judge(read).outcome is Outcome.CRISIS
