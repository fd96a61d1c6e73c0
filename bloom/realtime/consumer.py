"""The socket's door, `/ws/v1/`: who may open one, and one frame after the other until it closes.

Frames of a socket are handled in their order, so that what a person sends first gets the first number.
Everything that is written passes the outbox; everything that is delivered, the deliveries.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from django.conf import settings

from accounts.types import Authority
from bloom.kernel import clock, errors, limits, problems
from bloom.kernel.actor import Actor, Via
from bloom.realtime import authority as authorities
from bloom.realtime import census, hub, metrics, parsing, tickets
from bloom.realtime.delivery import Deliveries
from bloom.realtime.handshake import Handshake, handshake_read
from bloom.realtime.outbox import Outbox
from bloom.realtime.pace import Pace
from bloom.realtime.presence import Status
from bloom.realtime.types import Close, Delivery, Direct, Hint, Item, Push, Resumed, frame_text
from observability import logs

logger = logs.get_logger(__name__)

# A frame that takes longer is answered "unavailable"; what it began may still be done, and its key finds it.
FRAME_SECONDS: Final = 15.0
# So many refused frames in a minute are not a hurry but a fault.
_REFUSED_LIMIT: Final = 60
_OPENS_PER_MINUTE: Final = 60
_SEEN_SECONDS: Final = 60.0
_UNSEEN_ROLES: Final = frozenset({"support", "admin"})
# Closings before which nothing more may be told.
_AT_ONCE: Final = frozenset({Close.UNAUTHENTICATED, Close.SCOPE, Close.PRACTICE})


class Refused(Exception):
    """The socket is accepted only to be told why it is closed."""

    def __init__(self, code: Close) -> None:
        self.code = code
        super().__init__(code.name)


class SocketConsumer(AsyncConsumer):
    """One person's connection. It is a `registry.Socket` to handlers and a `hub.Listener` to the hub."""

    authority: Authority

    async def __call__(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        send: Callable[[Mapping[str, Any]], Awaitable[None]],
    ) -> None:
        """What the server says, one after the other. Channels' own makes a task of each, to hear a layer
        besides, and closes old database connections on the shared thread for every frame.
        """
        self.scope, self.base_send = scope, send
        while True:
            message = await receive()
            match message["type"]:
                case "websocket.receive":
                    await self._received(message)
                case "websocket.connect":
                    await self._connected()
                case "websocket.disconnect":
                    await self._disconnected()
                    return

    # Opening -------------------------------------------------------------------------------------------

    async def _connected(self) -> None:
        self._uuid = uuid4()
        self.id = str(self._uuid)
        self._hub = hub.ensure_started()
        self._outbox = Outbox(self.base_send)
        self._deliveries: Deliveries | None = None
        self._counted = False
        # What the client last said of presence, if anything.
        self._wish: Status | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._request_id: UUID | None = None
        self._handshake = handshake = handshake_read(self.scope)
        if handshake.origin_is_ours is False:
            await self.base_send({"type": "websocket.close"})
            return
        try:
            await self._admit(handshake)
        except Refused as refused:
            await self._accept()
            self.close(refused.code)
        else:
            await self._accept()

    async def _accept(self) -> None:
        await self.base_send({"type": "websocket.accept", "subprotocol": self._handshake.subprotocol})
        self._outbox.start()

    async def _admit(self, handshake: Handshake) -> None:
        """Everything that has to be true before the socket opens. Raises Refused."""
        if self._hub.closing:
            raise Refused(Close.RESTART)
        if not handshake.subprotocol_is_known:
            raise Refused(Close.BAD_FRAMES)
        try:
            found = await self._authority(handshake)
            if found is None:
                raise Refused(Close.UNAUTHENTICATED)
            self._stand_on(found)
            if not self.actor(clock.now()).may(tickets.SCOPE):
                raise Refused(Close.SCOPE)
            await limits.alimit_check(f"socket:{found.user_id}", _OPENS_PER_MINUTE, 60)
            if not await census.enter(self._hub, found.user_id, self.id, is_page=self.is_page):
                raise Refused(Close.TOO_MANY)
            self._counted = True
            await self._listen()
        except Refused:
            raise
        except errors.RateLimited as error:
            raise Refused(Close.TOO_MANY) from error
        except Exception as error:
            if not isinstance(error, errors.Unavailable):
                logger.exception("realtime.connect_failed")
            raise Refused(Close.RESTART) from error

    async def _authority(self, handshake: Handshake) -> Authority | None:
        """What the ticket stands for, or else the session of a browser whose page is ours."""
        if handshake.ticket is not None:
            bought = await tickets.ticket_redeem(handshake.ticket, at=clock.now())
            return await authorities.authority_confirm(bought) if bought else None
        if handshake.session_key and handshake.origin_is_ours:
            return await authorities.authority_of_cookie(handshake.session_key)
        return None

    def _stand_on(self, authority: Authority) -> None:
        self.authority = authority
        self._confirmed_at = time.monotonic()
        self._seen_at = -_SEEN_SECONDS
        self.user_id = authority.user_id
        self._pace = self._hub.pace(self.user_id)
        self._refused = Pace(_REFUSED_LIMIT * settings.RATE_FACTOR)
        self._bad = Pace(settings.BAD_FRAMES_LIMIT)
        self._actor = authority.actor(
            via=Via.SOCKET,
            request_id=self._handshake.request_id,
            ip=self._handshake.ip,
            device=self._handshake.device,
        )
        logs.bind_socket(
            socket_id=self._uuid,
            user_id=self.user_id,
            request_id=self._handshake.request_id,
            traceparent=self._handshake.traceparent,
        )

    @property
    def is_page(self) -> bool:
        """A person's browser, and no program with a token."""
        return self.authority.session_id is not None

    async def _listen(self) -> None:
        """From here on nothing is missed: first hear the hub, then ask the feeds where they stand."""
        self._deliveries = Deliveries(
            socket_id=self.id,
            user_id=self.user_id,
            actor=lambda: self.actor(clock.now()),
            outbox=self._outbox,
            answered=self._idle.wait,
            shared=self._hub.shared,
        )
        self._hub.add(self)
        await self._deliveries.start()

    async def _disconnected(self) -> None:
        self._outbox.stop()
        if self._deliveries is not None:
            self._deliveries.stop()
            self._hub.discard(self)
        if self._counted:
            await census.leave(self._hub, self.user_id, self.id, is_page=self.is_page)

    # Frames --------------------------------------------------------------------------------------------

    async def _received(self, message: Mapping[str, Any]) -> None:
        if self._outbox.is_closed or self._deliveries is None:
            return
        text = message.get("text")
        size = len(message.get("bytes") or b"") if text is None else len(text.encode())
        if size > settings.FRAME_BYTES_LIMIT:
            self.close(Close.TOO_LARGE)
            return
        started = time.monotonic()
        self._hub.presence.beat(self.id)
        frame = parsing.frame_parse(text) if text is not None else parsing.BINARY
        if not self._pace.take(started):
            self._answer_error(frame, errors.RateLimited(retry_after=int(self._pace.wait()) + 1))
            if not self._refused.take(started):
                self.close(Close.TOO_MANY)
        elif isinstance(frame, parsing.BadFrame):
            self._answer_error(frame, frame.error)
            if not self._bad.take(started):
                self.close(Close.BAD_FRAMES)
        else:
            await self._handle(frame, started)
        # Who reads too slowly is not read either.
        await self._outbox.room()

    async def _handle(self, frame: parsing.Frame, started: float) -> None:
        """Run the handler and queue its answer, before anything that the handler made due."""
        self._request_id = uuid4()
        self._idle.clear()
        try:
            with logs.bound(request_id=self._request_id):
                await self._answer(frame)
        finally:
            self._request_id = None
            self._idle.set()
        metrics.frame_timer(frame.type.name).observe(time.monotonic() - started)

    async def _answer(self, frame: parsing.Frame) -> None:
        try:
            async with asyncio.timeout(FRAME_SECONDS):
                if frame.type.scope is not None:
                    self._confirmed().require_scope(frame.type.scope)
                data = await frame.type.handler(self, frame.data)
        except errors.DomainError as error:
            self._answer_error(frame, error)
            if isinstance(error, errors.NotAllowed | errors.NotFound):
                record = database_sync_to_async(problems.refusal_record)
                actor = replace(self._actor, request_id=self._request_id)
                await record(actor, error, f"ws:{frame.type.name}")
        except Exception as error:
            logger.exception("realtime.frame_failed", frame=frame.type.name)
            self._answer_error(frame, error)
        else:
            if frame.type.scope is not None and frame.type.scope.endswith(":write"):
                await self._seen()
            if data is not None:
                self._outbox.put(frame_text({"type": "ack", "ref": frame.ref, "ok": True, "data": data}))
            metrics.frames_counter(frame.type.name, "ok").inc()

    async def _seen(self) -> None:
        """Who writes is there, though their browser asks for no page: once a minute it is noted."""
        now = time.monotonic()
        if self.authority.session_id is not None and now - self._seen_at >= _SEEN_SECONDS:
            self._seen_at = now
            await authorities.session_seen(self._actor, self.authority, at=clock.now())

    def _answer_error(self, frame: parsing.Frame | parsing.BadFrame, error: Exception) -> None:
        shown = problems.socket_error(error)
        self._outbox.put(frame_text({"type": "ack", "ref": frame.ref, "ok": False, "error": shown}))
        name = frame.type.name if isinstance(frame, parsing.Frame) else "unreadable"
        metrics.frames_counter(name, shown["code"]).inc()

    # registry.Socket: what handlers see ----------------------------------------------------------------

    def actor(self, at: datetime) -> Actor:
        """See registry.Socket."""
        actor = self._confirmed()
        return actor if self._request_id is None else replace(actor, request_id=self._request_id)

    def _confirmed(self) -> Actor:
        """Who is here, where that was confirmed lately. Raises Unavailable."""
        if time.monotonic() - self._confirmed_at > authorities.STALE_SECONDS:
            raise errors.Unavailable
        return self._actor

    def send(self, frame: Mapping[str, Any]) -> None:
        """See registry.Socket."""
        self._outbox.put_if_room(frame_text(frame))

    def delivered(self, feed: str, channel_id: UUID, change: int) -> None:
        """See registry.Socket."""
        assert self._deliveries is not None
        self._deliveries.delivered(feed, channel_id, change)

    async def resume(self, cursors: Mapping[UUID, int]) -> Resumed:
        """See registry.Socket."""
        assert self._deliveries is not None
        return await self._deliveries.resume(cursors)

    def presence(self, status: Status) -> None:
        """See registry.Socket. Staff, and whoever wants to stay unseen, see and are not seen."""
        if self._wish is None:
            self._hub.presence.watch(self)
        self._wish = status
        if self._is_shown:
            self._hub.presence.say(self, status)

    @property
    def _is_shown(self) -> bool:
        return self.authority.shows_presence and self.authority.roles.isdisjoint(_UNSEEN_ROLES)

    def heal(self) -> None:
        """See registry.Socket."""
        assert self._deliveries is not None
        self._deliveries.heal()

    # hub.Listener and authority.Bearer: what happens elsewhere -----------------------------------------

    def hint(self, message: Hint, ready: Delivery | None) -> None:
        assert self._deliveries is not None
        self._deliveries.hint(message, ready)

    def item(self, message: Item) -> None:
        assert self._deliveries is not None
        self._deliveries.item(message)

    def push(self, message: Push) -> None:
        if message.scope is not None and not self._actor.may(message.scope):
            return
        practice_id, is_token = self.authority.practice_id, self.authority.token_id is not None
        is_theirs = not is_token and (message.practice_id is None or self.user_id in message.in_any)
        if practice_id is None or practice_id == message.practice_id or is_theirs:
            self._outbox.put_if_room(message.text)

    def direct(self, message: Direct) -> None:
        self._outbox.put_if_room(message.text)

    def confirm(self, authority: Authority | None, asked_at: float) -> None:
        """The credential as it stood at `asked_at`. Another practice means another socket."""
        if authority is None:
            self.close(Close.UNAUTHENTICATED)
        elif authority.practice_id != self.authority.practice_id:
            self.close(Close.PRACTICE)
        else:
            self._confirmed_at = asked_at
            if authority != self.authority:
                was_shown, self.authority = self._is_shown, authority
                if was_shown and not self._is_shown:
                    self._hub.presence.leave(self.id, at_once=True)
                elif self._is_shown and not was_shown and self._wish is not None:
                    self._hub.presence.say(self, self._wish)
                self._actor = replace(
                    self._actor,
                    roles=authority.roles,
                    factor_at=authority.factor_at,
                    shown_at=authority.shown_at,
                )

    def close(self, code: Close) -> None:
        """Close after what waits; at once when nothing more may be told."""
        if self._outbox.is_closed:
            return
        logger.info("realtime.closed", status=int(code))
        self._outbox.close(code, at_once=code in _AT_ONCE)
        if self._deliveries is not None:
            self._deliveries.stop()
