"""What a server does as it starts, and as it ends."""

import asyncio
import threading
from typing import Any

from celery import Celery
from django.core.signals import request_finished

from bloom.realtime import lifespan
from observability import hints


async def test_a_start_loads_the_way_to_the_worker_on_a_thread_and_needs_no_broker(monkeypatch):
    asked: list[str] = []
    may_fail = threading.Event()

    def send(name: str, **options: Any) -> None:
        asked.append(threading.current_thread().name)
        may_fail.wait(10)
        raise ConnectionError("no broker")

    app = Celery("lamps", broker="memory://", set_as_current=False)
    monkeypatch.setattr(app, "send_task", send)
    monkeypatch.setattr(hints, "current_app", app)
    monkeypatch.setattr(hints, "_quiet_until", 0.0)
    monkeypatch.setattr(lifespan, "_memory_settle", lambda: None)
    monkeypatch.setattr(lifespan, "_stand_before_signals", lambda: None)
    heard = iter(["lifespan.startup", "lifespan.shutdown"])
    said: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": next(heard)}

    async def say(message: dict[str, Any]) -> None:
        said.append(message["type"])

    await asyncio.wait_for(lifespan.lifespan({"type": "lifespan"}, receive, say), 10)
    # The server is up, and even down again, while the nudge still waits for a broker.
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    may_fail.set()
    await asyncio.get_running_loop().shutdown_default_executor()
    assert len(asked) == 1
    assert asked[0] != threading.current_thread().name


async def test_while_the_server_is_up_each_request_lets_its_connection_go(monkeypatch) -> None:
    left: list[str] = []

    def leave(**_request: Any) -> None:
        left.append("left")

    monkeypatch.setattr(lifespan, "_memory_settle", lambda: None)
    monkeypatch.setattr(lifespan, "_stand_before_signals", lambda: None)
    monkeypatch.setattr(lifespan, "_database_leave", leave)
    heard = iter(["lifespan.startup", "lifespan.shutdown"])
    said: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": next(heard)}

    async def say(message: dict[str, Any]) -> None:
        request_finished.send(sender=None)
        said.append(len(left))

    await asyncio.wait_for(lifespan.lifespan({"type": "lifespan"}, receive, say), 10)
    assert said == [1, 1]
