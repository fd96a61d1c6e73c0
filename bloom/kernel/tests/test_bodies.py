"""What is too large, too slow or too much is refused before the application keeps it."""

import asyncio
from datetime import timedelta

import pytest

from bloom.kernel.bodies import BodyBounds

SMALL = 2 * 1024 * 1024
UPLOAD = "/files/upload/"


async def ask(app, path, chunks, *, length=None, is_chunked=False):
    """The status, and how many bytes the application got or was offered."""
    waiting, sent = list(chunks), []
    headers = [(b"content-length", str(length).encode())] if length is not None else []
    headers += [(b"transfer-encoding", b"chunked")] if is_chunked else []

    async def receive():
        if not waiting:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    await app({"type": "http", "path": path, "headers": headers}, receive, send)
    return sent[0]["status"], sum(map(len, chunks)) - sum(map(len, waiting))


async def reads(scope, receive, send):
    """As Django does: all of it, unless nobody is there any more."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 204, "headers": []})


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/", SMALL, 204),
        ("/", SMALL + 1, 413),
        ("/api/v1/conversations/", 21 * 1024 * 1024, 413),
        ("/files/upload/more/", SMALL + 1, 413),
        (UPLOAD, 20 * 1024 * 1024, 204),
        (UPLOAD, 22 * 1024 * 1024, 413),
        ("/settings/profile/photo/", 8 * 1024 * 1024, 204),
        ("/api/v1/me/photo/", 8 * 1024 * 1024, 204),
        ("/practices/0197/logo/", 8 * 1024 * 1024, 204),
        ("/practices/0197/logo/", 10 * 1024 * 1024, 413),
    ],
)
@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_has_the_bound_of_its_address(path, size, status, is_chunked):
    step = 1024 * 1024
    chunks = [bytes(min(step, size - at)) for at in range(0, size, step)]
    told = {"is_chunked": True} if is_chunked else {"length": size}
    got, read = asyncio.run(ask(BodyBounds(reads), path, chunks, **told))
    assert got == status
    if status == 413:
        # Not read at all where its length was told, and else no further than the bound.
        assert (
            read <= (21 if path == UPLOAD else 9 if "logo" in path else 3) * step if is_chunked else read == 0
        )


def test_large_bodies_come_a_few_at_a_time(settings):
    settings.LARGE_BODIES_AT_ONCE, settings.LARGE_BODY_WAITS = 2, timedelta(seconds=0.05)
    at_once = 0

    async def slow(scope, receive, send):
        nonlocal at_once
        at_once += 1
        await asyncio.sleep(0.2)
        at_once -= 1
        await reads(scope, receive, send)

    async def five():
        app = BodyBounds(slow)
        large = [ask(app, UPLOAD, [b"x" * 9], length=SMALL + 9) for _ in range(5)]
        small = [ask(app, UPLOAD, [b"x" * 9], length=9)]
        results = asyncio.gather(*large, *small)
        await asyncio.sleep(0.1)
        # The small one needs no place.
        assert at_once == 3
        return [status for status, _ in await results]

    assert sorted(asyncio.run(five())) == [204, 204, 204, 503, 503, 503]


def test_a_body_that_does_not_come_gives_its_place_back(settings):
    settings.BODY_TAKES_MOST, settings.LARGE_BODIES_AT_ONCE = timedelta(seconds=0.05), 1

    async def twice():
        app = BodyBounds(reads)
        return [(await ask(app, UPLOAD, [], length=SMALL + 1))[0] for _ in range(2)]

    assert asyncio.run(twice()) == [408, 408]
