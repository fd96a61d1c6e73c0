"""How REST calls say who they are: a Bearer token, else the session with CSRF protection. Bearer wins."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import requests, selectors, services, tries
from accounts.models import User
from accounts.types import Authority
from bloom.kernel import clock, limits

Credentials = tuple[User, Authority | None]


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer blm_...`. A token that does not hold is refused, with or without a cookie."""

    def authenticate(self, request: Request) -> Credentials | None:
        scheme, _space, raw = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        authority = selectors.authority_for_token(raw.strip())
        if authority is None:
            tries.wrong_token_count(request, raw.strip())
            raise AuthenticationFailed
        limits.limit_check(f"accounts.token:{authority.token_id}", settings.TOKEN_USES_PER_MINUTE, 60)
        actor = authority.actor(**requests.where(request))
        # On Django's request, so that middleware sees the same actor as the view.
        request._request.actor = actor  # type: ignore[attr-defined]  # the house's own attribute
        services.token_used(actor, authority, at=clock.now())
        # The person's row is only read if somebody asks for more than the id.
        return User.from_db(None, ["id"], [authority.user_id]), authority

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="bloom"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The session cookie, with `X-CSRFToken` on writes."""

    def authenticate(self, request: Request) -> Any:
        if not request._request.actor.is_authenticated:  # type: ignore[attr-defined]  # as above
            return None
        return super().authenticate(request)


class BearerScheme(OpenApiAuthenticationExtension):
    """How OpenAPI describes BearerAuthentication."""

    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token: `blm_...`"}


class SessionScheme(OpenApiAuthenticationExtension):
    """How OpenAPI describes SessionAuthentication."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        from django.conf import settings

        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a signed-in browser; writes also carry `X-CSRFToken`.",
        }
