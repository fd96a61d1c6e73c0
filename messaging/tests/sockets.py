"""Sockets in this process: real frames through the whole application, without a server."""

import asyncio
import json
from contextlib import asynccontextmanager

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.routing import get_default_application
from django.conf import settings

from accounts.tests import factories as people
from bloom.realtime import hub
from messaging.services import sending


class Socket:
    """Somebody's open socket, by session or by ticket, and what came through it."""

    def __init__(
        self, user=None, *, ticket: str = "", factor: bool | None = None, practice_id=None, key: str = ""
    ) -> None:
        self.user = user
        self.factor = factor
        self.practice_id = practice_id
        self.key = key
        self.ticket = ticket
        self.frames: list[dict] = []
        self._refs = 0

    async def open(self) -> None:
        headers = []
        if self.user is not None:
            key = self.key or await sync_to_async(people.session_key)(
                self.user, factor=self.factor, practice_id=self.practice_id
            )
            cookie = f"{settings.SESSION_COOKIE_NAME}={key}"
            headers = [(b"cookie", cookie.encode()), (b"origin", settings.SITE_ORIGINS[0].encode())]
        scope = {
            "type": "websocket",
            "path": "/ws/v1/",
            "query_string": b"",
            "headers": headers,
            "subprotocols": ["bloom.v1", *([f"ticket.{self.ticket}"] if self.ticket else [])],
            "client": ["127.0.0.1", 50000],
        }
        self.line = ApplicationCommunicator(get_default_application(), scope)
        await self.line.send_input({"type": "websocket.connect"})
        assert (await self.line.receive_output(10))["type"] == "websocket.accept"

    async def close(self) -> None:
        await self.line.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.line.wait(5)

    async def write(self, text: str) -> None:
        await self.line.send_input({"type": "websocket.receive", "text": text})

    async def read(self) -> dict:
        output = await self.line.receive_output(10)
        assert output["type"] == "websocket.send", output
        return json.loads(output["text"])

    async def ask(self, type: str, **data):
        self._refs += 1
        ref = f"r{self._refs}"
        await self.write(json.dumps({"type": type, "ref": ref, **data}, default=str))
        return await self.until(lambda frame: frame.get("ref") == ref)

    async def closed(self) -> int:
        """The code with which the server closes."""
        output = await self.line.receive_output(10)
        assert output["type"] == "websocket.close", output
        return output["code"]

    async def until(self, wanted):
        async with asyncio.timeout(10):
            while True:
                frame = await self.read()
                if wanted(frame):
                    return frame
                self.frames.append(frame)

    async def of_type(self, type: str):
        for frame in self.frames:
            if frame["type"] == type:
                self.frames.remove(frame)
                return frame
        return await self.until(lambda frame: frame["type"] == type)

    async def silence(self) -> list[dict]:
        """What came so far, and what comes in the next moment."""
        while not await self.line.receive_nothing(timeout=0.2):
            self.frames.append(await self.read())
        return self.frames


@asynccontextmanager
async def sockets(*users):
    """Open sockets, of people or made before; afterwards everything that they left running in this process
    is gone.
    """
    opened = [user if isinstance(user, Socket) else Socket(user) for user in users]
    for each in opened:
        await each.open()
    try:
        yield opened
    finally:
        for each in opened:
            await each.close()
        await hub.stop()
        await sending._batcher.close()
