"""The hub's life in a server: up before the first socket, and a polite end for all of them.

Servers close sockets as soon as they are told to stop, before the application hears of it (uvicorn: 1012).
So the signal is taken first, the sockets are told (4503), and then the server's own handler gets it.
"""

import asyncio
import gc
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

from django.core.signals import request_finished
from django.db import connections

from bloom.realtime import hub
from bloom.realtime.types import Close
from observability import services

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def lifespan(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """The ASGI application for the server's own start and end."""
    while (await receive())["type"] == "lifespan.startup":
        hub.ensure_started()
        # On a thread, and nobody waits for it: it only spares the first send that something follows from.
        asyncio.get_running_loop().run_in_executor(None, services.outbox_nudge)
        _stand_before_signals()
        _memory_settle()
        request_finished.connect(_database_leave)
        await send({"type": "lifespan.startup.complete"})
    request_finished.disconnect(_database_leave)
    await hub.stop()
    await send({"type": "lifespan.shutdown.complete"})


def _database_leave(**_request: Any) -> None:
    """A request has a thread of its own, and so a connection, which nobody uses after it. Left to the
    collector, which comes rarely here, they add up until the database takes no more.
    """
    connections.close_all()


def _memory_settle() -> None:
    """What was loaded stays for good, so the collector need not look through it again and again, nor after
    every 700 new objects: that was a fourth of what a send costs.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _stand_before_signals() -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    leaving: list[asyncio.Task[None]] = []

    def take(number: int, frame: FrameType | None) -> None:
        def begin() -> None:
            if leaving:
                # Told twice: no more politeness.
                _pass_on(before[number], number)
            else:
                leaving.append(loop.create_task(_leave(before[number], number)))

        loop.call_soon_threadsafe(begin)

    before: dict[int, Any] = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        # Only where a server listens: without one, the signal's own meaning stays.
        if callable(before[number]):
            signal.signal(number, take)


async def _leave(before: Any, number: int) -> None:
    try:
        running = hub.running()
        if running is not None:
            await running.close_all(Close.RESTART)
    finally:
        _pass_on(before, number)


def _pass_on(before: Any, number: int) -> None:
    before(number, None)
