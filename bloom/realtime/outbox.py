"""What waits to be written to one socket: in order, bounded, drained by one task."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from bloom.realtime import metrics

FRAMES_LIMIT = 256
CHARACTERS_LIMIT = 1_000_000

Write = Callable[[dict[str, Any]], Awaitable[None]]


class Outbox:
    """A slow reader fills its own outbox and nobody else's.

    Feeds stop pulling while there is no room, frames that live for the moment are dropped, and answers are
    always taken, since the next frame is not read before there is room again.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: deque[str] = deque()
        self._characters = 0
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._close_code: int | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._drain())

    def stop(self) -> None:
        """Nothing more will be written."""
        self._close_code = self._close_code or 1000
        self._waiting.clear()
        self._room.set()
        if self._task is not None:
            self._task.cancel()

    @property
    def has_room(self) -> bool:
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until there is room."""
        await self._room.wait()

    def put(self, text: str) -> None:
        """Queue a frame; nothing is queued behind a close."""
        if self._close_code is not None:
            return
        self._waiting.append(text)
        self._characters += len(text)
        if len(self._waiting) >= FRAMES_LIMIT or self._characters >= CHARACTERS_LIMIT:
            self._room.clear()
        self._filled.set()

    def put_if_room(self, text: str) -> None:
        """Queue a frame that may as well be lost."""
        if self.has_room:
            self.put(text)
        else:
            metrics.DROPPED.labels("frame").inc()

    def close(self, code: int, *, at_once: bool = False) -> None:
        """Close the socket after what waits, or instead of it."""
        if self._close_code is not None:
            return
        if at_once:
            self._waiting.clear()
        self._close_code = code
        metrics.CLOSES.labels(str(code)).inc()
        self._filled.set()

    @property
    def is_closed(self) -> bool:
        return self._close_code is not None

    async def _drain(self) -> None:
        while True:
            while self._waiting:
                text = self._waiting.popleft()
                self._characters -= len(text)
                await self._write({"type": "websocket.send", "text": text})
                if not self._room.is_set() and len(self._waiting) < FRAMES_LIMIT // 2:
                    self._room.set()
            if self._close_code is not None:
                self._room.set()
                await self._write({"type": "websocket.close", "code": self._close_code})
                return
            self._characters = 0
            self._room.set()
            self._filled.clear()
            await self._filled.wait()
