"""The write path of a message: membership, repeat, number, message and record in one durable step.

REST calls `messages_store` with a list of one, the socket with whatever came together. On PostgreSQL each
draft is one statement (`statement.STORE`); several leave in one packet, as one transaction, in
one round trip. Elsewhere the ORM keeps the same promise; the contract tests run both.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from channels.db import database_sync_to_async
from django.db import IntegrityError, connection

from bloom.kernel.actor import Actor
from bloom.kernel.db import retried, transactional
from bloom.kernel.db_line import DatabaseLine
from bloom.kernel.errors import DomainError, IdempotencyConflict
from messaging import attachments, audit, consequences, list_cache
from messaging.consequences import Judged
from messaging.errors import ConversationReadOnly
from messaging.models import Conversation, Member, Message, seat_holds
from messaging.moderation.types import Outcome
from messaging.rooms import Room, has_left, not_found
from messaging.statement import RACE_CONSTRAINTS, STORE, Row
from observability import services as observability_services

T = TypeVar("T")

# How often a race for one client_id may be lost before something else must be wrong.
RACES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that was judged and sealed, ready to be stored. `audit` is its row of the record."""

    actor: Actor
    room: Room
    message_id: UUID
    client_id: UUID
    sender_id: UUID
    body: bytes
    body_hash: bytes
    outcome: Outcome
    categories: tuple[str, ...]
    at: datetime
    audit: Mapping[str, Any]
    # The rules alone judged it, and the live service is to be asked again.
    is_provisional: bool = False
    # What is put under it, and whether it was held for this message.
    upload_ids: tuple[UUID, ...] = ()
    are_held: bool = False

    @property
    def has_consequences(self) -> bool:
        """Whether more than the message has to be written with it."""
        return self.is_provisional or bool(self.upload_ids) or consequences.has_any(self.outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A message as it stands in the table. `recipients` are the conversation's members; `created` is False
    for a repeat.
    """

    id: UUID
    conversation_id: UUID
    seq: int
    change: int
    client_id: UUID
    sender_id: UUID
    body: bytes
    outcome: str
    categories: tuple[str, ...]
    sent_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    edits: int
    recipients: tuple[UUID, ...]
    created: bool
    attachment_count: int = 0


Result = Stored | DomainError


def messages_store(drafts: Sequence[Draft]) -> list[Result]:
    """Store each draft, or say why not: one result for each, in their order; all durable, or none.

    Drafts are taken in order of conversation, so that processes lock rows alike. Refusals (as results):
    NotFound for who does not take part, ConversationReadOnly, and IdempotencyConflict for a client_id that
    was used for other content; the same content gives the message of then. Raises what the database raises,
    and UploadNotReady for a draft with files, which is therefore stored alone.
    """
    results = messages_place(drafts)
    list_cache.lists_drop(people_of(result for result in results if isinstance(result, Stored)))
    return results


def messages_place(drafts: Sequence[Draft]) -> list[Result]:
    """`messages_store` for who drops the lists of `people_of` its results before anybody is answered."""
    order = _order(drafts)
    return _unordered(order, _store([drafts[index] for index in order]))


class Direct:
    """`messages_place` on the event loop, for drafts that bring nothing with them."""

    def __init__(self) -> None:
        self._line = DatabaseLine()

    def takes(self, draft: Draft) -> bool:
        """See batching.Direct."""
        return connection.vendor == "postgresql" and not draft.has_consequences

    async def run(self, drafts: Sequence[Draft]) -> list[Result]:
        """See batching.Direct."""
        order = _order(drafts)
        ordered = [drafts[index] for index in order]
        rows = [
            Row._make(row) for row in await self._line.run(STORE, [_parameters(each) for each in ordered])
        ]
        if all(row.seq is not None for row in rows):
            results = [_result(draft, row) for draft, row in zip(ordered, rows, strict=True)]
        else:
            # Of a repeat and of a refusal the tables tell more.
            results = await database_sync_to_async(_results)(ordered, rows)
        return _unordered(order, results)

    async def close(self) -> None:
        """See batching.Direct."""
        await self._line.close()


def _order(drafts: Sequence[Draft]) -> list[int]:
    return sorted(range(len(drafts)), key=lambda index: drafts[index].room.id)


def _unordered(order: Sequence[int], results: Sequence[Result]) -> list[Result]:
    placed = dict(zip(order, results, strict=True))
    return [placed[index] for index in range(len(order))]


def people_of(stored: Iterable[Stored]) -> set[UUID]:
    """Whose lists of conversations are different. Of a repeat, too: whoever stored it may have died before
    the lists were dropped.
    """
    return {person_id for each in stored for person_id in each.recipients}


def _store(drafts: Sequence[Draft]) -> list[Result]:
    if connection.vendor != "postgresql":
        return store_by_orm(drafts)
    if connection.in_atomic_block or any(draft.has_consequences for draft in drafts):
        return _raced(lambda: _store_with_consequences(drafts))
    return _raced(lambda: retried(lambda: _execute(drafts)))


@transactional
def _store_with_consequences(drafts: Sequence[Draft]) -> list[Result]:
    results = _execute(drafts)
    _consequences(drafts, results)
    return results


def _execute(drafts: Sequence[Draft]) -> list[Result]:
    """Run the statement once for each draft, all in one round trip.

    Without a transaction around it, what the server gets up to the pipeline's end is one: it is committed
    whole with the answer, or not at all.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        driver: psycopg.Connection[Any] = connection.connection
        rows = [Row._make(row) for row in STORE.run(driver, [_parameters(draft) for draft in drafts])]
    return _results(drafts, rows)


def _parameters(draft: Draft) -> dict[str, Any]:
    return {
        **draft.audit,
        "audit_id": draft.audit["id"],
        "client_id": draft.client_id,
        "sender_id": draft.sender_id,
        "acts_for": draft.actor.practice_id,
        "body": draft.body,
    }


def _results(drafts: Sequence[Draft], rows: Sequence[Row]) -> list[Result]:
    return [_result(draft, row) for draft, row in zip(drafts, rows, strict=True)]


def _result(draft: Draft, row: Row) -> Result:
    if not row.is_member:
        return _refusal(draft)
    if row.known_id is not None:
        known = Message.objects.unscoped(reason="the sender's own earlier message").get(pk=row.known_id)
        return _repeat(draft, row.recipients, known)
    if row.is_read_only:
        return ConversationReadOnly()
    if row.seq is None or row.change is None:
        # A member when the statement began, and none when its turn came.
        return _refusal(draft)
    return _stored(draft, row.recipients, seq=row.seq, change=row.change)


def _refusal(draft: Draft) -> DomainError:
    """Why somebody without a seat cannot write here: they left what they still can read, or never saw it."""
    if has_left(draft.actor, draft.room.id):
        return ConversationReadOnly()
    return not_found(draft.room.id, exists=True)


def _stored(draft: Draft, recipients: Sequence[UUID], *, seq: int, change: int) -> Stored:
    return Stored(
        id=draft.message_id,
        conversation_id=draft.room.id,
        seq=seq,
        change=change,
        client_id=draft.client_id,
        sender_id=draft.sender_id,
        body=draft.body,
        outcome=draft.outcome.value,
        categories=draft.categories,
        sent_at=draft.at,
        edited_at=None,
        deleted_at=None,
        edits=0,
        recipients=tuple(recipients),
        created=True,
    )


def _repeat(draft: Draft, recipients: Sequence[UUID], message: Message) -> Result:
    if bytes(message.body_hash) != draft.body_hash:
        return IdempotencyConflict()
    return Stored(
        id=message.id,
        conversation_id=message.conversation_id,
        seq=message.seq,
        change=message.change,
        client_id=message.client_id,
        sender_id=message.sender_id,
        body=bytes(message.body),
        outcome=message.outcome,
        categories=tuple(message.categories),
        sent_at=message.sent_at,
        edited_at=message.edited_at,
        deleted_at=message.deleted_at,
        edits=message.edits,
        recipients=tuple(recipients),
        created=False,
        attachment_count=message.attachment_count,
    )


def _consequences(drafts: Sequence[Draft], results: Sequence[Result]) -> None:
    for draft, result in zip(drafts, results, strict=True):
        if isinstance(result, Stored) and result.created and draft.has_consequences:
            _consequence(draft, result)


def _consequence(draft: Draft, stored: Stored) -> None:
    """Write what stands beside a message in the same transaction."""
    message = Judged.of(stored, draft.room, draft, at=draft.at)
    if draft.upload_ids:
        attachments.attach(
            draft.actor, draft.room, stored.id, draft.upload_ids, are_held=draft.are_held, at=draft.at
        )
    if draft.is_provisional:
        consequences.recheck_of(message).save(force_insert=True)
    consequences.alerts_raise(message)
    for event in consequences.events_of(message):
        observability_services.event_record(draft.actor, event, at=draft.at)


def _raced(store: Callable[[], T]) -> T:
    """`store`, again when the same client_id was committed while it waited: then it finds that message. So it
    is, too, where the draft itself was still being stored by a connection that broke.
    """
    for _ in range(RACES - 1):
        try:
            return store()
        except IntegrityError as error:
            diagnostics = getattr(error.__cause__, "diag", None)
            if getattr(diagnostics, "constraint_name", None) not in RACE_CONSTRAINTS:
                raise
    return store()


# The same promise in the ORM --------------------------------------------------------------------------------


@transactional
def store_by_orm(drafts: Sequence[Draft]) -> list[Result]:
    """`messages_store` for databases without the statement."""
    results = [_store_one(draft) for draft in drafts]
    _consequences(drafts, results)
    return results


def _store_one(draft: Draft) -> Result:
    place = (
        Conversation.objects.unscoped(reason="the lock under which messages are numbered")
        .select_for_update()
        .filter(pk=draft.room.id)
        .first()
    )
    if place is None:
        return not_found(draft.room.id, exists=False)
    members = Member.objects.unscoped(reason="who takes part decides who may send").filter(
        conversation_id=place.id, left_at=None
    )
    recipients = list(members.values_list("user_id", flat=True))
    own = members.filter(seat_holds(draft.actor.practice_id), user_id=draft.sender_id).first()
    if own is None:
        return _refusal(draft)
    known = (
        Message.objects.unscoped(reason="the sender's own earlier message")
        .filter(conversation_id=place.id, sender_id=draft.sender_id, client_id=draft.client_id)
        .first()
    )
    if known is not None:
        return _repeat(draft, recipients, known)
    if place.read_only_at is not None:
        return ConversationReadOnly()

    seat = own
    if seat.read_seq + seat.own_unread == place.last_seq:
        seat.read_seq, seat.own_unread = place.last_seq + 1, 0
    else:
        seat.own_unread += 1
    seat.save(update_fields=["read_seq", "own_unread"])
    place.last_seq += 1
    place.last_change += 1
    place.last_sent_at = max(place.last_sent_at, draft.at)
    place.save(update_fields=["last_seq", "last_change", "last_sent_at"])
    Message(
        id=draft.message_id,
        practice_id=draft.room.practice_id,
        conversation_id=place.id,
        seq=place.last_seq,
        change=place.last_change,
        sent_change=place.last_change,
        client_id=draft.client_id,
        sender_id=draft.sender_id,
        body=draft.body,
        body_hash=draft.body_hash,
        outcome=draft.outcome.value,
        categories=list(draft.categories),
        sent_at=draft.at,
    ).save(force_insert=True)
    audit.audit_write(draft.audit)
    return _stored(draft, recipients, seq=place.last_seq, change=place.last_change)
