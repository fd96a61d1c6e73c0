"""Everybody's first page of conversations, kept in Redis for a minute: what the tables said of it, sealed.

What is kept is rows, not what is shown: names, files and reactions are asked anew, and a text stays sealed
under its patient's key inside the sealed whole. A list is one person's, acting for one practice, and opens
as nothing else.

It is never older than the last write that was answered. Whoever changes a list drops it after the commit
and before the answer (`lists_drop`). Whoever read the tables meanwhile holds a mark that went with it, so
that what they read is not kept (`_STORE`). Where Redis is away, or a transaction is open, the tables answer.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import redis
from django.conf import settings
from django.db import connection
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from bloom.kernel import db, redis_line, vault
from bloom.kernel.actor import Actor
from messaging import metrics

logger = logging.getLogger(__name__)

KEPT_SECONDS: Final = 60
_TIMEOUT_SECONDS: Final = 0.5
# The number changes with the shape of what is kept.
_PREFIX: Final = "bloom:conversations:1:"
_MARK: Final = "mark"
# KEYS[1] a person's lists; ARGV: the mark under which one was read, its name, itself. Kept if nothing was
# dropped since; a person has few lists, and whoever asks for many gets them from the tables.
_STORE: Final = """
if redis.call('HGET', KEYS[1], 'mark') == ARGV[1] and redis.call('HLEN', KEYS[1]) <= 8 then
    redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRow:
    """Somebody who takes part."""

    user_id: UUID
    role: str
    read_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRow:
    """The newest message as it stands in the table, see present.MessageRow; whether the viewer has revealed
    it, and whether they had left when its words were changed.
    """

    id: UUID
    conversation_id: UUID
    seq: int
    change: int
    sent_change: int
    client_id: UUID
    sender_id: UUID
    body: bytes
    outcome: str
    categories: tuple[str, ...]
    sent_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    edits: int
    attachment_count: int
    revealed: bool
    withheld: bool

    @classmethod
    def of(cls, message: Any, *, withheld: bool) -> "LastRow":
        """A row of `selectors.messages.messages_visible`."""
        values = {name: getattr(message, name) for name in _LAST_COLUMNS}
        return cls(
            **values, body=bytes(message.body), categories=tuple(message.categories), withheld=withheld
        )


_LAST_COLUMNS: Final = tuple(
    each.name for each in fields(LastRow) if each.name not in {"body", "categories", "withheld"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One conversation and the viewer's seat in it. `members` are those that the viewer sees take part, the
    viewer too.
    """

    id: UUID
    practice_id: UUID | None
    kind: str
    last_seq: int
    last_change: int
    last_sent_at: datetime
    read_only: bool
    own_left: bool
    own_read_seq: int
    own_unread: int
    own_archived_seq: int | None
    own_muted: bool
    members: tuple[SeatRow, ...]
    last: LastRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRows:
    """A page of them, and the cursor of the next."""

    rows: tuple[ListRow, ...]
    next: str | None

    @property
    def keeps(self) -> bool:
        """Whether all that changes it drops it: whoever left a conversation is told of nothing in it."""
        return not any(row.own_left for row in self.rows)


def rows_get(actor: Actor, name: str, read: Callable[[], ListRows]) -> ListRows:
    """The actor's list of this name: kept, or as `read` gives it, which is then kept for a minute."""
    if connection.in_atomic_block:
        # What stands there may not last, and what was written here is seen nowhere else.
        return read()
    key, field = _key(actor.require_user()), _field(actor, name)
    try:
        found, mark = _client().hmget(key, field, _MARK)
        rows = _open(actor, field, found) if found else None
        if rows is not None:
            metrics.list_counter("kept").inc()
            return rows
        mark = mark or _mark(key)
    except RedisError as error:
        _away(error)
        return read()
    rows = read()
    metrics.list_counter("read").inc()
    if not rows.keeps:
        return rows
    try:
        _client().eval(_STORE, 1, key, mark, field, _seal(actor, field, rows))
    except RedisError as error:
        _away(error)
    return rows


def lists_drop(people: Iterable[UUID]) -> None:
    """These people's lists are different once the work is durable. Called before anybody is told."""
    keys = [_key(person_id) for person_id in set(people)]
    if keys:
        db.after_commit(lambda: _drop(keys))


async def alists_drop(people: Iterable[UUID]) -> None:
    """`lists_drop` for the event loop, of work that is durable."""
    keys = [_key(person_id).encode() for person_id in people]
    if not keys:
        return
    try:
        await redis_line.get().ask(b"DEL", *keys)
    except RedisError as error:
        _away(error)


def _drop(keys: Sequence[str]) -> None:
    db.network_check("the lists of conversations")
    try:
        _client().delete(*keys)
    except RedisError as error:
        _away(error)


def _key(user_id: UUID) -> str:
    return f"{_PREFIX}{user_id}"


def _field(actor: Actor, name: str) -> str:
    """Whatever decides what this person sees: see models.member_of."""
    return f"{actor.practice_id}/{'token' if actor.token_id else 'person'}/{name}"


def _mark(key: str) -> Any:
    """The mark of the lists that are read from now on, until they are dropped."""
    with _client().pipeline(transaction=False) as pipeline:
        pipeline.hsetnx(key, _MARK, secrets.token_hex(8))
        pipeline.hget(key, _MARK)
        pipeline.expire(key, KEPT_SECONDS)
        return pipeline.execute()[1] or b""


def _place(actor: Actor, field: str) -> vault.Place:
    return vault.Place(_PREFIX, field, actor.require_user())


def _seal(actor: Actor, field: str, rows: ListRows) -> bytes:
    text = msgspec.json.encode(rows).decode()
    return vault.seal(vault.SYSTEM_SUBJECT, text, _place(actor, field))


def _open(actor: Actor, field: str, found: bytes) -> ListRows | None:
    try:
        return msgspec.json.decode(vault.open(found, _place(actor, field)), type=ListRows)
    except (vault.VaultError, msgspec.DecodeError) as error:
        logger.warning("list_cache.unreadable", extra={"error": type(error).__name__})
        return None


def _away(error: RedisError) -> None:
    metrics.list_counter("away").inc()
    logger.warning("list_cache.unreachable", extra={"error": type(error).__name__})


_lock = threading.Lock()
_connected: redis.Redis | None = None


def _client() -> Any:
    global _connected
    if _connected is None:
        with _lock:
            _connected = _connected or redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                # Once more, in case it was restarted; nobody waits for it to come back.
                retry=Retry(NoBackoff(), 1),
            )
    return _connected
