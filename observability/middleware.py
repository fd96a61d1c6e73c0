"""The first of Bloom's middleware: names the request, and writes its one log line."""

import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from observability import logs

log = logs.get_logger(__name__)

HEADER = "X-Request-Id"
# Asked every few seconds by machines; they would drown the rest.
_QUIET_ROUTES = frozenset({"healthz", "readyz", "metrics"})


@sync_and_async_middleware
def RequestIdMiddleware(get_response: Callable[[HttpRequest], Any]) -> Any:  # noqa: N802 - named in settings like a class
    """Give each request an id (`request.request_id`, a UUID) and a trace; say both in every log line of the
    request, and the id in the answer's X-Request-Id.

    An incoming X-Request-Id is kept when it is a UUID, an incoming W3C `traceparent` when it is well formed.
    """
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponse:
            started = time.perf_counter()
            with logs.bound(**_named(request)):
                response: HttpResponse = await _awaitable(get_response(request))
                return _finished(request, response, started)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        with logs.bound(**_named(request)):
            return _finished(request, get_response(request), started)

    return answer


def _awaitable(value: Any) -> Awaitable[HttpResponse]:
    awaited: Awaitable[HttpResponse] = value
    return awaited


def _named(request: HttpRequest) -> dict[str, Any]:
    request_id = request_id_from(request.headers.get(HEADER))
    request.request_id = request_id  # type: ignore[attr-defined] # ours, read by accounts and kernel.problems
    return {
        "request_id": request_id,
        "trace_id": logs.trace_id_from(request.headers.get("traceparent")),
    }


def request_id_from(given: str | None) -> UUID:
    """The caller's request id when it is a UUID in its usual spelling, else a new one."""
    if given is not None and len(given) == 36:
        try:
            return UUID(given)
        except ValueError:
            pass
    return uuid4()


def _finished(request: HttpRequest, response: HttpResponse, started: float) -> HttpResponse:
    response.headers[HEADER] = str(request.request_id)  # type: ignore[attr-defined] # see _named
    match = request.resolver_match
    route = match.route if match else "unmatched"
    if route not in _QUIET_ROUTES or response.status_code >= 500:
        actor = getattr(request, "actor", None)
        log.info(
            "request.finished",
            method=request.method,
            route=route,
            status=response.status_code,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
            user_id=actor.user_id if actor is not None else None,
        )
    return response
