"""Tickets: how a client that has no cookie opens a socket. Used once, good for thirty seconds."""

import functools
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import redis
from django.conf import settings
from redis.exceptions import RedisError

from accounts.types import Authority
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.errors import Unavailable
from bloom.realtime import hub

SECONDS: Final = 30
# A socket carries a person's conversations; a token that may not read them has no use for one.
SCOPE: Final = "conversations:read"
_LENGTH_LIMIT = 100


class _Stub(msgspec.Struct, frozen=True):
    """What a ticket stands for: the credential that it was bought with, to be confirmed at the door."""

    user_id: UUID
    practice_id: UUID | None
    scopes: tuple[str, ...] | None
    session_id: str | None
    token_id: UUID | None
    expires_at: datetime


class Ticket(msgspec.Struct, frozen=True):
    value: str
    expires_at: datetime


def ticket_issue(actor: Actor, *, at: datetime) -> Ticket:
    """A new ticket for the actor's person and credential. Raises Unavailable when Redis is down."""
    expires_at = at + timedelta(seconds=SECONDS)
    stub = _Stub(
        user_id=actor.require_user(),
        practice_id=actor.practice_id,
        scopes=None if actor.scopes is None else tuple(sorted(actor.scopes)),
        session_id=actor.session_id,
        token_id=actor.token_id,
        expires_at=expires_at,
    )
    value = secrets.token_urlsafe(32)
    try:
        _client().set(_key(value), msgspec.json.encode(stub), ex=SECONDS)
    except (RedisError, OSError) as error:
        raise Unavailable from error
    return Ticket(value, expires_at)


async def ticket_redeem(value: str, *, at: datetime) -> Authority | None:
    """What the ticket was bought with, once; None when there is no such ticket (any more).

    The credential has to be confirmed by accounts: it may have ended since. Raises Unavailable when Redis is
    down.
    """
    if len(value) > _LENGTH_LIMIT:
        return None
    try:
        raw = await hub.ensure_started().redis.getdel(_key(value))
    except (RedisError, OSError) as error:
        raise Unavailable from error
    if raw is None:
        return None
    stub = msgspec.json.decode(raw, type=_Stub)
    if stub.expires_at <= at:
        return None
    return Authority(
        user_id=stub.user_id,
        roles=frozenset(),
        practice_id=stub.practice_id,
        scopes=None if stub.scopes is None else frozenset(stub.scopes),
        session_id=stub.session_id,
        token_id=stub.token_id,
    )


@functools.cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def _key(value: str) -> str:
    return "bloom:ticket:" + vault.keyed_hash("realtime.ticket", value).hex()
