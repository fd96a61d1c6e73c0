"""What is too large, too slow or too much is refused before the application keeps it."""

import asyncio
from datetime import timedelta

import pytest
from django.core.asgi import get_asgi_application

from bloom.kernel.bodies import BodyBounds

SMALL = 2 * 1024 * 1024
UPLOAD = "/files/upload/"
MOST = {
    UPLOAD: 20 * 1024 * 1024,
    "/settings/profile/": 25 * 1024 * 1024,
    "/practices/0197/logo/": 25 * 1024 * 1024,
    "/api/v1/me/photo/": 15 * 1024 * 1024,
}


async def answered(app, path, chunks, *, length=None, is_chunked=False, headers=(), sent):
    """How many bytes the application got or was offered; what it said comes into `sent`."""
    waiting = list(chunks)
    headers = list(headers)
    headers += [(b"content-length", str(length).encode())] if length is not None else []
    headers += [(b"transfer-encoding", b"chunked")] if is_chunked else []

    async def receive():
        if not waiting:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": path, "query_string": b""}
    await app({**scope, "headers": headers}, receive, send)
    return sum(map(len, chunks)) - sum(map(len, waiting))


async def ask(app, path, chunks, **told):
    """The status, and how many bytes the application got or was offered."""
    sent = []
    read = await answered(app, path, chunks, **told, sent=sent)
    return sent[0]["status"], read


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
        ("/settings/profile/", 16 * 1024 * 1024, 204),
        ("/settings/profile/", 26 * 1024 * 1024, 413),
        ("/settings/profile/photo/", 15 * 1024 * 1024, 204),
        ("/api/v1/me/photo/", 15 * 1024 * 1024, 204),
        ("/api/v1/me/photo/", 16 * 1024 * 1024, 413),
        ("/practices/0197/logo/", 15 * 1024 * 1024, 204),
        ("/practices/0197/logo/", 26 * 1024 * 1024, 413),
        ("/practices/0197/", SMALL + 1, 413),
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
        assert read <= (MOST.get(path, SMALL) + step if is_chunked else 0)


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


PAGE = [(b"accept", b"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), (b"host", b"testserver")]


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "headers", "kind"),
    [
        ("/accounts/login/", PAGE, "text/html"),
        ("/nowhere/", PAGE, "text/html"),
        ("/accounts/login/", [(b"accept", b"*/*")], "application/problem+json"),
        ("/api/v1/me/", PAGE, "application/problem+json"),
    ],
)
def test_a_browser_reads_in_words_what_was_refused_and_a_program_as_json(path, headers, kind, is_chunked):
    chunks, sent = [bytes(SMALL), bytes(SMALL), bytes(9)], []
    told = {"is_chunked": True} if is_chunked else {"length": 2 * SMALL + 9}
    app = BodyBounds(get_asgi_application())
    read = asyncio.run(answered(app, path, chunks, **told, headers=headers, sent=sent))
    started, *parts = sent
    assert started["status"] == 413
    said = {name.lower(): value for name, value in started["headers"]}
    assert said[b"content-type"].decode().startswith(kind)
    assert said[b"connection"] == b"close"
    assert read <= (2 * SMALL if is_chunked else 0)
    text = b"".join(part["body"] for part in parts).decode()
    if kind == "text/html":
        assert "larger than 2 MB" in text
        assert "Nothing of it was saved" in text
        assert "</html>" in text
    else:
        assert '"too_large"' in text


@pytest.mark.parametrize(
    ("status", "words"), [(408, "took too long to arrive"), (503, "Many files are arriving")]
)
def test_what_came_too_slowly_or_among_too_many_is_said_in_words_too(settings, status, words):
    settings.BODY_TAKES_MOST, settings.LARGE_BODIES_AT_ONCE = timedelta(seconds=0.05), status == 408
    settings.LARGE_BODY_WAITS = timedelta(seconds=0.05)
    sent = []
    app = BodyBounds(get_asgi_application())
    asyncio.run(answered(app, UPLOAD, [], length=SMALL + 1, headers=PAGE, sent=sent))
    assert sent[0]["status"] == status
    assert words in b"".join(part["body"] for part in sent[1:]).decode()
