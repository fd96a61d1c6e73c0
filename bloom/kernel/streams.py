"""Answering with a file, a piece at a time."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse


def stream_answer(
    request: Any, pieces: Iterator[bytes], *, name: str, content_type: str
) -> StreamingHttpResponse:
    """The file as an attachment called `name`, which no cache keeps; at no time all of it in memory."""
    # In each world the way that keeps no more than a piece in memory.
    body = _asked(pieces) if isinstance(request, ASGIRequest) else pieces
    response = StreamingHttpResponse(body, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


async def _asked(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = database_sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
