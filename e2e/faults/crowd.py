"""Twenty clients on an event loop of their own: who they are, how much they may send, what they saw."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from e2e.faults.client import Client, Place

T = TypeVar("T")

THERAPISTS = ("therapist", "therapist2", "therapist3", "therapist4")
# Of the demo's patients, as many as are in the care of these.
PATIENTS = ("patient", *(f"patient{number}" for number in range(2, 25)))
CLIENTS = 20
# One in so many is hidden from its reader, so that what such a message brings with it is stored, too.
HIDDEN_EVERY = 25
SETTLED_WITHIN = 300


class Stuck(Exception):
    """The clients did not get on within a time that even the slowest machine keeps."""


class Crowd:
    """The clients. Everything but the constructor and `begin` may be called from any thread."""

    def __init__(self, address: str, tokens: Mapping[str, str]) -> None:
        self._address = address
        self._tokens = tokens
        self._quota = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._lives: list[asyncio.Task[None]] = []
        self.clients: list[Client] = []
        self.conversations: dict[str, int] = {}

    @property
    def acks(self) -> int:
        return sum(client.acks for client in self.clients)

    @property
    def left(self) -> int:
        """How many messages wait in outboxes."""
        return sum(len(place.outbox) for client in self.clients for place in client.places.values())

    @property
    def faults(self) -> list[str]:
        return [fault for client in self.clients for fault in client.faults]

    def begin(self, messages: int) -> None:
        """Find twenty people who may write to each other, fill their outboxes, open their sockets."""
        self._thread.start()
        self._run(self._begin(messages))

    def allow(self, total: int) -> None:
        """Let the clients go on until so many messages have been sent, by all together."""
        self._quota = total

    def close(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def settle(self) -> None:
        """Wait until every outbox is empty and every client has seen all that there is. Raises Stuck."""
        self._run(self._settle())

    def stored(self) -> dict[str, list[dict[str, Any]]]:
        """Each conversation's new messages, as REST tells them."""
        return self._run(self._stored())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _may_send(self, client: Client) -> bool:
        # Each has an equal share, so that all of them are at it whenever something is killed.
        return sum(len(place.acked) for place in client.places.values()) < self._quota / CLIENTS

    async def _begin(self, messages: int) -> None:
        everybody = {
            name: Client(self._address, name, token, self._may_send) for name, token in self._tokens.items()
        }
        open_to: dict[str, list[dict[str, Any]]] = {}
        for name, client in everybody.items():
            listed = (await client.get("/conversations/"))["results"]
            open_to[name] = [each for each in listed if not each["read_only"]]
        heads = {each["id"]: each["last_change"] for name in THERAPISTS for each in open_to[name]}
        patients = [name for name in PATIENTS if any(each["id"] in heads for each in open_to[name])]
        chosen = [*THERAPISTS, *patients[: CLIENTS - len(THERAPISTS)]]
        ours = {each["id"] for name in chosen[len(THERAPISTS) :] for each in open_to[name]}
        self.conversations = {id_: head for id_, head in heads.items() if id_ in ours}
        self.clients = [everybody[name] for name in chosen]
        for client in everybody.values():
            if client not in self.clients:
                await client.close()
        for client in self.clients:
            for each in open_to[client.name]:
                # A therapist hears of others' conversations, too, but writes in these.
                client.places[each["id"]] = Place(each["id"], each["last_change"])
            writable = [place for place in client.places.values() if place.id in self.conversations]
            for number in range(messages // CLIENTS):
                is_hidden = number % HIDDEN_EVERY == HIDDEN_EVERY - 1
                client.write(writable[number % len(writable)], number, is_hidden=is_hidden)
        self._lives = [asyncio.create_task(client.live()) for client in self.clients]

    async def _settle(self) -> None:
        ends = time.monotonic() + SETTLED_WITHIN
        while self.left:
            await self._wait(ends)
        heads = {}
        for client in self.clients:
            for each in (await client.get("/conversations/"))["results"]:
                heads[each["id"]] = each["last_change"]
        while any(place.cursor < heads[place.id] for each in self.clients for place in each.places.values()):
            await self._wait(ends)

    async def _wait(self, ends: float) -> None:
        for life in self._lives:
            if life.done():
                life.result()
        if time.monotonic() > ends:
            raise Stuck(f"{self.left} messages wait, and somebody has not seen everything")
        await asyncio.sleep(0.2)

    async def _stored(self) -> dict[str, list[dict[str, Any]]]:
        found = {}
        for id_ in self.conversations:
            reader = next(client for client in self.clients if id_ in client.places)
            messages: list[dict[str, Any]] = []
            after = reader.places[id_].began_at
            while True:
                path, query = f"/conversations/{id_}/messages/", {"after_seq": str(after), "limit": "200"}
                page = (await reader.get(path, **query))["results"]
                if not page:
                    break
                messages += page
                after = page[-1]["seq"]
            found[id_] = messages
        return found

    async def _close(self) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        for client in self.clients:
            await client.close()
