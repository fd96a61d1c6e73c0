"""The base of every REST view: who asks, the scope, lists, and the shapes of what comes in.

class ConversationMessages(ApiView):
    scopes = {"GET": "conversations:read", "POST": "conversations:write"}

    def get(self, request: Request, conversation_id: UUID) -> Response:
        page = selectors.message_list(self.actor, conversation_id, limit=self.limit, cursor=self.cursor)
        return self.page_answer(page, message_wire)
"""

import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar, cast

from django.utils.translation import gettext as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, DictField, IntegerField, ListField, Serializer, UUIDField
from rest_framework.views import APIView

from bloom.kernel import clock, idempotency
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Invalid
from bloom.kernel.pages import Page
from bloom.kernel.problems import CONTENT_TYPE, STATUS_WORDS, actor_of

T = TypeVar("T")

LIMIT_DEFAULT: Final = 50
LIMIT_MOST: Final = 200
_VERBS: Final = ("get", "post", "put", "patch", "delete")


# What a list reads besides its filters.
PAGING: Final = [
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": LIMIT_MOST, "default": LIMIT_DEFAULT},
        description=f"How many, {LIMIT_DEFAULT} unless told, at most {LIMIT_MOST}.",
    ),
    OpenApiParameter("cursor", str, description="As the `next` of the page before carries it."),
]


class Problem(Serializer[Any]):
    """A refusal (RFC 9457). `code` is stable; docs/errors.md names the fields that a code brings along."""

    type = CharField(help_text="`urn:bloom:problem:` and the code.")
    title = CharField()
    status = IntegerField()
    code = CharField()
    detail = CharField(help_text="In the language of the request.")
    # DRF takes declared fields out of the class, so its own attribute of this name stays.
    errors = DictField(  # type: ignore[assignment]
        child=ListField(child=CharField()), help_text="By field, as `licences.0.number`; or nothing."
    )
    request_id = UUIDField(allow_null=True)


class ApiSchema(AutoSchema):
    """OpenAPI of an ApiView: the scope it needs, the headers it reads and sends, and how it can refuse."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        # It is named by the responses that all operations share.
        self.resolve_serializer(Problem, "response")
        scope = self._api_view.scopes.get(self.method.upper())
        if scope is not None:
            operation["x-required-scope"] = scope
            said = operation.get("description", "")
            operation["description"] = f"{said}\n\nNeeds the scope `{scope}`.".strip()
        responses = operation["responses"]
        for response in responses.values():
            response["headers"] = _headers()
        for status in self._refusals(operation):
            responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
        operation["responses"] = dict(sorted(responses.items()))
        return operation

    @property
    def _api_view(self) -> "ApiView":
        return cast("ApiView", self.view)

    def _refusals(self, operation: Any) -> set[int]:
        """What this operation can answer by its shape, and what its view says besides."""
        parameters = operation.get("parameters", ())
        found = {401, 403, 406, 429, 503, *self._api_view.refusals.get(self.method.upper(), ())}
        if any(each["in"] == "path" for each in parameters):
            found.add(404)
        if any(each["in"] in {"query", "header"} for each in parameters):
            found.add(400)
        if "requestBody" in operation:
            found |= {400, 413, 415}
        if self.method.upper() == "PATCH" or (self.method.upper() == "POST" and self._api_view.idempotent):
            found |= {400, 409}
        return found

    def get_override_parameters(self) -> list[Any]:
        if self.method.upper() == "POST" and getattr(self.view, "idempotent", False):
            return [
                OpenApiParameter(
                    idempotency.HEADER,
                    str,
                    OpenApiParameter.HEADER,
                    description="The same key and body within 24 hours get the first answer again.",
                )
            ]
        return []


_HEADERS: Final[dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Names this answer in the logs.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "WWW-Authenticate": {"schema": {"type": "string"}},
    "Retry-After": {"description": "In seconds.", "schema": {"type": "integer", "minimum": 1}},
}
_HEADERS_OF: Final = {401: ("WWW-Authenticate",), 429: ("Retry-After",)}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def components_add(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's hook: the headers and refusals that the operations name."""
    components = result["components"]
    components["headers"] = {name: {**header, "required": True} for name, header in _HEADERS.items()}
    components["responses"] = {
        str(status): {
            "description": str(words),
            "headers": _headers(*_HEADERS_OF.get(status, ())),
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, words in STATUS_WORDS.items()
    }
    return result


class NestedParser(JSONParser):
    """JSON, of which what is nested too deep to be read is not valid."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError from None


class ApiView(APIView):
    """JSON in, JSON out, one service or selector per method.

    `scopes` names for each method the scope that a token must cover, or None where a signed-in person is
    enough; `refusals`, for the API's description, the statuses of a method that its shape does not tell
    (`ApiSchema`). A POST honours `Idempotency-Key` unless `idempotent` is False.
    """

    scopes: ClassVar[Mapping[str, str | None]] = {}
    refusals: ClassVar[Mapping[str, tuple[int, ...]]] = {}
    idempotent: ClassVar[bool] = True
    parser_classes = [NestedParser]
    renderer_classes = [JSONRenderer]
    schema = ApiSchema()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        silent = [verb.upper() for verb in _VERBS if hasattr(cls, verb) and verb.upper() not in cls.scopes]
        if silent:
            raise TypeError(f"{cls.__name__}.scopes says nothing about {', '.join(silent)}")
        if cls.idempotent and "post" in cls.__dict__:
            cls.post = _once(cls.__dict__["post"])  # type: ignore[attr-defined] # seen just above

    @property
    def actor(self) -> Actor:
        """Who asks, through the API."""
        return actor_of(self.request).through(Via.API)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Django answers HEAD by `get`: it tells what GET tells, so it takes what GET takes.
        method = "GET" if request.method == "HEAD" else str(request.method)
        scope = self.scopes.get(method)
        if scope is not None:
            self.actor.require_scope(scope)

    # --- lists

    @property
    def limit(self) -> int:
        """`?limit=`: 50 unless told, at most 200. Raises Invalid."""
        return parse_int(
            self.request.query_params.get("limit"), "limit", default=LIMIT_DEFAULT, most=LIMIT_MOST
        )

    @property
    def cursor(self) -> str | None:
        """`?cursor=` as an earlier page's `next` carried it."""
        return self.request.query_params.get("cursor") or None

    def page_answer(self, page: Page[T], to_wire: Callable[[T], Any]) -> Response:
        """{"results": [...], "next": address of the next page or null}."""
        following = None
        if page.next is not None:
            query = self.request.query_params.copy()
            query["cursor"] = page.next
            following = self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")
        return Response({"results": [to_wire(item) for item in page.items], "next": following})


def _once(post: Callable[..., Response]) -> Callable[..., Response]:
    """`post`, with what `Idempotency-Key` promises."""

    @functools.wraps(post)
    def run(self: ApiView, request: Request, *args: Any, **kwargs: Any) -> Response:
        return idempotency.answer_once(
            self.actor, request, lambda: post(self, request, *args, **kwargs), at=clock.now()
        )

    return run


def body_read(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, in the shape of `kind`. Raises DRF's ValidationError, which names the fields."""
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def parse_int(
    raw: Any, field: str, *, default: int | None = None, least: int = 1, most: int = 2**31 - 1
) -> int:
    """A whole number within bounds, or Invalid that names the field; `default` when nothing was said."""
    if raw is None and default is not None:
        return default
    text = str(raw)
    if text.isascii() and text.isdigit() and len(text) <= 19 and least <= int(text) <= most:
        return int(text)
    raise Invalid(
        errors={
            field: [
                _("This must be a whole number from %(least)d to %(most)d.") % {"least": least, "most": most}
            ]
        }
    )


def parse_moment(raw: str, name: str) -> datetime:
    """A moment of a query, with its offset. Raises Invalid."""
    try:
        return clock.from_wire(raw)
    except ValueError:
        raise Invalid(errors={name: [_("Give a time with its zone, as in 2026-11-24T10:00:00Z.")]}) from None
