"""The one table from kinds of refusal to answers, and the adapters that give them: problem+json (RFC 9457)
for REST, an error object for sockets, field errors for forms, Bloom's own pages for browsers.

    raise SlotTaken                     # anywhere below a door
    except DomainError as error:        # in a page's view that can say it beside the field
        problems.form_apply(form, error)

What is shown comes from the error's code, detail and public fields alone: never from an exception's text.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template import TemplateDoesNotExist
from django.template.loader import select_template
from django.utils.encoding import iri_to_uri
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError
from rest_framework import exceptions as rest
from rest_framework.response import Response

from bloom.kernel import bodies, registry
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import (
    DomainError,
    FreshFactorNeeded,
    Invalid,
    Kind,
    NotAllowed,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from bloom.kernel.referrers import came_from

STATUS: Final[Mapping[Kind, int]] = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.NOT_ALLOWED: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.BLOCKED: 422,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}

STATUS_WORDS: Final[Mapping[int, Any]] = {
    400: _("This request cannot be understood"),
    401: _("Please sign in"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Not possible here"),
    406: _("Only JSON is spoken here"),
    408: _("It took too long to arrive"),
    409: _("Something has changed"),
    413: _("Too large"),
    415: _("This kind of content is not understood"),
    422: _("Not sent"),
    429: _("A little too often"),
    500: _("Something went wrong"),
    503: _("Not available right now"),
}
_NOT_WORKING: Final = _("Something went wrong on our side. It has been noted.")
CONTENT_TYPE: Final = "application/problem+json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A refusal, ready to be shown anywhere."""

    status: int
    code: str
    detail: str
    errors: Mapping[str, list[str]]
    fields: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(STATUS_WORDS.get(self.status) or HTTPStatus(self.status).phrase)

    @property
    def headers(self) -> dict[str, str]:
        retry_after = self.fields.get("retry_after")
        return {} if retry_after is None else {"Retry-After": str(retry_after)}

    def body(self, request_id: object) -> dict[str, Any]:
        """The members of problem+json; a public field never replaces a standard one."""
        return {
            **self.fields,
            "type": f"urn:bloom:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "errors": self.errors,
            "request_id": None if request_id is None else str(request_id),
        }


def problem_of(error: DomainError) -> Problem:
    """How a domain error is shown."""
    errors = error.errors if isinstance(error, Invalid) else {}
    return Problem(
        status=STATUS[error.kind],
        code=error.code,
        detail=str(error.detail),
        errors={name: [str(text) for text in texts] for name, texts in errors.items()},
        fields=error.fields,
    )


def refusal_record(actor: Actor, error: DomainError, route: str) -> None:
    """Put a refusal on record when it is one: not allowed, or invisible though it exists. Doors call this
    after the rollback.
    """
    if isinstance(error, NotAllowed) or (isinstance(error, NotFound) and error.exists):
        registry.refusals.record(actor, error, route)


# --- REST


def problem_handler(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """Django REST framework's EXCEPTION_HANDLER. What it does not know stays an exception (and a 500)."""
    request = context["request"]
    problem, headers = _rest_problem(exception)
    if problem is None:
        return None
    if isinstance(exception, DomainError):
        refusal_record(actor_of(request), exception, route_of(request))
    response = Response(
        problem.body(request_id_of(request)), status=problem.status, headers={**problem.headers, **headers}
    )
    response.content_type = CONTENT_TYPE
    return response


def _rest_problem(exception: Exception) -> tuple[Problem | None, dict[str, str]]:
    headers: dict[str, str] = {}
    error: DomainError
    match exception:
        case DomainError():
            error = exception
        case rest.ValidationError():
            error = Invalid(errors=_flat(exception.detail))
        case rest.ParseError():
            error = Invalid(_("This is not valid JSON."))
        case rest.NotAuthenticated() | rest.AuthenticationFailed():
            error = Unauthenticated()
        case rest.PermissionDenied() | PermissionDenied():
            error = NotAllowed()
        case rest.NotFound() | Http404():
            error = NotFound()
        case rest.UnsupportedMediaType():
            error = Unsupported()
        case rest.Throttled():
            error = RateLimited(retry_after=int(getattr(exception, "wait", None) or 1))
        case RequestDataTooBig():
            error = TooLarge()
        case RedisError():
            error = Unavailable()
        case rest.MethodNotAllowed():
            return _bare(405, "method_not_allowed", _("This method is not offered here.")), headers
        case rest.NotAcceptable():
            return _bare(406, "not_acceptable", _("Please accept application/json.")), headers
        case SuspiciousOperation() | BadRequest():
            error = Invalid()
        case _:
            return None, headers
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = getattr(exception, "auth_header", None) or 'Bearer realm="bloom"'
    return problem_of(error), headers


def _bare(status: int, code: str, detail: Any) -> Problem:
    return Problem(status=status, code=code, detail=str(detail), errors={}, fields={})


def _flat(detail: Any, path: str = "") -> dict[str, list[Any]]:
    """DRF's nested errors as {"items.0.name": [...]}; what belongs to no field stands under "request"."""
    if isinstance(detail, Mapping):
        found: dict[str, list[Any]] = {}
        for name, inner in detail.items():
            here = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            found.update(_flat(inner, here))
        return found
    if isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        return {
            name: texts
            for index, item in enumerate(detail)
            for name, texts in _flat(item, f"{path}.{index}".lstrip(".")).items()
        }
    return {path or "request": list(detail) if isinstance(detail, list) else [detail]} if detail else {}


# --- Sockets


def socket_error(error: BaseException) -> dict[str, Any]:
    """The "error" of a socket's answer. Anything that is not a domain error is only "unavailable"."""
    problem = problem_of(error if isinstance(error, DomainError) else Unavailable())
    shown: dict[str, Any] = {**problem.fields, "code": problem.code, "detail": problem.detail}
    return {**shown, "errors": problem.errors} if problem.errors else shown


# --- Forms and pages


def form_apply(form: BaseForm, error: DomainError) -> None:
    """Say the error in the form: beside its fields where they are the form's own, else above it."""
    problem = problem_of(error)
    if not problem.errors:
        form.add_error(None, problem.detail)
    for name, texts in problem.errors.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)


def form_answer(form: BaseForm, error: DomainError) -> int:
    """Say in the form why a thing could not be done; the status of the page that shows it again. A refusal
    is not the form's to say: NotFound and NotAllowed go on to the page's door.
    """
    if isinstance(error, NotFound | NotAllowed):
        raise error
    form_apply(form, error)
    return problem_of(error).status


class PageProblemMiddleware:
    """Turns a domain error that a page's view let through into a page (REST has its own handler), and says
    in one that what was sent was not read (kernel.bodies).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refused = bodies.refused(request)
        return self.get_response(request) if refused is None else answer(request, _unread(refused))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RedisError):
            logger.error("redis.unreachable", exc_info=exception)
            exception = Unavailable()
        if not isinstance(exception, DomainError):
            return None
        refusal_record(actor_of(request), exception, route_of(request))
        if isinstance(exception, Unauthenticated) and not _speaks_json(request):
            return _away(request, settings.LOGIN_URL)
        if isinstance(exception, FreshFactorNeeded) and not _speaks_json(request):
            return _away(request, settings.REAUTHENTICATE_URL)
        return answer(request, problem_of(exception))


def _unread(refused: bodies.Refused) -> Problem:
    """A body that was not read, in words for whoever sent it with a page."""
    match refused.status:
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return problem_of(_too_large(refused.most))
        case HTTPStatus.REQUEST_TIMEOUT:
            detail = _("It took too long to arrive, so nothing of it was saved. Please try again.")
        case _:
            detail = _("Many files are arriving just now, so nothing of yours was saved. Please try again.")
    return _bare(refused.status, "unavailable", detail)


def _too_large(most: int) -> TooLarge:
    return TooLarge(
        _(
            "What you sent is larger than %(most)s MB, the most that can be sent here. Nothing of it was"
            " saved. Please go back and choose a smaller file, or write less."
        )
        % {"most": most // (1024 * 1024)}
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    is_large = isinstance(exception, RequestDataTooBig)
    error = _too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE) if is_large else Invalid()
    return answer(request, problem_of(error))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return answer(request, problem_of(NotAllowed()))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return answer(request, problem_of(NotFound()))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    return answer(request, _bare(500, "internal", _NOT_WORKING))


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as problem+json below /api/, else as a page: `<status>.html`, else `problem.html`."""
    if _speaks_json(request):
        return HttpResponse(
            json.dumps(problem.body(request_id_of(request))),
            status=problem.status,
            content_type=CONTENT_TYPE,
            headers=problem.headers,
        )
    context = {"problem": problem, "request_id": request_id_of(request)}
    try:
        template = select_template([f"{problem.status}.html", "problem.html"])
        html = _rendered(template, context, request, failed=problem.status >= 500)
    except TemplateDoesNotExist:
        html = format_html(
            "<!doctype html><title>{0}</title><h1>{0}</h1><p>{1}</p>", problem.title, problem.detail
        )
    return HttpResponse(html, status=problem.status, headers=problem.headers)


def _rendered(template: Any, context: dict[str, Any], request: HttpRequest, *, failed: bool) -> str:
    """A page that failed must not fail again while it says so: what its frame would show of the person may be
    what broke, and then it stands without. Nor does it repeat what was asked.
    """
    if failed:
        request.META["QUERY_STRING"] = ""
    try:
        return str(template.render(context, request))
    except Exception:
        if not failed:
            raise
        return str(template.render(context, None))


def _away(request: HttpRequest, to: Any) -> HttpResponse:
    """To a page on which somebody shows who they are, and back."""
    address = f"{resolve_url(to)}?{urlencode({'next': _came_from(request)})}"
    if request.headers.get("HX-Request"):
        # htmx follows a plain redirect inside the page: the whole window has to go.
        return HttpResponse(status=401, headers={"HX-Redirect": iri_to_uri(address)})
    return HttpResponseRedirect(address)


def _came_from(request: HttpRequest) -> str:
    """Where to go after signing in: here, or after a form to the page that it stood on."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    return came_from(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def _speaks_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


# --- What doors know about a request


def actor_of(request: Any) -> Actor:
    """Who asks; nobody, where a request failed before that was found out."""
    known = getattr(request, "actor", None)
    return known if isinstance(known, Actor) else Actor.anonymous(via=Via.WEB)


def request_id_of(request: Any) -> object:
    """The id that the answer carries as X-Request-Id, too."""
    return getattr(request, "request_id", None) or actor_of(request).request_id


def route_of(request: Any) -> str:
    """Method and pattern, such as "GET messages/<uuid:conversation>/": no ids, no query."""
    match = getattr(request, "resolver_match", None)
    return f"{request.method} {match.route if match else '?'}"
