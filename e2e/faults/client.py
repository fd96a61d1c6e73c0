"""One client, as docs/socket.md asks: a ticket for each socket, an outbox, and where it stood."""

import asyncio
import json
import random
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

ANSWER_SECONDS = 20
PING_SECONDS = 2
GAP_SECONDS = 2
PASSING = frozenset({"unavailable", "rate_limited"})
BROKEN = (OSError, TimeoutError, InvalidHandshake, WebSocketException, httpx.HTTPError)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a client means to say, with the id that makes a repeat harmless."""

    client_id: str
    body: str
    is_hidden: bool


@dataclass(slots=True)
class Place:
    """What a client knows of one conversation. `seen` holds messages by their change, each once."""

    id: str
    began_at: int
    cursor: int = 0
    seen: dict[int, dict[str, Any]] = field(default_factory=dict)
    outbox: deque[Draft] = field(default_factory=deque)
    meant: list[Draft] = field(default_factory=list)
    acked: dict[str, int] = field(default_factory=dict)
    # What the socket has delivered since it opened or resumed: its last change, and what acks carried.
    delivered: int = 0
    carried: set[int] = field(default_factory=set)
    gap_since: float | None = None

    def __post_init__(self) -> None:
        self.cursor = self.began_at

    def take(self, message: dict[str, Any]) -> str | None:
        """Add a message; what is wrong with it, if anything."""
        change = message["change"]
        known = self.seen.setdefault(change, message)
        while self.cursor + 1 in self.seen:
            self.cursor += 1
        if known["id"] != message["id"]:
            return f"change {change} is two messages"
        return None

    @property
    def has_gap(self) -> bool:
        return any(change > self.cursor for change in self.seen)


class Client:
    """Somebody with a token, who writes and reads in their conversations until told to stop."""

    def __init__(self, address: str, name: str, token: str, may_send: Callable[["Client"], bool]) -> None:
        self.address = address
        self.name = name
        self.places: dict[str, Place] = {}
        self.faults: list[str] = []
        self.acks = self.openings = self.resumes = self.repeats = 0
        self._may_send = may_send
        self._http = httpx.AsyncClient(
            base_url=f"http://{address}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=ANSWER_SECONDS,
        )
        self._socket: ClientConnection | None = None
        self._waiting: dict[str, tuple[asyncio.Future[dict[str, Any]], Callable[[dict[str, Any]], None]]] = {}
        self._refs = 0

    def write(self, place: Place, number: int, *, is_hidden: bool) -> None:
        """Put the next message into the outbox."""
        words = HIDDEN if is_hidden else "Thank you, that helps."
        draft = Draft(str(uuid.uuid4()), f"{self.name} {number}: {words}", is_hidden)
        place.meant.append(draft)
        place.outbox.append(draft)

    async def get(self, path: str, **query: str) -> Any:
        """What the REST API answers; asked again for as long as it is down."""
        while True:
            with suppress(*BROKEN):
                answer = await self._http.get(path, params=query)
                if answer.status_code < 500:
                    return answer.raise_for_status().json()
            await asyncio.sleep(0.5)

    async def live(self) -> None:
        """Keep a socket open. Ends by being cancelled."""
        while True:
            with suppress(*BROKEN):
                await self._connected()
            await asyncio.sleep(random.uniform(0.1, 0.5))

    async def _connected(self) -> None:
        bought = await self._http.post("/realtime/tickets/")
        ticket = bought.raise_for_status().json()["ticket"]
        offered = [Subprotocol("bloom.v1"), Subprotocol(f"ticket.{ticket}")]
        async with connect(f"ws://{self.address}/ws/v1/", subprotocols=offered, max_size=2**22) as socket:
            self.openings += 1
            self._socket = socket
            work = [asyncio.create_task(each) for each in (self._read(socket), self._tend())]
            work += [asyncio.create_task(self._send_all(place)) for place in self.places.values()]
            try:
                done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
            finally:
                self._socket = None
                for each in work:
                    each.cancel()
                await asyncio.gather(*work, return_exceptions=True)
                self._waiting.clear()

    # Reading -------------------------------------------------------------------------------------------

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "ack":
                waiting = self._waiting.pop(frame["ref"], None)
                if waiting is not None and not waiting[0].done():
                    # At once, before the next frame is looked at.
                    waiting[1](frame)
                    waiting[0].set_result(frame)
            elif frame["type"] == "message:receive":
                self._received(self.places[frame["conversation"]], frame["message"])

    def _received(self, place: Place, message: dict[str, Any]) -> None:
        change = message["change"]
        if change <= place.delivered:
            self._fault(f"{change} came after {place.delivered} on one socket")
        if change in place.carried:
            self._fault(f"{change} came although its ack had carried it")
        place.delivered = change
        self._take(place, message)

    def _take(self, place: Place, message: dict[str, Any]) -> None:
        wrong = place.take(message)
        if wrong:
            self._fault(wrong)
        # It has arrived, whoever says so.
        if place.outbox and place.outbox[0].client_id == message["client_id"]:
            place.outbox.popleft()

    async def _tend(self) -> None:
        """Resume where this client stood, then ping, and resume again when something stays missing."""
        await self._resume()
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PING_SECONDS / 2)
            now = loop.time()
            for place in self.places.values():
                place.gap_since = (place.gap_since or now) if place.has_gap else None
            if any(place.gap_since and now - place.gap_since > GAP_SECONDS for place in self.places.values()):
                await self._resume()
            else:
                await self._ask("ping")

    async def _resume(self) -> None:
        self.resumes += 1

        def begin_anew(frame: dict[str, Any]) -> None:
            if frame["ok"]:
                for place in self.places.values():
                    place.delivered, place.carried = cursors[place.id], set()

        cursors = {place.id: place.cursor for place in self.places.values()}
        answer = await self._ask("session:resume", begin_anew, cursors=cursors)
        if not answer["ok"]:
            # Sockets say so while the database is away; the way is to come back.
            await self._hang_up()

    # Writing -------------------------------------------------------------------------------------------

    async def _send_all(self, place: Place) -> None:
        """One after the other: their order is the order in which they were written."""
        while True:
            if not place.outbox or not self._may_send(self):
                await asyncio.sleep(0.02)
                continue
            draft = place.outbox[0]
            answer = await self._ask(
                "message:send",
                lambda frame, draft=draft: self._acked(place, draft, frame),  # type: ignore[misc]
                conversation=place.id,
                client_id=draft.client_id,
                body=draft.body,
            )
            if answer["ok"]:
                continue
            if answer["error"]["code"] not in PASSING:
                self._fault(f"a message was refused: {answer['error']}")
                place.outbox.popleft()
            await asyncio.sleep(answer["error"].get("retry_after", 0) + random.uniform(0.1, 0.4))

    def _acked(self, place: Place, draft: Draft, frame: dict[str, Any]) -> None:
        if not frame["ok"]:
            return
        message = frame["data"]
        if message["client_id"] != draft.client_id:
            self._fault("an ack carries another message")
        if message["change"] in place.seen:
            self.repeats += 1
        elif message["change"] > place.delivered:
            place.carried.add(message["change"])
        place.acked[draft.client_id] = message["seq"]
        self.acks += 1
        self._take(place, message)

    async def _ask(
        self, type_: str, on_answer: Callable[[dict[str, Any]], None] = lambda frame: None, **data: Any
    ) -> dict[str, Any]:
        if self._socket is None:
            raise ConnectionError
        self._refs += 1
        ref = str(self._refs)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[ref] = future, on_answer
        await self._socket.send(json.dumps({"type": type_, "ref": ref, **data}))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await future
        except TimeoutError:
            await self._hang_up()
            raise

    async def _hang_up(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    def _fault(self, what: str) -> None:
        self.faults.append(f"{self.name}: {what}")

    async def close(self) -> None:
        await self._http.aclose()


HIDDEN = "He wanted me to suck his dick in the car, and I cannot get it out of my head."
