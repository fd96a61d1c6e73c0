"""Whether open sockets still stand on a living credential: one question for all, every two seconds."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol, cast
from uuid import UUID

from channels.db import database_sync_to_async

from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.types import Authority
from bloom.kernel.actor import Actor
from bloom.realtime.hub import Hub, keeper
from observability import logs

logger = logs.get_logger(__name__)

EVERY_SECONDS: Final = 2.0
# Without an answer for so long, a socket's frames are refused: access fails closed.
STALE_SECONDS: Final = 20.0
_AT_ONCE: Final = 500


class Bearer(Protocol):
    """A socket, as this check sees it."""

    authority: Authority

    def confirm(self, authority: Authority | None, asked_at: float) -> None:
        """The credential as it stood at `asked_at` (time.monotonic), or None when it is over."""


async def authority_confirm(authority: Authority) -> Authority | None:
    """One credential as it stands now."""
    found: Authority | None = await database_sync_to_async(accounts_selectors.authority_current)(authority)
    return found


async def authority_of_cookie(session_key: str) -> Authority | None:
    """What the session in a cookie stands for."""
    found: Authority | None = await database_sync_to_async(accounts_selectors.authority_for_session)(
        session_key
    )
    return found


async def session_seen(actor: Actor, authority: Authority, *, at: datetime) -> None:
    """The person of a session is there. That it can't be noted stops nothing."""
    try:
        await database_sync_to_async(accounts_services.session_seen)(actor, authority, at=at)
    except Exception:
        logger.exception("realtime.session_seen_failed")


class Watch:
    """The check of one hub's sockets."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def look(self) -> None:
        """Ask about every open socket, one question for each 500 credentials."""
        by_credential: dict[str | UUID | None, list[Bearer]] = {}
        for each in self._hub.listeners():
            bearer = cast(Bearer, each)
            credential = bearer.authority.session_id or bearer.authority.token_id
            by_credential.setdefault(credential, []).append(bearer)
        groups = list(by_credential.values())
        for start in range(0, len(groups), _AT_ONCE):
            await self._ask(groups[start : start + _AT_ONCE])

    async def _ask(self, groups: Sequence[list[Bearer]]) -> None:
        asked_at = time.monotonic()
        now = await database_sync_to_async(accounts_selectors.authorities_current)(
            [bearers[0].authority for bearers in groups]
        )
        for bearers, authority in zip(groups, now, strict=True):
            for bearer in bearers:
                bearer.confirm(authority, asked_at)


@keeper
async def watch(hub: Hub) -> None:
    """Look every two seconds, and at once when told that something ended."""
    sight = Watch(hub)
    while True:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(hub.recheck.wait(), EVERY_SECONDS)
        hub.recheck.clear()
        try:
            await sight.look()
        except Exception:
            logger.exception("realtime.authority_failed")
