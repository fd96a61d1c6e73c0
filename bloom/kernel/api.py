"""The base of every REST view: who asks, the scope, lists, and the shapes of what comes in.

class ConversationMessages(ApiView):
    scopes = {"GET": "conversations:read", "POST": "conversations:write"}

    def get(self, request: Request, conversation_id: UUID) -> Response:
        page = selectors.message_list(self.actor, conversation_id, limit=self.limit, cursor=self.cursor)
        return self.page_answer(page, message_wire)
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, TypeVar

from django.utils.translation import gettext as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from bloom.kernel import clock, idempotency
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Invalid
from bloom.kernel.pages import Page
from bloom.kernel.problems import actor_of

T = TypeVar("T")

LIMIT_DEFAULT: Final = 50
LIMIT_MOST: Final = 200
_VERBS: Final = ("get", "post", "put", "patch", "delete")


class ApiSchema(AutoSchema):
    """OpenAPI of an ApiView: the scope it needs and the headers it reads."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        scope = getattr(self.view, "scopes", {}).get(self.method.upper())
        if operation is not None and scope is not None:
            operation["x-required-scope"] = scope
            said = operation.get("description", "")
            operation["description"] = f"{said}\n\nNeeds the scope `{scope}`.".strip()
        return operation

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
    enough. A POST honours `Idempotency-Key` unless `idempotent` is False.
    """

    scopes: ClassVar[Mapping[str, str | None]] = {}
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
        scope = self.scopes.get(str(request.method))
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
