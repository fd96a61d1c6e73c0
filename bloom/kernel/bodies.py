"""How much of a request's body is read at all, before anybody looks at the request.

Django keeps what comes in memory (FILE_UPLOAD_MAX_MEMORY_SIZE) and only then asks whose it is. So the bounds
stand before Django: a small one for all addresses, larger ones for the few that take files, and of those
large bodies a few at a time.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[..., Awaitable[None]]

# Where a request says that its body was refused, for the page that tells so.
_REFUSED = "bloom.refused"
_CODES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.REQUEST_TIMEOUT: "unavailable",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
_OF_THE_BODY = {b"content-length", b"content-type", b"transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Refused:
    """A body that nobody reads, and the most bytes that one may have where it was sent."""

    status: HTTPStatus
    most: int


def refused(request: Any) -> Refused | None:
    """Why the body of this request is not there, if it was refused."""
    found: Refused | None = getattr(request, "scope", {}).get(_REFUSED)
    return found


class BodyBounds:
    """Stands before an ASGI application and refuses bodies that are too large (413), too slow (408) or too
    many (503). What is refused for its declared length is not read, and of other bodies no more than the
    bound. Programs get JSON; to a browser that waits for a page the application itself says it, without the
    body.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._slots = asyncio.Semaphore(settings.LARGE_BODIES_AT_ONCE)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        declared = _length(headers.get(b"content-length", b""))
        small, most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, _most(scope["path"])
        if declared is not None and declared > most:
            await self._refuse(scope, send, Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, most))
            return
        is_large = declared > small if declared is not None else b"transfer-encoding" in headers
        if most <= small or not is_large:
            await self._pass(scope, receive, send, small)
            return
        try:
            async with asyncio.timeout(settings.LARGE_BODY_WAITS.total_seconds()):
                await self._slots.acquire()
        except TimeoutError:
            await self._refuse(scope, send, Refused(HTTPStatus.SERVICE_UNAVAILABLE, most))
            return
        try:
            await self._pass(scope, receive, send, most)
        finally:
            self._slots.release()

    async def _pass(self, scope: dict[str, Any], receive: Receive, send: Send, most: int) -> None:
        ends = asyncio.get_running_loop().time() + settings.BODY_TAKES_MOST.total_seconds()
        seen, is_whole = 0, False
        why: Refused | None = None

        def gone(status: HTTPStatus) -> Message:
            nonlocal why
            why = Refused(status, most)
            # For the application nobody is there any more.
            return {"type": "http.disconnect"}

        async def bounded() -> Message:
            nonlocal seen, is_whole
            if is_whole:
                return await receive()
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError:
                return gone(HTTPStatus.REQUEST_TIMEOUT)
            seen += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            return gone(HTTPStatus.REQUEST_ENTITY_TOO_LARGE) if seen > most else message

        async def answer(message: Message) -> None:
            if why is None:
                await send(message)

        await self._app(scope, bounded, answer)
        if why is not None:
            await self._refuse(scope, send, why)

    async def _refuse(self, scope: dict[str, Any], send: Send, why: Refused) -> None:
        if not _waits_for_page(scope):
            await _refuse(send, why.status)
            return
        # The application sees a request without a body, and its answer ends the connection: what is still on
        # its way belongs to nobody.
        kept = [each for each in scope["headers"] if each[0] not in _OF_THE_BODY]
        is_asked = False

        async def nothing() -> Message:
            nonlocal is_asked
            if is_asked:
                await asyncio.Future()
            is_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def last(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
            await send(message)

        await self._app({**scope, "headers": kept, _REFUSED: why}, nothing, last)


def _waits_for_page(scope: dict[str, Any]) -> bool:
    """Did a browser ask for this in its window?"""
    accept = dict(scope["headers"]).get(b"accept", b"")
    return b"text/html" in accept and not scope["path"].startswith("/api/")


def _most(path: str) -> int:
    for pattern, most in settings.LARGE_BODIES.items():
        if re.fullmatch(pattern, path):
            return int(most)
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _length(value: bytes) -> int | None:
    return int(value) if value.isdigit() else None


async def _refuse(send: Send, status: HTTPStatus) -> None:
    body = json.dumps({"status": status.value, "title": status.phrase, "code": _CODES[status]}).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", b"10"))
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
