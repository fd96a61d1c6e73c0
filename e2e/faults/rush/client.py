"""One process of the rush: some patients, and the therapist, who want the same few times.

Reads its orders as JSON from its standard input; writes a line of JSON for each attempt that is over.
"""

import asyncio
import json
import random
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

ANSWER_SECONDS: Final = 60
TRIES_MOST: Final = 60
# What is no answer to the attempt: Redis has forgotten, or is not there. Whoever asks again gets one.
PASSING: Final = frozenset({"hold_gone", "unavailable", "terms_changed"})
# What tells somebody that the time is another's: with the nearest that are free.
LOST: Final = frozenset({"slot_taken", "slot_not_offered"})
# What tells somebody that it is themselves who stands in the way.
OWN: Final = frozenset({"appointment_overlaps", "appointments_full"})
# In the last part nobody gives back what they got.
KEEPS_FROM: Final = 0.8


class Unclear(Exception):
    """An answer that no document names."""


class Rush:
    """The attempts of this process, numbered across its people."""

    def __init__(self, orders: Mapping[str, Any]) -> None:
        self.orders = orders
        self.attempts: int = orders["attempts"]
        self.slots: Sequence[str] = orders["slots"]
        self.chance = random.Random(orders["seed"])
        self.begun = 0

    def next(self) -> tuple[str, bool] | None:
        """The next time to want, and whether it is kept; None when all attempts are made. Neighbours in time
        want the same.
        """
        if self.begun >= self.attempts:
            return None
        number, self.begun = self.begun, self.begun + 1
        keeps = number >= self.attempts * KEEPS_FROM
        each = 1 if keeps else 8
        return self.slots[number // each % len(self.slots)], keeps


class Person:
    """Somebody who holds a time, confirms it, and mostly gives it back so that it is wanted again."""

    def __init__(self, rush: Rush, name: str, token: str) -> None:
        self.rush = rush
        self.name = name
        # How often this attempt was asked anew.
        self.again = 0
        self.http = httpx.AsyncClient(
            base_url=f"http://{rush.orders['address']}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=ANSWER_SECONDS,
        )

    async def live(self) -> None:
        """Make attempts until there are none left."""
        async with self.http:
            while (wanted := self.rush.next()) is not None:
                self.again = 0
                starts_at, keeps = wanted
                try:
                    said, id_ = await self.attempt(starts_at)
                    gone = id_ is not None and not keeps and await self.give_back(id_)
                except Unclear as unclear:
                    said, id_, gone = str(unclear), None, False
                told = {"person": self.name, "said": said, "id": id_, "slot": starts_at, "gone": gone}
                print(json.dumps({**told, "again": self.again}), flush=True)

    async def attempt(self, starts_at: str) -> tuple[str, str | None]:
        """What became of it, and the appointment where it became one. Raises Unclear."""
        for _each in range(TRIES_MOST):
            code, id_ = await self.once(starts_at)
            if code not in PASSING:
                return code, id_
            self.again += 1
            await asyncio.sleep(self.rush.chance.uniform(0.02, 0.3))
        raise Unclear(f"no answer in {TRIES_MOST} tries")

    async def once(self, starts_at: str) -> tuple[str, str | None]:
        held = {"therapist": self.rush.orders["therapist"], "service": self.rush.orders["service"]}
        code, hold = await self.ask("/holds/", {**held, "starts_at": starts_at}, starts_at)
        if code:
            return code, None
        await asyncio.sleep(self.rush.chance.uniform(0, 0.05))
        code, made = await self.ask("/appointments/", {"hold": hold["id"]}, starts_at)
        if code in OWN:
            await self.http.delete(f"/holds/{hold['id']}/")
        return (code, None) if code else ("booked", made["id"])

    async def give_back(self, id_: str) -> bool:
        """Call it off, so that others may have it."""
        for _each in range(TRIES_MOST):
            code, _done = await self.ask(f"/appointments/{id_}/cancel/", {}, "")
            if not code:
                return True
            await asyncio.sleep(0.2)
        raise Unclear("cannot call off")

    async def ask(self, path: str, body: Mapping[str, Any], starts_at: str) -> tuple[str, Any]:
        """The code of a refusal, or an empty one and what was answered. Raises Unclear."""
        answer = await self.http.post(path, json=body)
        if answer.status_code in (200, 201):
            return "", answer.json()
        try:
            problem = answer.json()
            code = problem["code"]
        except (ValueError, KeyError):
            raise Unclear(f"{answer.status_code} without a problem at {path}") from None
        if code in LOST:
            # The same time may be among them: whoever had it has just given it back.
            near = [each["starts_at"] for each in problem["alternatives"]]
            if not near or near != sorted(near):
                raise Unclear(f"{code} with the alternatives {near} to {starts_at}")
        elif code not in PASSING | OWN:
            raise Unclear(f"{answer.status_code} {code} at {path}: {problem.get('detail')}")
        return code, None


class Therapist(Person):
    """The therapist books a patient in their care into the same times, without a hold."""

    async def once(self, starts_at: str) -> tuple[str, str | None]:
        body = {
            "patient": self.rush.chance.choice(self.rush.orders["in_care"]),
            "service": self.rush.orders["service"],
            "starts_at": starts_at,
        }
        code, made = await self.ask("/appointments/", body, starts_at)
        return (code, None) if code else ("booked", made["id"])


async def main() -> None:
    orders = json.load(sys.stdin)
    rush = Rush(orders)
    people: list[Person] = [Person(rush, name, token) for name, token in orders["patients"].items()]
    people.append(Therapist(rush, "therapist", orders["therapist_token"]))
    await asyncio.gather(*(person.live() for person in people))


if __name__ == "__main__":
    asyncio.run(main())
