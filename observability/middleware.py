"""The first of Bloom's middleware: name the request, write its one log line, let machines ask by address."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from observability import logs

log = logs.get_logger(__name__)

HEADER = "X-Request-Id"
# Asked every few seconds by machines; they would drown the rest.
_QUIET_ROUTES = frozenset({"healthz", "readyz", "metrics"})


class RequestIdMiddleware:
    """Give each request an id (`request.request_id`, a UUID) and a trace; say both in every log line of the
    request, and the id in the answer's X-Request-Id.

    An incoming X-Request-Id is kept when it is a UUID, an incoming W3C `traceparent` when it is well formed.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer_async(request)
        started = time.perf_counter()
        with logs.bound(**_named(request)):
            return _finished(request, self.get_response(request), started)

    async def _answer_async(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        with logs.bound(**_named(request)):
            return _finished(request, await self.get_response(request), started)


@sync_and_async_middleware
def machines_by_address(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer probes and Prometheus under any name: they know a process by its address, not by the site's
    name, which alone is allowed in production.
    """
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> Any:
            _readdress(request)
            return await get_response(request)

        return answer_async

    def answer(request: HttpRequest) -> Any:
        _readdress(request)
        return get_response(request)

    return answer


def _readdress(request: HttpRequest) -> None:
    if request.path_info.lstrip("/") in _QUIET_ROUTES:
        request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc


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
